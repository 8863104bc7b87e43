"""A guard before the breaker: which calls it turns away, by which rule."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cbtool.breaker.refusal import Guard
    from cbtool.traffic.calls import Calls


@dataclass(frozen=True)
class RuleCount:
    """How many calls a rule turned away."""

    rule: str
    reason: str
    calls: int

    def to_json(self) -> dict[str, Any]:
        """Return plain values under the names of the attributes."""
        return {"rule": self.rule, "reason": self.reason, "calls": self.calls}


class Guarded(NamedTuple):
    """Calls behind a guard.

    Attributes:
        calls: those that it lets through to the breaker.
        counts: of every rule, in the order in which they are asked, those that refuse nothing included.
        notes: what the calls do not say, so that a rule cannot fit.
    """

    calls: Calls
    counts: tuple[RuleCount, ...]
    notes: tuple[str, ...]


def behind(guard: Guard, calls: Calls) -> Guarded:
    """Ask a guard about every call; of each method and target once, however often they come.

    Args:
        guard: the rules.
        calls: with methods and paths where they are known. No log says what a call was expected to cost.
    """
    from cbtool.traffic.guarding import rules_of  # noqa: PLC0415  # only who has a guard pays for polars

    rule = rules_of(guard, calls.method, calls.path, len(calls))
    counts = dict(rule.drop_nulls().value_counts().iter_rows())
    known = [each is not None and each.null_count() < len(each) for each in (calls.method, calls.path)]
    kept = calls.take(rule.is_null().to_numpy())
    return Guarded(kept, counts_of(guard, counts), notes_of(guard, methods=known[0], paths=known[1]))


def counts_of(guard: Guard, counts: Mapping[str, int]) -> tuple[RuleCount, ...]:
    """Return how many calls each rule turned away, in the order in which they are asked."""
    return tuple(RuleCount(each.name, each.reason, counts.get(each.name, 0)) for each in guard.rules)


def notes_of(guard: Guard, *, methods: bool, paths: bool) -> tuple[str, ...]:
    """Return what calls do not say, so that a rule cannot fit, by whether any says its method and path."""
    notes = []
    lacks = [name for name, known in (("methods", methods), ("paths", paths)) if not known]
    if lacks:
        notes.append(
            f"these calls have no {' and no '.join(lacks)}: refusal rules that ask for them never fit"
        )
    costs = [rule.name for rule in guard.rules if rule.most is not None]
    if costs:
        taken = "a rule with refuse_unknown_cost takes all that its other conditions fit, others none"
        notes.append(f"no call says what it costs ({', '.join(costs)} ask): {taken}")
    return tuple(notes)
