"""Why each setting has its value: the search's result put into words, with the data behind it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from cbtool.recommend.candidates.forms import reopening_chance
from cbtool.recommend.findings import Estimate
from cbtool.recommend.incidents.blips import USUALLY_ACTED_ON, taken_for_blips
from cbtool.recommend.model import Expected, Incident, SettingReason
from cbtool.recommend.surroundings.late import late_notes, number
from cbtool.recommend.surroundings.resamples import HIGH, LOW
from cbtool.units import exact_duration, format_duration, format_percent, format_rate

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cbtool.breaker.capacity import Capacity
    from cbtool.recommend.candidates.gates import Candidate
    from cbtool.recommend.false_trips.tails import FalseTrips
    from cbtool.recommend.model import Budget, Regime
    from cbtool.recommend.search.loss import Outcome

_FEW_INCIDENTS = 5
_MOSTLY = 90.0  # percent of an incident's trials that find it
_A_DAY = 0.99 * 86400  # a day's log begins and ends with a call, not at midnight
_LIBRARY = "no incident in the data: an outage, a 40 % brown-out and calls ten times as slow, simulated"


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the reasons are made of; times in seconds, `span` without holes in the log."""

    candidate: Candidate
    budget: Budget
    false_trips: FalseTrips
    trips: Estimate
    outcomes: tuple[Outcome, ...]
    regimes: tuple[Regime, ...]
    incidents: tuple[Incident, ...]
    p99: float | None
    knows_durations: bool
    healthy_calls: int
    healthy_failures: int
    calls: int
    span: float
    instances: int
    timeout: float | None = None
    capacity: Capacity | None = None
    other_waits: tuple[float, Candidate] | None = None
    """The best wait of the other sort, growing or constant, and what it costs in times the chosen one."""

    @property
    def usual(self) -> Regime:
        """The load that there is most of the time."""
        return max(self.regimes, key=lambda regime: regime.share_of_time)

    @property
    def level(self) -> float:
        """The share of failures in the mildest failing incident, 0 to 1; 0.4 where none was seen."""
        failing = [i.failed / 100 for i in self.actionable if i.kind != "slow"]
        return min(failing) if failing else 0.4

    @property
    def slow_alone(self) -> bool:
        """Whether all incidents that were seen are of slow calls."""
        return bool(self.actionable) and all(i.kind == "slow" for i in self.actionable)

    @property
    def mildest(self) -> tuple[float, float]:
        """The share of bad calls in the mildest incident to tell in trials, and the threshold in percent."""
        gate = self.candidate.gate
        if self.slow_alone and gate.slow_from is not None:
            return min(i.slow for i in self.actionable) / 100, gate.slow_threshold
        return self.level, gate.threshold

    @property
    def actionable(self) -> tuple[Incident, ...]:
        """The incidents that a breaker should act on."""
        return tuple(i for i in self.incidents if i.actionable)

    @property
    def healthy_percent(self) -> float:
        """Percent of the healthy calls that failed."""
        return 100.0 * self.healthy_failures / max(1, self.healthy_calls)


def reasons(evidence: Evidence) -> tuple[SettingReason, ...]:
    """Return one reason a setting, in the profile's order."""
    found = [_threshold(evidence), *_slow(evidence), _window(evidence), _calls(evidence), _errors(evidence)]
    return (*found, _wait(evidence), *_growth(evidence), _trials(evidence))


def expected(evidence: Evidence) -> Expected:
    """Return what the settings did on the resampled traffic, with the middle 90 % as interval."""
    delays = [d for o in evidence.outcomes for d in o.delays]
    shed = [100.0 * o.shed / o.bad for o in evidence.outcomes if o.bad]
    bad = sum(o.bad for o in evidence.outcomes)
    all_shed = 100.0 * sum(o.shed for o in evidence.outcomes) / bad if bad else None
    incidents = sum(o.incidents for o in evidence.outcomes)
    return Expected(
        false_trips_per_day=evidence.trips,
        false_trips_bound=evidence.false_trips.upper,
        detection_delay_s=_estimate(delays),
        bad_calls_shed_percent=replace(_estimate(shed), value=all_shed),
        detected_percent=100.0 * len(delays) / incidents if incidents else None,
    )


def notes(evidence: Evidence) -> tuple[str, ...]:
    """Return what to know about the data and the answer."""
    said = []
    if not evidence.actionable:
        said.append(
            "No incident was seen: the thresholds come from the healthy side alone, and from simulated"
            " incidents."
        )
    elif len(evidence.actionable) == 1:
        said.append("Only one incident was seen, so its length is varied all the more for the wait.")
    elif len(evidence.actionable) == 2:
        said.append("Only 2 incidents were seen, so their lengths are varied all the more for the wait.")
    elif len(evidence.actionable) < _FEW_INCIDENTS:
        said.append(f"Only {len(evidence.actionable)} incidents were seen: the wait rests on few lengths.")
    blips = taken_for_blips(evidence.incidents, evidence.budget, at_least=USUALLY_ACTED_ON)
    if blips is not None and evidence.budget.shortest_incident is None:
        said.append(f"{blips}.")
    if not evidence.knows_durations:
        said.append("The log holds no durations, so slow calls are not judged: no slow threshold.")
    elif evidence.p99 is None:
        said.append("All durations are 0, so slow calls are not judged: no slow threshold.")
    said += late_notes(evidence)
    said += _timeouts(evidence)
    said += _trip_notes(evidence)
    if evidence.span < _A_DAY:
        said.append(
            f"{format_duration(evidence.span)} of traffic do not show how day and night differ, nor"
            " rare bursts; run again on a day or more."
        )
    return tuple(said)


def _trip_notes(evidence: Evidence) -> list[str]:
    """Return what to know where false trips may come more often than the budget allows."""
    value, high = evidence.trips.value or 0.0, evidence.trips.high or 0.0
    budget, span = evidence.budget.false_trips_per_day, format_duration(evidence.span)
    if value > budget:
        return [
            (
                f"What was seen keeps the budget of {budget:.2g} false trips a day, but {value:.2g} are to be"
                f" expected with what may come beside it, of which {span} of traffic tell little: one"
                " caller's retries, two bursts at once, or a burst while a window fills."
            )
        ]
    if high > 1.05 * budget:
        return [
            (
                f"False trips are expected within the budget of {budget:.2g} a day, but"
                f" {span} of traffic cannot rule out {high:.2g}; a longer log can."
            )
        ]
    return []


def _timeouts(e: Evidence) -> Iterable[str]:
    if e.timeout is not None:
        slow = e.candidate.gate.slow_from
        yield (
            f"Failed calls pile up at {format_duration(e.timeout)}, the caller's timeout: an incident of"
            " timeouts cannot be seen sooner than that, and a shorter timeout is the only remedy."
        )
        if slow is not None and slow >= e.timeout:
            yield (
                f"slow_call_duration_threshold ({format_duration(slow)}) is not below the timeout: no call"
                " that answers is ever slow."
            )
    elif any(i.kind == "timeouts" for i in e.actionable):
        yield (
            "Calls that time out are known as failed only at the timeout; no setting detects them"
            " sooner, a shorter timeout of the caller does."
        )


def _threshold(e: Evidence) -> SettingReason:
    gate = e.candidate.gate
    failing = [i.failed for i in e.actionable if i.failed > i.slow or i.kind != "slow"]
    healthy = f"healthy calls fail at {format_percent(e.healthy_percent)}"
    if failing:
        lowest, several = format_percent(min(failing)), len(failing) > 1
        sides = (
            f"incidents at {lowest}{' or more' * (min(failing) < 100)}"
            if several
            else f"the incident at {lowest}"
        )
        data = f"{e.healthy_calls:,} healthy calls, {len(failing)} incident{'s' * (len(failing) > 1)}"
    else:
        pays = format_percent(100 * e.budget.break_even)
        sides = f"no failing incident was seen, and opening pays from {pays}"
        data = f"{e.healthy_calls:,} healthy calls alone"
    return SettingReason("failure_rate_threshold", gate.threshold, f"{healthy}; {sides}", data)


def _slow(e: Evidence) -> Iterable[SettingReason]:
    gate = e.candidate.gate
    if gate.slow_from is None or e.p99 is None:
        return
    slow = len([i for i in e.actionable if i.kind == "slow"])
    yield SettingReason(
        "slow_call_rate_threshold",
        gate.slow_threshold,
        "one call in a hundred is slower than the healthy p99; in a slow incident most are",
        f"{slow or 'no'} slow incident{'s' * (slow != 1)} seen, others simulated",
    )
    yield SettingReason(
        "slow_call_duration_threshold",
        exact_duration(gate.slow_from),
        f"{gate.slow_from / e.p99:.2g} × the healthy p99 of {format_duration(e.p99)}",
        "durations of successful calls in stretches with usual latency",
    )


def _window(e: Evidence) -> SettingReason:
    gate = e.candidate.gate
    if gate.counted:
        took = _ends([format_duration(gate.window / r.rate) for r in e.regimes[::-1]])
        why = f"spans about {took}; calls rather than seconds, since incidents at every load are then seen"
        return SettingReason("sliding_window_size", round(gate.window), why, _regimes(e))
    holds = _ends([number(gate.holds(r.rate)) for r in e.regimes])
    why = f"holds about {holds} calls; the cheapest length for detecting incidents within the budget"
    return SettingReason("sliding_window_size", exact_duration(gate.window), why, _regimes(e))


def _calls(e: Evidence) -> SettingReason:
    gate, rate = e.candidate.gate, e.usual.rate
    filled = format_duration(gate.calls / rate)
    why = (
        "no more than the errors gate, which guards small windows already"
        if gate.calls <= gate.errors
        else f"a window that is filling is judged from here on, {filled} after a start at {format_rate(rate)}"
    )
    return SettingReason("minimum_number_of_calls", gate.calls, why, _regimes(e))


def _errors(e: Evidence) -> SettingReason:
    gate, quiet = e.candidate.gate, e.regimes[0]
    holds = gate.holds(quiet.rate)
    chance = holds * e.healthy_percent / 100
    full = f"at {format_rate(quiet.rate)} a window holds {number(holds)} calls and {chance:.2g} failures"
    budget = f"{e.budget.false_trips_per_day:.2g} false trips a day"
    asked = gate.asked_for(quiet.rate)
    if asked > gate.errors:
        why = (
            f"{full} when healthy, and {gate.threshold:g} % of a full one are {asked} already; {gate.errors}"
            f" errors guard one that is filling. Both stay within {budget}"
        )
    else:
        why = f"{full} when healthy; {gate.errors} errors by chance or burst stay within {budget}"
    data = f"the quietest load ({quiet.name}, {quiet.calls:,} calls, {quiet.errors:,} errors)"
    return SettingReason("minimum_number_of_errors", gate.errors, why, data)


def _wait(e: Evidence) -> SettingReason:
    lengths = [i.length for i in e.actionable]
    if lengths:
        usual = format_duration(float(np.median(lengths)))
        first = "the first wait of a growing one; " * (e.candidate.growth > 1)
        why = f"{first}incidents last {usual} (median); balances probing them against late recovery"
        data = f"{len(lengths)} incident{'s' * (len(lengths) > 1)}, lengths resampled"
    else:
        why, data = "balances probing against late recovery", _LIBRARY
    wait = exact_duration(e.candidate.wait)
    return SettingReason("wait_duration_in_open_state", wait, why, data)


def _growth(e: Evidence) -> Iterable[SettingReason]:
    """Why the wait grows, where it does."""
    at = e.candidate
    if at.growth <= 1 or at.longest is None:
        return
    lengths = [i.length for i in e.actionable]
    ends, data = "incidents may be short or long", _LIBRARY
    if lengths:
        ends = f"incidents last {format_duration(min(lengths))} to {format_duration(max(lengths))}"
        data = f"{len(lengths)} incident{'s' * (len(lengths) != 1)}, lengths resampled"
    why = f"{ends}: one that has lasted is likely to last, so it is asked after less often"
    yield SettingReason("wait_backoff_multiplier", at.growth, why, data)
    why = "the longest that a recovery after a long incident is worth waiting for"
    yield SettingReason("max_wait_duration_in_open_state", exact_duration(at.longest), why, data)


def _trials(e: Evidence) -> SettingReason:
    trials, (level, threshold) = e.candidate.trials, e.mildest
    caught = 100 * reopening_chance(trials, level, threshold / 100)
    bad = "slow calls" if e.slow_alone else "failures"
    why = (
        f"{trials} trial{'s' * (trials > 1)} find{'s' * (trials == 1)} an incident with"
        f" {format_percent(100 * level)} {bad} still going {caught:.0f} times in 100"
    )
    if caught < _MOSTLY and not e.slow_alone:
        again = math.ceil(e.candidate.gate.asked_for(e.usual.rate) / level)
        why += f"; when missed, about {again} more calls open it again"
    kind = "slow" if e.slow_alone else "failing"
    data = f"the mildest {kind} incident" if e.actionable else _LIBRARY
    return SettingReason("permitted_number_of_calls_in_half_open_state", trials, why, data)


def _ends(values: Sequence[str]) -> str:
    """Name the first and the last, once where they are alike."""
    return " to ".join(dict.fromkeys((values[0], values[-1])))


def _regimes(e: Evidence) -> str:
    seen = ", ".join(f"{r.name} {format_rate(r.rate)}" for r in e.regimes)
    return f"load of one breaker: {seen}"


def _estimate(values: list[float]) -> Estimate:
    if not values:
        return Estimate(None, None, None)
    low, middle, high = np.quantile(values, [LOW, 0.5, HIGH])
    return Estimate(float(middle), float(low), float(high))
