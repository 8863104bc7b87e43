"""What became of `--threshold`s: a tick or a cross a line, and their JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cbtool.report.text import table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cbtool.metrics.thresholds import Check


def checks_text(checks: Sequence[Check]) -> str:
    """Return one line a check: whether it passed, the threshold, what was measured."""
    return table((), [("✓" if check.passed else "✗", check.text, check.measured) for check in checks])


def check_json(check: Check) -> dict[str, Any]:
    """Return a check with the keys that `--json` promises (design, section 6)."""
    return {"name": check.text, "passed": check.passed, "value": check.value, "limit": check.limit}
