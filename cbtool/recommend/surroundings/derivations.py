"""How each number follows from the data: the formula, with the numbers put in. For `--explain`."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from cbtool.breaker.reach.chance import binomial_at_least
from cbtool.recommend.candidates.forms import TRIALS, best_wait, reopening_chance, shortest_wait
from cbtool.recommend.search.backoff import WORTH_GROWING
from cbtool.recommend.search.spells import library_length
from cbtool.units import exact_duration, format_duration, format_percent, format_rate

if TYPE_CHECKING:
    from collections.abc import Callable

    from cbtool.recommend.findings import Neighbour, Sensitivity
    from cbtool.recommend.surroundings.evidence import Evidence

_FEW = 4
_LEAST = " No fewer are asked for: one call with its two retries is three errors, and any upstream has those."


def derivation(setting: str, evidence: Evidence, sensitivity: Sensitivity | None) -> str:
    """Return how a setting's value follows from the data.

    Args:
        setting: its name in a profile.
        evidence: what the reasons are made of.
        sensitivity: what its neighbours cost; None where nobody looked.
    """
    own = _OWN[setting](evidence, sensitivity)
    return f"{own} {_neighbours(sensitivity)}".strip()


def _threshold(e: Evidence, _: Sensitivity | None) -> str:
    r, pays = e.budget.reject_cost, format_percent(100 * e.budget.break_even)
    gate = e.candidate.gate
    return (
        f"Refusing all calls pays above r/(1+r) = {r:g}/{1 + r:g} = {pays}"
        f" bad ones, so no threshold lies below. Healthy: {e.healthy_failures:,} of {e.healthy_calls:,} calls"
        f" failed, {format_percent(e.healthy_percent)}. In an outage a full window reaches θ ="
        f" {gate.threshold:g} % after θN = {gate.threshold / 100:g} × {_short(gate.holds(e.usual.rate))} ="
        f" {_short(gate.threshold / 100 * gate.holds(e.usual.rate))} calls."
    )


def _slow_rate(e: Evidence, _: Sensitivity | None) -> str:
    gate = e.candidate.gate
    return (
        "1 % of the healthy calls are slower than the healthy p99 by its definition. Of the calls in a"
        f" window ({_window_calls(e)}) {gate.slow_threshold:g} %, and at least {gate.errors}, must be slower"
        f" than {format_duration(gate.slow_from or 0.0)}."
    )


def _slow_duration(e: Evidence, _: Sensitivity | None) -> str:
    slow, p99 = e.candidate.gate.slow_from or 0.0, e.p99 or 1.0
    caller = ""
    if e.timeout is not None:
        place = "below" if slow < e.timeout else "NOT below"
        caller = f" It lies {place} the caller's timeout of {format_duration(e.timeout)}."
    return (
        f"Healthy p99 = {format_duration(p99)}, from blocks of calls whose median and p90 are usual;"
        f" {slow / p99:.2g} × that, rounded up to two digits.{caller}"
    )


def _window(e: Evidence, _: Sensitivity | None) -> str:
    gate, usual = e.candidate.gate, e.usual
    holds = gate.holds(usual.rate)
    size = f"{gate.window:g} calls" if gate.counted else exact_duration(gate.window)
    kind = (
        "It counts calls, so that an incident at a quiet hour fills it as one at a busy hour does"
        if gate.counted
        else "It holds λW calls"
    )
    return (
        f"W = {size}. {kind}: {_window_calls(e)}. An incident with a share l of failures opens the breaker"
        f" after max(k, θN)/(λl), where N is what the window holds; at {format_rate(usual.rate)} and l = 1"
        f" that is max({gate.errors}, {gate.threshold / 100:g} × {_short(holds)}) / {_short(usual.rate)} ="
        f" {format_duration(max(gate.errors, gate.threshold / 100 * holds) / usual.rate)}."
    )


def _calls(e: Evidence, _: Sensitivity | None) -> str:
    gate = e.candidate.gate
    if gate.calls <= gate.errors:
        return f"{gate.errors} errors are {gate.errors} calls at least, so a smaller number says nothing."
    usual, share = e.usual, e.healthy_percent / 100
    at, holds = format_rate(usual.rate), gate.holds(usual.rate)
    if holds < gate.calls:
        return (
            f"At {at} a window holds {_short(holds)} calls on average, so {gate.calls} come together where"
            " calls bunch up."
        )
    need = max(gate.errors, math.ceil(gate.threshold / 100 * gate.calls - 1e-9))
    full = max(gate.errors, math.ceil(gate.threshold / 100 * holds - 1e-9))
    return (
        f"A window holds fewer only while it fills, after a start or a reset: for m/λ = {gate.calls} /"
        f" {_short(usual.rate)} = {format_duration(gate.calls / usual.rate)} at {at}. Then max(k, θm) ="
        f" {need} errors among {gate.calls} open it, by chance with P(Bin({gate.calls}, {share:.2g}) ≥"
        f" {need}) = {binomial_at_least(gate.calls, share, need):.1e}; a full one asks for {full} in any"
        " case."
    )


def _errors(e: Evidence, _: Sensitivity | None) -> str:
    gate, trips = e.candidate.gate, e.false_trips
    share = e.healthy_percent / 100
    parts = []
    for regime in dict.fromkeys((e.regimes[0], e.regimes[-1])):
        mean, asked = gate.holds(regime.rate) * share, gate.asked_for(regime.rate)
        most = (
            f"max(k, θN) = max({gate.errors}, {gate.threshold / 100:g} × {_short(gate.holds(regime.rate))})"
        )
        parts.append(
            f"at {format_rate(regime.rate)} a full window holds Np = {mean:.2g} failures by chance and opens"
            f" at {most} = {asked}: P(Poisson({mean:.2g}) ≥ {asked}) = {_poisson_tail(mean, asked):.1e}"
        )
    return (
        f"{_capital('; '.join(parts))}. The background's own windows, their tail extrapolated (bursts and"
        f" retries are not chance), give {trips.likely:.2g} false trips a day, {trips.upper:.2g} at most; the"
        f" budget is {e.budget.false_trips_per_day:.2g}.{_LEAST if gate.errors <= _FEW else ''}"
    )


def _wait(e: Evidence, _: Sensitivity | None) -> str:
    lengths = [i.length for i in e.actionable]
    typical = float(np.median(lengths)) if lengths else library_length(e.span)
    trials, rate, wait = e.candidate.trials, e.regimes[-1].rate, e.candidate.wait
    known = f"D = {format_duration(typical)}" + ("" if lengths else " (none was seen: the simulated ones)")
    if e.candidate.growth > 1:
        return f"{known}: {_growing(e)}{_capacity(e)}"
    best, shortest = best_wait(trials, typical, rate), shortest_wait(e.regimes[0].rate, e.p99)
    least = f" ({format_duration(shortest)} is the least that is tried)" if best < shortest else ""
    return (
        f"Probes during an incident of {known} cost n·D/w = {trials} × {_short(typical)}/{wait:g} ="
        f" {_short(trials * typical / wait)} calls, late recovery λw/2 = {_short(rate)} × {wait:g}/2 ="
        f" {_short(rate * wait / 2)} calls. The sum is least at √(2nD/λ) ="
        f" {format_duration(best)}{least}; a curve of that form through what"
        " all waits cost on the resampled incidents decides the rest, or their rhythm where they flap."
        f"{_constant(e)}{_capacity(e)}"
    )


def _constant(e: Evidence) -> str:
    """Why the wait does not grow."""
    if e.other_waits is None:
        return " Waits that grow from trial to trial were tried and were no better."
    return (
        f" The best wait that grows from trial to trial costs {e.other_waits[0]:.2f} × as much, and would"
        f" have to save {100 * (1 - WORTH_GROWING):.0f} % to be worth two more settings."
    )


def _growing(e: Evidence) -> str:
    """How the waits follow each other, and why."""
    at, longest = e.candidate, e.candidate.longest or e.candidate.wait
    steps = math.ceil(math.log(longest / at.wait) / math.log(at.growth) - 1e-9)
    waits = [min(at.wait * at.growth**step, longest) for step in range(steps + 1)]
    shown = ", ".join(format_duration(wait) for wait in waits[:6])
    saves = ""
    if e.other_waits is not None:
        cost, other = e.other_waits
        saves = (
            f" The best constant wait, {format_duration(other.wait)}, costs {cost:.2f} × as much; it is the"
            " one for a library whose wait cannot grow."
        )
    return (
        f"the waits are {shown}{' …' * (len(waits) > 6)}, {format_duration(sum(waits))} in all until the"
        f" longest. Where incidents end at a hazard h(τ) after τ seconds, the best wait is √(2n/(λh(τ))):"
        f" short at first for those that end soon, longer for one that has lasted.{saves}"
    )


def _multiplier(e: Evidence, _: Sensitivity | None) -> str:
    lengths = np.array([i.length for i in e.actionable])
    spread = (
        ""
        if len(lengths) < 2
        else (
            f" Lengths of {format_duration(lengths.min())} to {format_duration(lengths.max())} vary by"
            f" {lengths.std() / lengths.mean():.2g} × their mean; the more they do, the more growing saves."
        )
    )
    return f"{_capital(_growing(e))}{spread}"


def _longest(e: Evidence, _: Sensitivity | None) -> str:
    longest, rate = e.candidate.longest or e.candidate.wait, e.regimes[-1].rate
    return (
        f"At most λw/2 = {_short(rate)} × {_short(longest)}/2 = {_short(rate * longest / 2)} calls are"
        f" refused on average once a long incident is over; until then {e.candidate.trials} in"
        f" {format_duration(longest)} are let through."
    )


def _capacity(e: Evidence) -> str:
    """The published utilisation formula, as a check."""
    found = e.capacity
    if found is None or not found.wait:
        return ""
    return (
        f" While it is down, trials take n·t/w = {found.trials} × {format_duration(found.trial)} /"
        f" {format_duration(found.wait)} = {format_percent(found.extra_utilisation)} of one thread's time."
    )


def _trials(e: Evidence, _: Sensitivity | None) -> str:
    trials, (level, threshold) = e.candidate.trials, e.mildest
    need = max(1, math.ceil(threshold / 100 * trials - 1e-9))
    healthy = reopening_chance(trials, e.healthy_percent / 100, e.candidate.gate.threshold / 100)
    bad = "be slow" if e.slow_alone else "fail"
    return (
        f"Of n = {trials}, ⌈θn⌉ = {need} must {bad} to open again: P(Bin({trials}, {level:.3g}) ≥ {need}) ="
        f" {_short(reopening_chance(trials, level, threshold / 100))} while an incident goes on, and"
        f" {healthy:.2g} once it is over. Each round costs up to {trials} bad"
        f" call{'s' * (trials > 1)}.{_other_trials(e)}"
    )


def _other_trials(e: Evidence) -> str:
    """Return what other numbers of trials would tell."""
    level, threshold = e.mildest
    share = threshold / 100
    others = [n for n in TRIALS if n != e.candidate.trials]
    chances = [
        f"{n}: {_short(reopening_chance(n, level, share))} and"
        f" {reopening_chance(n, e.healthy_percent / 100, share):.2g}"
        for n in others
    ]
    return f" The same two of other numbers of trials: {'; '.join(chances)}."


_OWN: dict[str, Callable[[Evidence, Sensitivity | None], str]] = {
    "failure_rate_threshold": _threshold,
    "slow_call_rate_threshold": _slow_rate,
    "slow_call_duration_threshold": _slow_duration,
    "sliding_window_size": _window,
    "minimum_number_of_calls": _calls,
    "minimum_number_of_errors": _errors,
    "wait_duration_in_open_state": _wait,
    "wait_backoff_multiplier": _multiplier,
    "max_wait_duration_in_open_state": _longest,
    "permitted_number_of_calls_in_half_open_state": _trials,
}


def _neighbours(sensitivity: Sensitivity | None) -> str:
    if sensitivity is None or not sensitivity.neighbours:
        return ""
    return f"Its neighbours: {'; '.join(_neighbour(each) for each in sensitivity.neighbours)}."


def _neighbour(each: Neighbour) -> str:
    value = f"{each.value:g}" if isinstance(each.value, float) else str(each.value)
    cost = f"{value} costs {each.cost:.2f} ×"
    if each.within_budget:
        return cost
    return f"{cost}, and breaks the budget ({each.false_trips_per_day:.2g} false trips a day at most)"


def _window_calls(e: Evidence) -> str:
    gate = e.candidate.gate
    return ", ".join(f"{_short(gate.holds(r.rate))} at {format_rate(r.rate)}" for r in e.regimes)


def _poisson_tail(mean: float, errors: int) -> float:
    """P(Poisson(mean) ≥ errors), summed from the largest term on, so that small ones are not lost."""
    log_first = errors * math.log(max(mean, 1e-300)) - mean - math.lgamma(errors + 1)
    total, term = 0.0, 1.0
    for step in range(1, 1000):
        total += term
        term *= mean / (errors + step)
    return min(1.0, math.exp(log_first) * total)


def _short(value: float) -> str:
    """Three digits, and no powers of ten where a person would write none."""
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
