"""A guard before the breaker: which calls it turns away, by which rule."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cbtool.breaker.refusal import Request

if TYPE_CHECKING:
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


@dataclass(frozen=True)
class Guarded:
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
    import polars as pl  # noqa: PLC0415  # only who has a guard pays for it

    empty = pl.Series("", [""]).new_from_index(0, len(calls))
    targets = pl.DataFrame(
        {
            "method": empty if calls.method is None else calls.method.cast(pl.String).fill_null(""),
            "path": empty if calls.path is None else calls.path.cast(pl.String).fill_null(""),
        }
    )
    kinds = targets.unique(maintain_order=True)
    refusals = [guard.refusal(Request(method, path)) for method, path in kinds.iter_rows()]
    names = pl.Series([None if each is None else each.rule for each in refusals], dtype=pl.String)
    rule = targets.join(
        kinds.with_columns(rule=names), on=["method", "path"], how="left", maintain_order="left"
    ).get_column("rule")
    counts = dict(rule.drop_nulls().value_counts().iter_rows())
    told = tuple(RuleCount(each.name, each.reason, counts.get(each.name, 0)) for each in guard.rules)
    return Guarded(calls.take(rule.is_null().to_numpy()), told, _notes(guard, calls))


def _notes(guard: Guard, calls: Calls) -> tuple[str, ...]:
    notes = []
    columns = (("methods", calls.method), ("paths", calls.path))
    lacks = [name for name, known in columns if known is None or known.null_count() == len(known)]
    if lacks:
        notes.append(
            f"these calls have no {' and no '.join(lacks)}: refusal rules that ask for them never fit"
        )
    costs = [rule.name for rule in guard.rules if rule.most is not None]
    if costs:
        taken = "a rule with refuse_unknown_cost takes all that its other conditions fit, others none"
        notes.append(f"no call says what it costs ({', '.join(costs)} ask): {taken}")
    return tuple(notes)
