"""A breaker's settings as one tuple of numbers, which is what compiled code takes."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from cbtool.breaker.adaptive.policy import ThrottlePolicy
from cbtool.breaker.policies import (
    Admission,
    EvaluateOn,
    LatePolicy,
    LateResults,
    Policies,
    TrialsPolicy,
    TrialsVerdict,
    TripPolicy,
    WaitPolicy,
    WindowKind,
    WindowPolicy,
)

COUNT, TIME, CONSECUTIVE = 0, 1, 2
_LARGEST = 2**62  # of numbers that users set; what is beyond is as good as this


class Parameters(NamedTuple):
    """A `BreakerConfig` and a seed. Flags are 0 or 1, so that one compilation serves all settings."""

    window_kind: int
    window_size: int
    """Calls, nanoseconds or failures in a row."""
    minimum_calls: int
    minimum_errors: int
    error_count: int
    """0: off."""
    failure_rate: float
    slow_rate: float
    above: int
    """Whether a rate must exceed its threshold; reaching it is enough otherwise."""
    on_failure: int
    """Whether the trip rules are asked after failures only."""
    wait: float
    multiplier: float
    longest_wait: float
    """Seconds; negative: none."""
    jitter: float
    seed: np.uint64
    after_end: int
    """Whether a call exactly at the end of the wait is still refused."""
    trials: int
    bounded: int
    """Whether half-open limits its trials."""
    gives_back: int
    """Whether every trial's result gives its slot back."""
    first_failure: int
    """Whether one failed trial reopens."""
    late_counts: int
    """Whether a result of an earlier state counts in the present one."""
    half_open_limit: int
    """Nanoseconds; 0: none."""


_WINDOWS = {WindowKind.CALLS: COUNT, WindowKind.TIME: TIME, WindowKind.RUN: CONSECUTIVE}


@lru_cache(maxsize=4096)
def parameters_of(p: Policies, seed: int) -> Parameters | None:
    """Return the numbers of policies, or None for those that the kernel of stretches does not know.

    It knows exact windows that every transition empties, rules asked at results, waits that a call ends,
    and late results that are dropped or judged by the present state.
    """
    if not _known(p):
        return None
    return Parameters(
        window_kind=_WINDOWS[p.window.kind],
        window_size=min(_size(p), _LARGEST),
        minimum_calls=min(p.trip.minimum_calls, _LARGEST),
        minimum_errors=min(p.trip.minimum_errors, _LARGEST),
        error_count=min(p.trip.errors, _LARGEST),
        failure_rate=float(_rates(p)[0]),
        slow_rate=float(_rates(p)[1]),
        above=int(p.trip.failure_above),
        on_failure=int(p.trip.on == EvaluateOn.FAILURE),
        wait=float(p.wait.seconds),
        multiplier=float(p.wait.multiplier),
        longest_wait=float(p.wait.longest),
        jitter=float(p.wait.jitter),
        seed=np.uint64(seed & (2**64 - 1)),
        after_end=int(p.wait.after_end),
        trials=min(p.trials.permits, _LARGEST),
        bounded=int(p.trials.admission != Admission.UNLIMITED),
        gives_back=int(p.trials.admission == Admission.CONCURRENCY),
        first_failure=int(p.trials.verdict == TrialsVerdict.COUNTS),
        late_counts=int(p.late.judge == LateResults.CURRENT_STATE),
        half_open_limit=min(p.trials.limit, _LARGEST),
    )


def _size(p: Policies) -> int:
    if p.window.kind == WindowKind.TIME:
        return p.window.length
    return p.trip.run if p.window.kind == WindowKind.RUN else p.window.size


def _rates(p: Policies) -> tuple[float, float]:
    """Return the thresholds of the closed state, and where that knows only a run, of the trials."""
    run = p.window.kind == WindowKind.RUN
    return (p.trials.failure_rate, p.trials.slow_rate) if run else (p.trip.failure_rate, p.trip.slow_rate)


def _known(p: Policies) -> bool:
    """Return whether every policy is, but for what `Parameters` holds, our own."""
    window = WindowPolicy(p.window.kind, size=p.window.size, length=p.window.length)
    trip = TripPolicy(
        p.trip.on,
        run=p.trip.run if p.window.kind == WindowKind.RUN else 0,
        errors=p.trip.errors,
        failure_rate=p.trip.failure_rate,
        failure_above=p.trip.failure_above,
        slow_rate=p.trip.slow_rate,
        slow_above=p.trip.failure_above,
        minimum_calls=p.trip.minimum_calls,
        minimum_errors=p.trip.minimum_errors,
    )
    wait = WaitPolicy(
        p.wait.seconds, p.wait.multiplier, p.wait.longest, p.wait.jitter, after_end=p.wait.after_end
    )
    permits = p.trials.permits
    rates = p.trials.verdict == TrialsVerdict.RATES
    trials = TrialsPolicy(
        p.trials.admission,
        permits,
        p.trials.verdict,
        enough=permits if rates else p.trials.enough,
        failure_rate=_rates(p)[0] if rates else p.trials.failure_rate,
        slow_rate=_rates(p)[1] if rates else p.trials.slow_rate,
        successes=p.trials.successes if rates else permits,
        limit=p.trials.limit,
    )
    return (
        p.window.kind in _WINDOWS
        and p.throttle == ThrottlePolicy()
        and p.trip.on in {EvaluateOn.EVERY_RESULT, EvaluateOn.FAILURE}
        and p.trials.admission not in {Admission.ONE_PER_WAIT, Admission.RAMP}
        and p.late in {LatePolicy(), LatePolicy(LateResults.CURRENT_STATE)}
        and (p.window, p.trip, p.wait, p.trials) == (window, trip, wait, trials)
    )
