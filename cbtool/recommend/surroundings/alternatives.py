"""What else there was to choose: the Pareto front around the settings, and two neighbours on it by name.

`more sensitive` and `calmer` are the cheapest gates that keep a budget ten times as large and a tenth as
large; where that changes nothing, the nearest gate that opens sooner, or later. The rest of the front comes
from the candidates that the search tried, all within the budget.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from cbtool.recommend.findings import Alternative, Estimate
from cbtool.recommend.search.delays import outage_seconds

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cbtool.recommend.candidates.gates import Candidate
    from cbtool.recommend.found import Found
    from cbtool.recommend.search.loss import Court
    from cbtool.recommend.surroundings.track import Logbook

SENSITIVE, CHOSEN, CALMER = "more sensitive", "recommended", "calmer"
_FACTOR = 10.0
_TRIED = 24
_MORE = 2  # of the front, beside the three with names
_JUDGED_ON = 3  # resamples
_SHORTER, _LONGER = (0.5, 1.0), (1.0, 2.0)


class _Point(NamedTuple):
    """One candidate's place: less is better in each."""

    false_trips: float
    let_through: float
    good_refused: float
    candidate: Candidate


def alternatives(found: Found, courts: Sequence[Court], logbook: Logbook) -> tuple[Alternative, ...]:
    """Return the front, the most sensitive first.

    Args:
        found: the settings.
        courts: resamples to judge on.
        logbook: the log, to say what each would have done.
    """
    named: dict[str, Candidate] = {CHOSEN: found.candidate}
    for name, factor in ((SENSITIVE, _FACTOR), (CALMER, 1 / _FACTOR)):
        other = _neighbour(found, courts, factor)
        if other is not None:
            named[name] = other
    points = {name: _point(found, each, courts) for name, each in named.items()}
    shown = {_shown(each) for each in named.values()}
    tried = [each for _, each in found.search.tried()[:_TRIED] if _shown(each) not in shown]
    rest = _front([_point(found, each, courts) for each in tried], list(points.values()))
    for number, point in enumerate(rest[:_MORE], start=1):
        points[f"front {number}"] = point
    made = [_alternative(found, name, point, points, logbook) for name, point in points.items()]
    return tuple(sorted(made, key=_sensitive_first))


def _shown(candidate: Candidate) -> tuple[float, ...]:
    """Return what a table shows of settings; what differs in nothing of it is no choice to a reader."""
    gate = candidate.gate
    return gate.threshold, gate.errors, gate.window, gate.counted, candidate.wait, candidate.growth


def _sensitive_first(one: Alternative) -> tuple[float, float, float, str]:
    delay = float("inf") if one.delay is None else one.delay
    return one.track.let_through, delay, -(one.false_trips_per_day.high or 0.0), one.name


def _alternative(
    found: Found, name: str, point: _Point, points: dict[str, _Point], logbook: Logbook
) -> Alternative:
    gate, config = point.candidate.gate, point.candidate.config()
    trips = _guarded(found, name, point.candidate)
    seconds = outage_seconds(gate, found.usual.rate)
    return Alternative(
        name=name,
        config=config,
        false_trips_per_day=trips,
        delay=None if seconds == float("inf") else seconds + found.failing_takes,
        track=logbook.track(config),
        on_front=not any(_dominates(other, point) for other in points.values()),
    )


def _guarded(found: Found, name: str, candidate: Candidate) -> Estimate:
    guard = found.search.guard
    if name == SENSITIVE:
        guard = guard.with_budget(found.search.budget * _FACTOR)
    trips = guard.false_trips(candidate.gate)
    return Estimate(trips.likely, min(trips.seen, trips.likely), trips.upper)


def _neighbour(found: Found, courts: Sequence[Court], factor: float) -> Candidate | None:
    """Return the cheapest gate within another budget; None where there is none but the chosen one."""
    budget = found.search.budget * factor
    search = replace(found.search, guard=found.search.guard.with_budget(budget), budget=budget)
    at = found.candidate
    fitted = [
        at._replace(gate=gate)
        for window in _windows(found, factor)
        if (gate := search.fit(at.gate._replace(window=window))) is not None
    ]
    others = [each for each in fitted if _goes(found, each, factor)] or list(_stepped(found, factor))
    if not others:
        return None
    few = courts[:_JUDGED_ON]
    return min(others, key=lambda each: sum(court.loss(each.config()) for court in few))


def _goes(found: Found, other: Candidate, factor: float) -> bool:
    """Return whether a candidate is indeed more sensitive (calmer, where the factor is below 1)."""
    if factor < 1:
        trips = (found.search.guard.false_trips(each.gate).upper for each in (other, found.candidate))
        now, then = (_slowness(found, each) for each in (found.candidate, other))
        fewer, most = trips
        return fewer <= most and then > now
    return _slowness(found, other) < _slowness(found, found.candidate)


def _slowness(found: Found, candidate: Candidate) -> tuple[float, float, int]:
    """Return how late an outage and then a brown-out open the breaker, in calls, and the errors it takes."""
    gate = candidate.gate
    full = gate.threshold / 100 * gate.holds(found.usual.rate)
    return max(gate.errors, full), full / found.brown_out, gate.errors


def _windows(found: Found, factor: float) -> list[float]:
    window = found.candidate.gate.window
    fitting = found.search.ground.sizes(found.candidate.gate)
    low, high = _SHORTER if factor > 1 else _LONGER
    return [each for each in fitting if low * window <= each <= high * window]


def _stepped(found: Found, factor: float) -> Iterator[Candidate]:
    """The same gate with fewer errors asked for, or with more."""
    gate = found.candidate.gate
    errors = max(1, round(gate.errors * (0.7 if factor > 1 else 1.5)))
    if errors != gate.errors and errors <= gate.holds(found.regimes[-1].rate):
        calls = errors if gate.calls <= gate.errors else max(gate.calls, errors)
        stepped = gate._replace(errors=errors, calls=calls)
        if stepped.possible:
            yield found.candidate._replace(gate=stepped)


def _point(found: Found, candidate: Candidate, courts: Sequence[Court]) -> _Point:
    outcomes = [court.judge(candidate.config()) for court in courts[:_JUDGED_ON]]
    through = sum(outcome.bad - outcome.shed for outcome in outcomes)
    refused = sum(outcome.loss for outcome in outcomes) - through
    return _Point(
        found.search.guard.false_trips(candidate.gate).upper, float(through), float(refused), candidate
    )


def _front(points: list[_Point], named: list[_Point]) -> list[_Point]:
    """Return those that nothing beats, spread over what they let through."""
    best = [p for p in points if not any(_dominates(q, p) for q in (*points, *named))]
    best.sort(key=lambda point: (point.let_through, point.good_refused))
    distinct = [p for place, p in enumerate(best) if not place or p[:3] != best[place - 1][:3]]
    if len(distinct) <= _MORE:
        return distinct
    return [distinct[round(step * (len(distinct) - 1) / (_MORE - 1))] for step in range(_MORE)]


def _dominates(one: _Point, other: _Point) -> bool:
    a, b = one[:3], other[:3]
    return a != b and all(x <= y for x, y in zip(a, b, strict=True))
