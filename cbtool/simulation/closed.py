# ruff: noqa: PLR0917  # compiled code takes arrays one by one, and no keywords
"""The closed state, compiled: the results of one closed stretch, up to the one that trips.

All time is spent here. A closed breaker permits every call, so its loops see only completions. A result
counts if its call was admitted in this stretch, that is, if it is not older than the stretch's first call;
the oldest result in the window is found by walking the same array with a second index, so that no window
is stored. Running sums over all results then bound what a window can hold over the next `CHUNK` results;
where that cannot trip, they are skipped. `cbtool.breaker.window` and `cbtool.breaker.trip` say what these
loops must equal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from cbtool.breaker.outcome import Outcome
from cbtool.breaker.transition import Reason
from cbtool.jit import inlined
from cbtool.simulation.parameters import CONSECUTIVE, COUNT, TIME

if TYPE_CHECKING:
    from numpy.typing import NDArray

_IGNORED = int(Outcome.IGNORED)
_FAILURE_RATE = int(Reason.FAILURE_RATE)
_SLOW_CALL_RATE = int(Reason.SLOW_CALL_RATE)
_CONSECUTIVE_FAILURES = int(Reason.CONSECUTIVE_FAILURES)
_ERROR_COUNT = int(Reason.ERROR_COUNT)
CHUNK = 64
"""Results that are skipped together. Fewer are skipped more often, more are skipped faster."""
_NEARLY = 1.0 - 1e-9
"""A rate below this share of its threshold is below it, however the division is rounded."""


@inlined
def reaches(bad: int, calls: int, threshold: float, above: int) -> Any:
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
    done: int, since: int, earlier: int, first: int, outcomes: Any, call_of: Any, permitted: Any, p: Any
) -> int:
    """Return the failures in a row up to completion `done`, of those counted since `since`.

    Before these there were `earlier` in a row.
    """
    run = 0
    k = done
    while k >= since:
        counts = call_of[k] >= first or (p.late_counts and permitted[call_of[k]])
        if counts and outcomes[k] != _IGNORED:
            if not outcomes[k] & 1:
                return run
            run += 1
        k -= 1
    return run + earlier


@inlined
def _coarse_tail(k: int, tail: int, sums: Any, end_ns: Any, p: Any) -> int:
    """Return a completion at most `CHUNK` before the window's oldest one after completion `k`."""
    if p.window_kind == COUNT:
        while sums[k + 1, 0] - sums[tail, 0] > p.window_size:
            tail += sums[k + 1, 0] - sums[tail, 0] - p.window_size
        return tail
    forgotten = end_ns[k] - p.window_size
    while tail + CHUNK <= k and end_ns[tail + CHUNK - 1] <= forgotten:
        tail += CHUNK
    return tail


@inlined
def _exact_tail(k: int, tail: int, end_ns: Any, p: Any) -> int:
    """Return the oldest completion of a time window after completion `k`, from the coarse one."""
    forgotten = end_ns[k] - p.window_size
    high = min(tail + CHUNK, k)
    while tail < high:
        middle = (tail + high) >> 1
        if end_ns[middle] <= forgotten:
            tail = middle + 1
        else:
            high = middle
    return tail


@inlined
def _cannot_trip(k: int, tail: int, latest: int, sums: Any, p: Any) -> Any:
    """Return whether none of the `CHUNK` results from `k` on can trip.

    Args:
        k: the first of the results.
        tail: no later than the oldest result in the window before them.
        latest: no earlier than the oldest result in the window after them.
        sums: of `Results`.
        p: `Parameters`.
    """
    failures = sums[k + CHUNK, 1] - sums[tail, 1]
    slow = sums[k + CHUNK, 2] - sums[tail, 2]
    if p.error_count and failures >= p.error_count:
        return False
    if sums[k + CHUNK, 0] - sums[tail, 0] < p.minimum_calls:
        return True
    calls = max(p.minimum_calls, sums[k, 0] - sums[latest, 0] if latest < k else 0)
    if failures >= p.minimum_errors and 100.0 * failures >= p.failure_rate * calls * _NEARLY:
        return False
    return slow < p.minimum_errors or 100.0 * slow < p.slow_rate * calls * _NEARLY


@inlined
def _skip(k: int, tail: int, sums: Any, end_ns: Any, p: Any) -> Any:
    """Return the first completion from `k` that may trip, give or take, and a tail for it."""
    while k + CHUNK <= len(end_ns):
        last = k + CHUNK - 1
        after = _coarse_tail(last, tail, sums, end_ns, p)
        if p.window_kind == COUNT:
            if not _cannot_trip(k, tail, after, sums, p):
                break
        elif not _cannot_trip(k, tail, after + CHUNK, sums, p):
            tail = _exact_tail(k, tail, end_ns, p)
            after = _exact_tail(last, max(after, tail), end_ns, p)
            if not _cannot_trip(k, tail, after, sums, p):
                break
        k += CHUNK
        tail = after
    return k, tail


@inlined
def _tidied(
    held: Any, first: int, outcomes: Any, call_of: Any, end_ns: Any, permitted: Any, p: Any
) -> tuple[int, int, int, int]:
    """Forget what a time window need not hold after the last completion, nor the next section begin with."""
    calls, failures, slow, tail = held
    n = len(call_of)
    while p.window_kind == TIME and tail < n and end_ns[n - 1] - end_ns[tail] >= p.window_size:
        old = outcomes[tail]
        if old != _IGNORED and (call_of[tail] >= first or (p.late_counts and permitted[call_of[tail]])):
            calls -= 1
            failures -= old & 1
            slow -= old >> 1
        tail += 1
    return calls, failures, slow, tail


@inlined
def _rates(
    done: int, first: int, settled: int, r: Any, call_of: Any, end_ns: Any, permitted: Any, p: Any, held: Any
) -> tuple[int, int, int, int, int, int, int]:
    """A count or a time window: call by call where it may trip, `CHUNK` by `CHUNK` where it cannot."""
    n = len(call_of)
    k = attempt = done
    calls, failures, slow, earlier, tail = held
    while k < n:
        if k >= attempt and tail >= settled:  # nothing in the window is late: the sums hold
            k, tail = _skip(k, tail, r.sums, end_ns, p)
            calls = r.sums[k, 0] - r.sums[tail, 0]
            failures = r.sums[k, 1] - r.sums[tail, 1]
            slow = r.sums[k, 2] - r.sums[tail, 2]
            attempt = k + CHUNK
            if k == n:
                break
        outcome = r.outcomes[k]
        call = call_of[k]
        if outcome == _IGNORED or (call < first and not (p.late_counts and permitted[call])):
            k += 1
            continue
        # The window forgets: all that are too old, or the one that is one too many.
        while end_ns[k] - end_ns[tail] >= p.window_size if p.window_kind == TIME else calls == p.window_size:
            old = r.outcomes[tail]
            if old != _IGNORED and (call_of[tail] >= first or (p.late_counts and permitted[call_of[tail]])):
                calls -= 1
                failures -= old & 1
                slow -= old >> 1
            tail += 1
        calls += 1
        failures += outcome & 1
        slow += outcome >> 1
        if outcome & 1 or not p.on_failure:
            reason = _verdict(calls, failures, slow, p)
            if reason:
                run = _run_length(k, done, earlier, first, r.outcomes, call_of, permitted, p)
                if p.window_kind == TIME:
                    run = min(run, calls)
                return k, reason, calls, failures, slow, run, tail
        k += 1
    run = _run_length(n - 1, done, earlier, first, r.outcomes, call_of, permitted, p)
    held = calls, failures, slow, tail
    calls, failures, slow, tail = _tidied(held, first, r.outcomes, call_of, end_ns, permitted, p)
    return n, 0, calls, failures, slow, run, tail


@inlined
def _consecutive(
    done: int, first: int, outcomes: Any, call_of: Any, permitted: Any, p: Any, held: Any
) -> tuple[int, int, int, int, int, int, int]:
    """A run of failures."""
    _, _, slow, run, tail = held
    for k in range(done, len(call_of)):
        outcome = outcomes[k]
        call = call_of[k]
        if outcome == _IGNORED or (call < first and not (p.late_counts and permitted[call])):
            continue
        if outcome & 1:
            if run == 0:
                tail = k
            run += 1
            slow += outcome >> 1
            if run >= p.window_size:
                return k, _CONSECUTIVE_FAILURES, run, run, slow, run, tail
        else:
            run = slow = 0
    return len(call_of), 0, run, run, slow, run, tail if run else len(call_of)


@inlined
def closed_stretch(
    done: int,
    first: int,
    settled: int,
    results: Any,
    call_of: NDArray[Any],
    end_ns: NDArray[Any],
    permitted: NDArray[Any],
    p: Any,
    held: Any,
) -> Any:
    """Run a closed breaker from completion `done` until it trips.

    Args:
        done: the first completion of the stretch.
        first: the first call of the stretch; an older one's result is late.
        settled: the completion from which on none is late.
        results: `Results`.
        call_of: int32, by completion.
        end_ns: int64, by completion.
        permitted: uint8, by call; of calls before `first`.
        p: `Parameters`.
        held: what the window holds: calls, failures, slow calls, failures in a row, and a completion no later
            than the oldest in it.

    Returns:
        The completion that trips, or n; the `Reason`, or 0; and what the window holds there.
    """
    if p.window_kind == CONSECUTIVE:
        return _consecutive(done, first, results.outcomes, call_of, permitted, p, held)
    return _rates(done, first, settled, results, call_of, end_ns, permitted, p, held)


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
    """Return where the bad stretch began among the last `calls` counted completions up to `done`.

    `cbtool.metrics.opening` says what this must equal.
    """
    found = k = done
    seen = bad = 0
    best = -np.inf
    while seen < calls:
        counts = call_of[k] >= first or (p.late_counts and permitted[call_of[k]])
        if counts and outcomes[k] != _IGNORED:
            seen += 1
            if outcomes[k]:
                bad += 1
                score = bad - p.failure_rate / 200.0 * seen
                if score >= best:
                    best, found = score, k
        k -= 1
    return found
