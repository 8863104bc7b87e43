"""The log at a glance in the terminal: a column for each stretch of time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cbtool.units import format_duration, format_rate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cbtool.recommend.model import Recommendation

_BARS = " ▁▂▃▄▅▆▇█"
_LEAST_TOP = 10.0  # percent


def timeline_text(answer: Recommendation) -> str:
    """Return the load, the failed and slow calls, and when breakers would have been open; empty without."""
    seen = answer.timeline
    if seen is None or not any(seen.calls):
        return ""
    most = max(seen.calls)
    failed = [100.0 * part / max(1, whole) for part, whole in zip(seen.failed, seen.calls, strict=True)]
    slow = [100.0 * part / max(1, whole) for part, whole in zip(seen.slow, seen.calls, strict=True)]
    lines = [
        f"Over time (a column is {format_duration(seen.seconds)})",
        _row("calls", bars(seen.calls, most), f"to {format_rate(most / seen.seconds)}"),
        _row("failed", bars(failed, _top(failed)), f"to {max(failed):.3g} %"),
    ]
    if any(slow):
        lines.append(_row("slow", bars(slow, _top(slow)), f"to {max(slow):.3g} %"))
    lines.append(
        _row("open", bars(seen.open_percent, _top(seen.open_percent)), f"to {max(seen.open_percent):.3g} %")
    )
    return "\n".join(lines)


def _top(percent: Sequence[float]) -> float:
    """Return what the highest bar stands for; a healthy log's ups and downs stay low."""
    return max(_LEAST_TOP, *percent)


def bars(values: Sequence[float], top: float) -> str:
    """Return one character a value, as high as its share of `top`; anything above nothing is seen."""
    return "".join(_bar(value / top if top else 0.0) for value in values)


def _bar(share: float) -> str:
    last = len(_BARS) - 1
    return _BARS[min(last, max(1, round(share * last)))] if share > 0 else _BARS[0]


def _row(name: str, line: str, note: str) -> str:
    return f"{name:<6} {line} {note}"
