# ruff: noqa: PLR0917  # compiled code takes arrays one by one, and no keywords
"""The compiled engine: the state machine of `cbtool.breaker.machine` over arrays.

It goes from state to state rather than from call to call. Closed runs over completions (`closed.py`), open
jumps to the first call after the wait, half-open goes event by event. The property test in
`tests/simulation/test_equality.py` holds it equal to the readable engine. A run may pause where a section of
a long traffic ends (`sections.py`) and go on in the next: what it knows is in `carry`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from cbtool.breaker.outcome import Outcome
from cbtool.breaker.transition import Reason, State
from cbtool.breaker.wait import LONGEST
from cbtool.jit import compiled, inlined
from cbtool.simulation import closed, parameters
from cbtool.simulation.closed import closed_stretch, first_bad, reaches

if TYPE_CHECKING:
    from numpy.typing import NDArray


def _typed(value: int) -> Any:
    """Return a constant with a type; a bare literal in a call would compile the callee once more."""
    return np.int64(value)


_IGNORED = _typed(Outcome.IGNORED)
_CLOSED, _OPEN, _HALF_OPEN = _typed(State.CLOSED), _typed(State.OPEN), _typed(State.HALF_OPEN)
_FAILURE_RATE = _typed(Reason.FAILURE_RATE)
_SLOW_CALL_RATE = _typed(Reason.SLOW_CALL_RATE)
_WAIT_OVER = _typed(Reason.WAIT_OVER)
_TRIALS_PASSED = _typed(Reason.TRIALS_PASSED)
_HALF_OPEN_TIMEOUT = _typed(Reason.HALF_OPEN_TIMEOUT)
_ZERO, _NONE = _typed(0), _typed(-1)

COLUMNS = 10
"""Of the log: time, source, target, reason, calls, failures, slow, run, wait (−1: none), and where the bad
stretch that tripped began (−1: no trip)."""

CARRIED = (
    *("state", "since", "first", "call", "done", "attempt", "openings", "wait"),
    *("taken", "calls", "failures", "slow", "run", "tail"),
)
"""What a run that pauses goes on with: whole numbers, all 0 at first. Of the closed state, `calls` to `run`
are its window's and `tail` is a completion no later than the oldest in that; else they are the trials'."""
FIRST, CALL, DONE, TAIL = (CARRIED.index(name) for name in ("first", "call", "done", "tail"))

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)
_30, _27, _31, _11 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(11)
_UNIT = 1.0 / (1 << 53)


@inlined
def unit_random(seed: Any, index: int) -> Any:
    """`cbtool.breaker.wait.unit_random`."""
    z = seed + np.uint64(index + 1) * _GOLDEN
    z = (z ^ (z >> _30)) * _MIX_1
    z = (z ^ (z >> _27)) * _MIX_2
    return ((z ^ (z >> _31)) >> _11) * _UNIT


@inlined
def _wait_ns(attempt: int, opening: int, p: Any) -> Any:
    """`cbtool.breaker.wait.wait_ns`."""
    wait = p.wait
    if p.multiplier > 1.0:
        for _ in range(attempt - 1):
            wait *= p.multiplier
            if wait >= (LONGEST if p.longest_wait < 0.0 else p.longest_wait):
                break
    if p.longest_wait >= 0.0:
        wait = min(wait, p.longest_wait)
    wait *= 1.0 + p.jitter * (2.0 * unit_random(p.seed, opening) - 1.0)
    return np.int64(np.rint(min(wait, LONGEST) * 1e9))  # to_ns rounds half to even, too


@inlined
def first_after(times: Any, start: int, at: int, after_end: int) -> int:
    """Return the first index from `start` whose time is at least (`after_end`: above) `at`."""
    low, high = start, len(times)
    while low < high:
        middle = (low + high) >> 1
        if times[middle] < at or (after_end and times[middle] == at):
            low = middle + 1
        else:
            high = middle
    return low


@inlined
def first_completion_after(started: Any, done: int, call: int) -> int:
    """Return the first completion from `done` that comes after the start of `call`."""
    low, high = done, len(started)
    while low < high:
        middle = (low + high) >> 1
        if started[middle] <= call:
            low = middle + 1
        else:
            high = middle
    return low


@inlined
def _trials_verdict(calls: int, failures: int, slow: int, failed: int, p: Any) -> Any:
    """`Trials.complete`'s decision; 0 for None."""
    if p.first_failure and failed:
        return _FAILURE_RATE
    if calls < p.trials:
        return 0
    if not p.first_failure:
        if reaches(failures, calls, p.failure_rate, p.above):
            return _FAILURE_RATE
        if reaches(slow, calls, p.slow_rate, p.above):
            return _SLOW_CALL_RATE
    return _TRIALS_PASSED


@inlined
def _room(log: Any, used: int) -> Any:
    """Return a log with room for one more transition."""
    if used < len(log):
        return log
    larger = np.empty((2 * len(log), COLUMNS), np.int64)
    for row in range(used):  # a slice would compile numba's texts for its error, which takes seconds
        for column in range(COLUMNS):
            larger[row, column] = log[row, column]
    return larger


@inlined
def _write(
    log: Any, row: int, time: int, source: int, target: int, reason: int, counts: Any, wait: int, bad: int
) -> None:
    log[row, 0] = time
    log[row, 1] = source
    log[row, 2] = target
    log[row, 3] = reason
    log[row, 4] = counts[0]
    log[row, 5] = counts[1]
    log[row, 6] = counts[2]
    log[row, 7] = counts[3]
    log[row, 8] = wait
    log[row, 9] = bad


@compiled(closed, parameters)
def run_kernel(  # noqa: C901, PLR0912, PLR0915  # one machine: its states share nearly all variables
    start_ns: NDArray[Any],
    call_of: NDArray[Any],
    end_ns: NDArray[Any],
    started: NDArray[Any],
    settled: NDArray[Any],
    results: Any,
    p: Any,
    run_end_ns: int,
    permitted: NDArray[Any],
    before: NDArray[Any],
    after: NDArray[Any],
    tracing: int,
    carry: NDArray[Any],
) -> Any:
    """Run one breaker over its traffic, or over a section of it; the arrays are those of `Traffic`.

    Args:
        start_ns: int64, by call.
        call_of: int32, by completion; of a section, those that come before the last call's start.
        end_ns: int64, by completion.
        started: int32, by completion.
        settled: int32, by call.
        results: `Results`.
        p: `Parameters`.
        run_end_ns: until when the breaker is watched; −1 where the run goes on.
        permitted: uint8, by call, zeros: filled in.
        before: uint8, by call, zeros: filled in where `tracing`, else may be empty.
        after: as `before`.
        tracing: whether the states before and after each call are wanted; 0 or 1.
        carry: int64, `CARRIED`: where to go on; filled in.

    Returns:
        The log of transitions, int64, `COLUMNS` wide.
    """
    n, due = len(start_ns), len(call_of)
    nothing = (_ZERO, _ZERO, _ZERO, _ZERO)
    log = np.empty((16, COLUMNS), np.int64)
    used = _ZERO
    state = carry[0]
    since, first = carry[1], carry[2]  # when the state began, and its first call: an earlier one's is late
    call, done = carry[3], carry[4]  # the next call to start, the next completion
    attempt, openings, wait = carry[5], carry[6], carry[7]
    taken, calls, failures, slow, run, tail = carry[8], carry[9], carry[10], carry[11], carry[12], carry[13]
    while True:
        log = _room(log, used)
        if state == _CLOSED:
            done, reason, calls, failures, slow, run, tail = closed_stretch(
                done,
                first,
                settled[first],
                results,
                call_of,
                end_ns,
                permitted,
                p,
                (calls, failures, slow, run, tail),
            )
            if not reason:
                permitted[call:] = 1
                call = _ZERO + n
                break
            permitted[call : started[done]] = 1
            bad = end_ns[first_bad(done, calls, first, results.outcomes, call_of, permitted, p)]
            call = first = np.int64(started[done])
            since = end_ns[done]
            if tracing:
                after[call_of[done]] = _OPEN
            done += 1
            counts = (calls, failures, slow, run)
            source = _CLOSED
        elif state == _OPEN:
            trial = first_after(start_ns, call, since + wait, p.after_end)
            if tracing:
                before[call:trial] = _OPEN
                after[call:trial] = _OPEN
                if trial < n:
                    before[trial] = _OPEN
                while done < due and started[done] <= trial:
                    if permitted[call_of[done]]:
                        after[call_of[done]] = _OPEN
                    done += 1
            if trial == n:
                call, done = _ZERO + n, _ZERO + due
                break
            done = first_completion_after(started, done, trial)
            since = start_ns[trial]
            _write(log, used, since, _OPEN, _HALF_OPEN, _WAIT_OVER, nothing, _NONE, _NONE)
            used += 1
            state = _HALF_OPEN
            first = trial
            permitted[trial] = 1
            taken = _ZERO + 1
            calls = failures = slow = run = _ZERO
            call = trial + 1
            continue
        else:
            reason = _ZERO
            limit = since + p.half_open_limit
            while not reason and (call < n or done < due):
                if done < due and (call == n or started[done] <= call):
                    ended = call_of[done]
                    if not permitted[ended]:
                        done += 1
                        continue
                    if p.half_open_limit and end_ns[done] > limit:
                        reason = _HALF_OPEN_TIMEOUT
                        break
                    outcome = results.outcomes[done]
                    if ended >= first or p.late_counts:
                        if outcome == _IGNORED:
                            taken = max(0, taken - 1)
                        else:
                            if p.gives_back:
                                taken = max(0, taken - 1)
                            calls += 1
                            failures += outcome & 1
                            slow += outcome >> 1
                            run = run + 1 if outcome & 1 else 0
                            reason = _trials_verdict(calls, failures, slow, outcome & 1, p)
                    if tracing:
                        after[ended] = _HALF_OPEN
                        if reason:
                            after[ended] = _CLOSED if reason == _TRIALS_PASSED else _OPEN
                    if reason:
                        since = end_ns[done]
                    done += 1
                else:
                    if p.half_open_limit and start_ns[call] > limit:
                        reason = _HALF_OPEN_TIMEOUT
                        break
                    if not p.bounded or taken < p.trials:
                        taken += 1
                        permitted[call] = 1
                    elif tracing:
                        after[call] = _HALF_OPEN
                    if tracing:
                        before[call] = _HALF_OPEN
                    call += 1
            if not reason and p.half_open_limit and run_end_ns > limit:
                reason = _HALF_OPEN_TIMEOUT
            if not reason:
                break
            if reason == _HALF_OPEN_TIMEOUT:
                since = limit
            first = call
            counts = (calls, failures, slow, run)
            bad = _NONE
            source = _HALF_OPEN
            if reason == _TRIALS_PASSED:
                _write(log, used, since, _HALF_OPEN, _CLOSED, reason, counts, _NONE, _NONE)
                used += 1
                state = _CLOSED
                attempt = _ZERO
                calls = failures = slow = run = _ZERO
                tail = done
                continue
        attempt += 1
        openings += 1
        wait = _wait_ns(attempt, openings, p)
        _write(log, used, since, source, _OPEN, reason, counts, wait, bad)
        used += 1
        state = _OPEN
    carry[0], carry[1], carry[2], carry[3], carry[4] = state, since, first, call, done
    carry[5], carry[6], carry[7], carry[8] = attempt, openings, wait, taken
    carry[9], carry[10], carry[11], carry[12], carry[13] = calls, failures, slow, run, tail
    return log[:used].copy()
