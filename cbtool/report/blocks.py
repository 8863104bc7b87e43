"""Columns of block characters: a chart's rows as plain text."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_HEIGHTS = " ▁▂▃▄▅▆▇█"


def block_rows(values: Sequence[float | None], height: int) -> list[str]:
    """Return columns of blocks, `height` rows high, one a value, the top row first.

    Args:
        values: 0 to 1 each; None leaves a gap. What is above 0 shows at least the lowest block.
        height: rows.
    """
    levels = [_level(value, height) for value in values]
    return [
        "".join(_HEIGHTS[min(max(level - 8 * row, 0), 8)] for level in levels)
        for row in range(height - 1, -1, -1)
    ]


def _level(value: float | None, height: int) -> int:
    if value is None or value <= 0:
        return 0
    return max(1, round(min(value, 1.0) * height * 8))
