"""Loads at which the breaker opens later than was asked for, or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cbtool.units import format_duration, format_percent, format_rate

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cbtool.recommend.candidates.gates import Gate
    from cbtool.recommend.model import Regime
    from cbtool.recommend.surroundings.evidence import Evidence


def late_notes(e: Evidence) -> Iterable[str]:
    """Return what the delay budget asks for and some loads cannot have."""
    known = [r for r in e.regimes if r.outage_delay is not None and r.brown_out_delay is not None]
    gate = e.candidate.gate
    rather = "The budget of false trips comes first."
    if e.actionable:
        rather = "The budget of false trips comes first, and so do the incidents that were seen."
    late = []
    for regime in known:
        noticed = _noticed(regime)
        if noticed is None:
            yield (
                f"{_at(e, regime)}, too few for {gate.errors} errors: even an outage may go unnoticed at that"
                f" load. {rather}"
            )
        elif noticed > e.budget.detection_delay:
            late.append((regime.rate, noticed))
    if late:
        yield f"{_opens(gate, late, format_duration(e.budget.detection_delay))} {rather}"
    for regime in known:
        if _noticed(regime) is not None and _missed(regime):
            yield f"{_falls_short(e, regime)}: brown-outs may go unnoticed at that load."


def _noticed(regime: Regime) -> float | None:
    return None if regime.outage_delay is None else regime.outage_delay.value


def _missed(regime: Regime) -> bool:
    return regime.brown_out_delay is not None and regime.brown_out_delay.value is None


def _falls_short(e: Evidence, regime: Regime) -> str:
    """Say which of threshold and gate the mildest incident does not reach."""
    gate, level = e.candidate.gate, format_percent(100 * e.level)
    if 100 * e.level < gate.threshold:
        load = format_rate(regime.rate)
        return f"At {load} {level} failures seldom reach the threshold of {gate.threshold:g} %"
    return f"{_at(e, regime)}, so that {level} failures seldom are {gate.asked_for(regime.rate):,}"


def _at(e: Evidence, regime: Regime) -> str:
    holds = number(e.candidate.gate.holds(regime.rate))
    return f"At {format_rate(regime.rate)} a window holds about {holds} calls"


def _opens(gate: Gate, late: Sequence[tuple[float, float]], wanted: str) -> str:
    """Say when an outage opens the breaker at the loads where that is later than wanted, and why."""
    if len(late) == 1:
        rate, noticed = late[0]
        return (
            f"At {format_rate(rate)} an outage opens the breaker after {format_duration(noticed)}, not within"
            f" the {wanted} asked for: {_takes(gate, rate)} take that long."
        )
    each = [
        f"after {format_duration(noticed)} at {format_rate(rate)} ({gate.asked_for(rate):,} failures)"
        for rate, noticed in late
    ]
    every = f"{', '.join(each[:-1])} and {each[-1]}"
    return f"An outage opens the breaker {every}, not within the {wanted} asked for."


def _takes(gate: Gate, rate: float) -> str:
    """Say what must fail before the breaker opens: so many errors, or the threshold's share of the window."""
    asked = gate.asked_for(rate)
    if asked <= gate.errors:
        return f"{gate.errors} errors"
    return f"{asked:,} failures, {gate.threshold:g} % of the window's {number(gate.holds(rate))} calls,"


def number(value: float) -> str:
    """Return a count of calls as a person would write it, whole from ten on."""
    return f"{value:,.0f}" if value >= 10 else f"{value:.2g}"
