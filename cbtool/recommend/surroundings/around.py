"""What surrounds the settings: reasons, intervals, sensitivity, alternatives, evidence, doubts.

All of it is worked out by default, on resamples of at most 30,000 calls each, so that it takes a part of the
search's time whatever the log's length; only refits of the whole method wait for `--validate`.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from cbtool.breaker.capacity import WASTEFUL, capacity_of
from cbtool.profiles import Profile
from cbtool.recommend.candidates.forms import ceil_nice
from cbtool.recommend.model import Answer
from cbtool.recommend.reading.holes import watched
from cbtool.recommend.reading.timeouts import caller_timeout
from cbtool.recommend.search.delays import with_delays
from cbtool.recommend.surroundings.alternatives import alternatives
from cbtool.recommend.surroundings.derivations import derivation
from cbtool.recommend.surroundings.evidence import Evidence, expected, notes, reasons
from cbtool.recommend.surroundings.held_to import held_to
from cbtool.recommend.surroundings.quietest import quietest_notes
from cbtool.recommend.surroundings.resamples import resampled_courts
from cbtool.recommend.surroundings.sensitivity import sensitivities
from cbtool.recommend.surroundings.timeline import timeline_of
from cbtool.recommend.surroundings.today import today
from cbtool.recommend.surroundings.track import Logbook
from cbtool.recommend.surroundings.vitals import evidence_of, vitals_of
from cbtool.units import format_duration, format_percent

if TYPE_CHECKING:
    from collections.abc import Sequence
    from concurrent.futures import Future

    from cbtool.breaker.capacity import Capacity
    from cbtool.breaker.config import BreakerConfig
    from cbtool.profiles.evidence import ProfileEvidence
    from cbtool.recommend.candidates.gates import Candidate
    from cbtool.recommend.found import Found
    from cbtool.recommend.model import Expected, Recommendation, Regime
    from cbtool.recommend.reading.trace import Trace
    from cbtool.recommend.search.loss import Court
    from cbtool.traffic.outcomes import OutcomeRules

_CROWDED = 20.0  # percent of a thread's time
_HELD = 0.95  # of the failed calls' durations: about the caller's timeout, where that is what ends them


def surrounded(
    answer: Recommendation,
    found: Found,
    rules: OutcomeRules,
    *,
    current: Profile | None = None,
    brief: bool = False,
) -> Recommendation:
    """Return the answer with the settings and all that surrounds them.

    Args:
        answer: what is known of the traffic.
        found: the settings, and what they were found in.
        rules: go into the profile.
        current: today's settings, to be held beside the new ones.
        brief: whether only what is expected of the settings is wanted.
    """
    # The log is made ready while the resamples are: both are numpy's, without the interpreter's lock.
    with ThreadPoolExecutor(1) as pool:
        book = None if brief else pool.submit(logbook_of, found)
        return _surrounded(answer, found, rules, current, book)


def _surrounded(
    answer: Recommendation,
    found: Found,
    rules: OutcomeRules,
    current: Profile | None,
    book: Future[Logbook] | None,
) -> Recommendation:
    """Return the same; without a book, what is briefly wanted."""
    config = found.candidate.config()
    courts = resampled_courts(found)
    regimes = with_delays(found)
    timeout = caller_timeout(found.trace, found.p99)
    evidence = _evidence(found, courts, config, regimes=regimes, timeout=timeout)
    promised = expected(evidence)
    answer = replace(
        answer,
        verdict=Answer.RECOMMENDED,
        profile=Profile("recommended", config, rules),
        regimes=regimes,
        expected=promised,
        timeout=timeout,
    )
    if book is None:
        return answer
    asked = held_to(found, regimes, promised.detection_delay_s)
    moved = sensitivities(found, courts)
    by_setting = {each.setting: each for each in moved}
    answer = answer.noting(
        *quietest_notes(found), *notes(evidence), *_crowding(found, courts, evidence.capacity)
    )
    return replace(
        answer,
        profile=Profile(
            "recommended",
            config,
            rules,
            evidence=_carried(found, answer, promised),
            verify=asked,
        ),
        capacity=evidence.capacity,
        reasons=tuple(
            replace(each, formula=derivation(each.setting, evidence, by_setting.get(each.setting)))
            for each in reasons(evidence)
        ),
        sensitivity=moved,
        alternatives=alternatives(found, courts, book.result()),
        current=None if current is None else today(found, current, book.result()),
        timeline=timeline_of(found, book.result()),
    )


def _carried(found: Found, answer: Recommendation, promised: Expected) -> ProfileEvidence:
    """Return the evidence that the profile carries, for drift to be told by."""
    vitals = vitals_of(found.whole, found.healthy, found.instances, found.seed, found.p99)
    seen = evidence_of(
        vitals,
        trace=found.whole,
        started=answer.started,
        seed=found.seed,
        instances=found.instances,
        incidents=len(found.actionable),
        slow_rate=_slow_rate(found),
        gate=found.candidate.gate,
    )
    return replace(
        seen,
        by_instance=answer.by_instance,
        log_format=found.log_format,
        false_trips_per_day=_digits(promised.false_trips_per_day.value),
        detection_delay=_digits(promised.detection_delay_s.value),
        detection_delay_high=_digits(promised.detection_delay_s.high),
    )


def _crowding(found: Found, courts: Sequence[Court], capacity: Capacity | None) -> tuple[str, ...]:
    """Return what trials take of a thread, where that is much, and what a longer wait would cost."""
    if capacity is None or capacity.extra_utilisation <= _CROWDED:
        return ()
    wait = ceil_nice(capacity.wait_for(WASTEFUL))
    grows = found.candidate.growth > 1
    longer = found.candidate._replace(longest=wait) if grows else found.candidate._replace(wait=wait)
    base = found.budget.false_trip_cost
    mean = [
        float(np.mean([court.loss(each.config()) for court in courts])) + base
        for each in (longer, found.candidate)
    ]
    return (
        (
            f"While a dependency is down, trials take {format_percent(capacity.extra_utilisation)} of one"
            f" thread's time, since each may last {format_duration(capacity.trial)}. Where threads are few,"
            f" wait {'at most ' * grows}{format_duration(wait)} instead, for {WASTEFUL:g} %: on this traffic"
            f" that costs {mean[0] / mean[1]:.2g} times as much."
        ),
    )


def _digits(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.4g}")


def logbook_of(found: Found) -> Logbook:
    """Return the log, ready for settings to be tried on."""
    return Logbook(
        found.trace,
        found.instance,
        found.spans,
        found.p99,
        found.budget,
        seed=found.seed,
        own=found.own,
        left_out_ns=0 if found.clock is None else found.clock.left_out,
    )


def _slow_rate(found: Found) -> float | None:
    slow_from = found.candidate.gate.slow_from
    healthy = found.healthy
    if slow_from is None or not len(healthy):
        return None
    return 100.0 * float(healthy.slower_than(slow_from).mean())


def _capacity(trace: Trace, config: BreakerConfig, rate: float) -> Capacity | None:
    """Return what a dependency that is down costs one thread, which a failing call holds as long as here."""
    held = trace.duration[trace.failed]
    if not trace.knows_durations or not len(held):
        return None
    return capacity_of(config, timeout=float(np.quantile(held, _HELD)) / 1e9, rate=rate)


def _evidence(
    found: Found,
    courts: Sequence[Court],
    config: BreakerConfig,
    *,
    regimes: tuple[Regime, ...],
    timeout: float | None,
) -> Evidence:
    healthy = found.healthy
    return Evidence(
        candidate=found.candidate,
        budget=found.budget,
        false_trips=found.search.guard.false_trips(found.candidate.gate),
        trips=found.search.guard.estimate(found.candidate.gate, found.seed),
        outcomes=tuple(court.judge(config) for court in courts),
        regimes=regimes,
        incidents=found.sides.incidents,
        p99=found.p99,
        knows_durations=found.trace.knows_durations,
        healthy_calls=len(healthy),
        healthy_failures=int(healthy.failed.sum()),
        calls=len(found.whole),
        span=watched(found.whole),
        instances=found.instances,
        timeout=timeout,
        capacity=_capacity(found.trace, config, found.usual.rate),
        other_waits=_other_waits(found),
    )


def _other_waits(found: Found) -> tuple[float, Candidate] | None:
    """Return the best wait of the other sort, growing or constant, and its cost in times the chosen one's.

    None where none was tried on all of the resampled traffic.
    """
    tried, base = found.search.tried(), found.budget.false_trip_cost
    grows = found.candidate.growth > 1
    chosen = next((loss for loss, each in tried if each == found.candidate), None)
    other = next(((loss, each) for loss, each in tried if (each.growth > 1) != grows), None)
    return None if other is None or chosen is None else ((other[0] + base) / (chosen + base), other[1])
