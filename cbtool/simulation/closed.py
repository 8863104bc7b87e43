# ruff: noqa: PLR0917  # compiled code takes arrays one by one, and no keywords
"""The closed state, compiled: the results of one closed stretch, up to the one that trips.

All time is spent here. A closed breaker permits every call, so its loops see only completions. A result
counts if its call was admitted in this stretch, that is, if it is not older than the stretch's first call;
the oldest result in the window is found by walking the same array with a second index, so that no window
is stored. `cbtool.breaker.window` and `cbtool.breaker.trip` say what these loops must equal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cbtool.breaker.outcome import Outcome
from cbtool.breaker.transition import Reason
from cbtool.simulation.jit import inlined
from cbtool.simulation.parameters import CONSECUTIVE, COUNT

if TYPE_CHECKING:
    from numpy.typing import NDArray

_IGNORED = int(Outcome.IGNORED)
_FAILURE_RATE = int(Reason.FAILURE_RATE)
_SLOW_CALL_RATE = int(Reason.SLOW_CALL_RATE)
_CONSECUTIVE_FAILURES = int(Reason.CONSECUTIVE_FAILURES)
_ERROR_COUNT = int(Reason.ERROR_COUNT)
_NEARLY = 1.0 - 1e-9
"""A rate below this share of its threshold is below it, however the division is rounded."""


@inlined
def reaches(bad: int, calls: int, threshold: float, above: int) -> bool:
    """`TripPolicy.reaches` of a snapshot's rate; divides only where the result is near."""
    if 100.0 * bad < threshold * calls * _NEARLY:
        return False
    rate = 100.0 * bad / calls if calls else 0.0
    return rate > threshold if above else rate >= threshold


@inlined
def _verdict(calls: int, failures: int, slow: int, p: Any) -> int:
    """`cbtool.breaker.trip.verdict` of a count or time window; 0 for None."""
    if p.error_count and failures >= p.error_count:
        return _ERROR_COUNT
    if calls >= p.minimum_calls:
        if failures >= p.minimum_errors and reaches(failures, calls, p.failure_rate, p.above):
            return _FAILURE_RATE
        if slow >= p.minimum_errors and reaches(slow, calls, p.slow_rate, p.above):
            return _SLOW_CALL_RATE
    return 0


@inlined
def _run_length(
    done: int, since: int, first: int, outcomes: Any, call_of: Any, permitted: Any, p: Any
) -> int:
    """Return the failures in a row up to completion `done`, of those counted since `since`."""
    run = 0
    k = done
    while k >= since:
        counts = call_of[k] >= first or (p.late_counts and permitted[call_of[k]])
        if counts and outcomes[k] != _IGNORED:
            if not outcomes[k] & 1:
                break
            run += 1
        k -= 1
    return run


@inlined
def _count_window(
    done: int, first: int, outcomes: Any, call_of: Any, permitted: Any, p: Any
) -> tuple[int, int, int, int, int, int]:
    since = tail = done
    calls = failures = slow = 0
    for k in range(done, len(call_of)):
        outcome = outcomes[k]
        call = call_of[k]
        if outcome == _IGNORED or (call < first and not (p.late_counts and permitted[call])):
            continue
        if calls == p.window_size:
            while outcomes[tail] == _IGNORED or (
                call_of[tail] < first and not (p.late_counts and permitted[call_of[tail]])
            ):
                tail += 1
            failures -= outcomes[tail] & 1
            slow -= outcomes[tail] >> 1
            tail += 1
        else:
            calls += 1
        failures += outcome & 1
        slow += outcome >> 1
        if p.on_failure and not outcome & 1:
            continue
        reason = _verdict(calls, failures, slow, p)
        if reason:
            run = _run_length(k, since, first, outcomes, call_of, permitted, p)
            return k, reason, calls, failures, slow, run
    return len(call_of), 0, calls, failures, slow, 0


@inlined
def _time_window(
    done: int, first: int, outcomes: Any, call_of: Any, end_ns: Any, permitted: Any, p: Any
) -> tuple[int, int, int, int, int, int]:
    since = tail = done
    calls = failures = slow = 0
    for k in range(done, len(call_of)):
        outcome = outcomes[k]
        call = call_of[k]
        if outcome == _IGNORED or (call < first and not (p.late_counts and permitted[call])):
            continue
        forgotten = end_ns[k] - p.window_size
        while end_ns[tail] <= forgotten:
            old = outcomes[tail]
            if old != _IGNORED and (call_of[tail] >= first or (p.late_counts and permitted[call_of[tail]])):
                calls -= 1
                failures -= old & 1
                slow -= old >> 1
            tail += 1
        calls += 1
        failures += outcome & 1
        slow += outcome >> 1
        if p.on_failure and not outcome & 1:
            continue
        reason = _verdict(calls, failures, slow, p)
        if reason:
            run = _run_length(k, since, first, outcomes, call_of, permitted, p)
            return k, reason, calls, failures, slow, min(run, calls)
    return len(call_of), 0, calls, failures, slow, 0


@inlined
def _consecutive(
    done: int, first: int, outcomes: Any, call_of: Any, permitted: Any, p: Any
) -> tuple[int, int, int, int, int, int]:
    run = slow = 0
    for k in range(done, len(call_of)):
        outcome = outcomes[k]
        call = call_of[k]
        if outcome == _IGNORED or (call < first and not (p.late_counts and permitted[call])):
            continue
        if outcome & 1:
            run += 1
            slow += outcome >> 1
            if run >= p.window_size:
                return k, _CONSECUTIVE_FAILURES, run, run, slow, run
        else:
            run = slow = 0
    return len(call_of), 0, run, run, slow, run


@inlined
def closed_stretch(
    done: int,
    first: int,
    outcomes: NDArray[Any],
    call_of: NDArray[Any],
    end_ns: NDArray[Any],
    permitted: NDArray[Any],
    p: Any,
) -> Any:
    """Run a closed breaker from completion `done` until it trips.

    Args:
        done: the first completion of the stretch.
        first: the first call of the stretch; an older one's result is late.
        outcomes: uint8, by completion.
        call_of: int32, by completion.
        end_ns: int64, by completion.
        permitted: uint8, by call; of calls before `first`.
        p: `Parameters`.

    Returns:
        The completion that trips, or n; the `Reason`, or 0; and the window's snapshot there.
    """
    if p.window_kind == COUNT:
        return _count_window(done, first, outcomes, call_of, permitted, p)
    if p.window_kind == CONSECUTIVE:
        return _consecutive(done, first, outcomes, call_of, permitted, p)
    return _time_window(done, first, outcomes, call_of, end_ns, permitted, p)


@inlined
def first_bad(
    done: int,
    calls: int,
    first: int,
    outcomes: NDArray[Any],
    call_of: NDArray[Any],
    permitted: NDArray[Any],
    p: Any,
) -> int:
    """Return the earliest failed or slow completion among the last `calls` counted ones up to `done`."""
    found = k = done
    left = calls
    while left > 0:
        counts = call_of[k] >= first or (p.late_counts and permitted[call_of[k]])
        if counts and outcomes[k] != _IGNORED:
            left -= 1
            if outcomes[k]:
                found = k
        k -= 1
    return found
