"""Findings in words, for the notes of any report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cbtool.breaker.reach.model import Reach
from cbtool.breaker.transition import Reason

if TYPE_CHECKING:
    from cbtool.breaker.reach.model import Finding, Reachability

TRIP_RULES = frozenset(reason.label for reason in Reason)

_WORDS = {
    Reach.UNREACHABLE: "never fires",
    Reach.BY_CHANCE: "fires by chance",
    Reach.ONE_ERROR: "fires on one error",
    Reach.FEW_ERRORS: "fires on strays",
    Reach.CAUTION: "is not what it seems",
    Reach.FINE: "is fine",
}
_WORTH_A_NOTE = (Reach.UNREACHABLE, Reach.BY_CHANCE, Reach.ONE_ERROR)


def said(finding: Finding) -> str:
    """Return a verdict for people."""
    bad = "slow call" if finding.rule == Reason.SLOW_CALL_RATE.label else "error"
    if finding.reach is Reach.FINE and finding.errors is not None:
        return f"fires on {finding.errors:,} {bad}{'s' * (finding.errors != 1)}"
    if finding.reach is Reach.ONE_ERROR:
        return f"fires on one {bad}"
    if finding.reach is Reach.UNREACHABLE and finding.rule not in TRIP_RULES:
        return "never closes" if finding.rule.startswith("permitted") else "does nothing"
    return _WORDS[finding.reach]


def notes(found: Reachability) -> tuple[str, ...]:
    """Return a sentence for each rule that never fires, or on one error; of several loads, the first."""
    first = {(each.rule, each.reach): each for each in reversed(found.findings)}
    return tuple(
        f"{each.rule} {said(each)}: {each.why}."
        for each in found.findings
        if each.reach in _WORTH_A_NOTE and first[each.rule, each.reach] is each
    )
