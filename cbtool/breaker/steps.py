# ruff: noqa: PLR0917  # runs compiled, too: arguments one by one, and no sets
"""What the state machine does, step by step: the specification.

Functions over a breaker's memory `m`, its window's store `w`, a `log` of transitions and its policies `p`.
They run as they stand, in `machine.py`, and compiled, in `cbtool.simulation`. Times are nanoseconds that
never go backwards. One function, `_transition`, performs every change of state.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cbtool.breaker import buckets, judging, late, ledger, timers, trials, wait, window
from cbtool.breaker.adaptive import pid, throttle
from cbtool.breaker.adaptive.policy import ThrottleKind
from cbtool.breaker.policies import EvaluateOn, Forced, Ignored, LeaveOpen, TrialsVerdict, WindowKind
from cbtool.breaker.transition import Reason, State
from cbtool.breaker.wait import reset_reason

if TYPE_CHECKING:
    from cbtool.breaker.memory import Memory
    from cbtool.breaker.policies import Policies

CLOSED, OPEN, HALF_OPEN = int(State.CLOSED), int(State.OPEN), int(State.HALF_OPEN)
_IGNORED = 4  # Outcome.IGNORED
_WAIT_OVER = int(Reason.WAIT_OVER)
_TRIALS_PASSED = int(Reason.TRIALS_PASSED)
_HALF_OPEN_TIMEOUT = int(Reason.HALF_OPEN_TIMEOUT)


def start(m: Memory, w: Any, p: Policies, now: int) -> None:
    """Make a breaker at `now`; closed, unless the policies begin elsewhere."""
    m.since = m.started = now
    window.clear(m, w, p.window, now)
    m.tick = now + p.trip.period
    m.checked = now - 1
    m.state = p.wait.begins
    if p.wait.begins == OPEN:
        wait.begin(m, p.wait, now)
    throttle.start(m, p, now)


def advance(m: Memory, w: Any, log: Any, p: Policies, now: int) -> bool:
    """Do what timers do up to `now`.

    Returns:
        Whether that is all; otherwise the log is full, and must be read before advancing further.
    """
    while True:
        due = timers.due(m, p, now)
        if due < 0:
            return True
        if ledger.full(m, log):
            return False
        _fire(m, w, log, p, due)


def acquire(m: Memory, w: Any, log: Any, p: Policies, now: int) -> bool:
    """Return whether a call that arrives may start; timers are advanced.

    Args:
        m: the breaker's memory.
        w: its store.
        log: of transitions.
        p: its policies.
        now: when the call arrives.
    """
    if p.throttle.kind != ThrottleKind.NONE:
        return throttle.admits(m, w, p, now)
    if m.state == CLOSED:
        if p.window.tumbles:
            buckets.turn(m, w, p.window, now)
        if p.trip.on == EvaluateOn.ADMISSION:
            judge_arrival(m, w, log, p, now)
    elif m.state == HALF_OPEN and p.trials.limit_by_call and now - m.since > p.trials.limit:
        _transition(m, w, log, p, CLOSED, _HALF_OPEN_TIMEOUT, now)
    if p.trip.forced != Forced.NEITHER:
        return p.trip.forced == Forced.ADMITS
    if not _admits(m, w, log, p, now):
        window.refused(m, w, p.window, now)
        return False
    window.admitted(m, w, p.window, now)
    if p.trip.capacity:
        if m.in_flight >= p.trip.capacity:
            overflow(m, w, log, p, now)
            return False
        m.in_flight += 1
    return True


def _admits(m: Memory, w: Any, log: Any, p: Policies, now: int) -> bool:
    if m.state == OPEN and not _leave_open(m, w, log, p, now):
        return False
    return m.state != HALF_OPEN or trials.admit(m, p, now)


def record(
    m: Memory,
    w: Any,
    log: Any,
    p: Policies,
    now: int,
    outcome: int,
    generation: int,
    admitted_in: int,
    admitted: int,
) -> None:
    """Count a call's result at the time it completes; timers are advanced.

    Args:
        m: the breaker's memory.
        w: its store.
        log: of transitions.
        p: its policies.
        now: when the call completed.
        outcome: an `Outcome`.
        generation: of the call's permit.
        admitted_in: the `State` that gave it.
        admitted: when.
    """
    if p.throttle.kind != ThrottleKind.NONE:
        throttle.record(m, w, p, now, outcome)
        return
    if m.state == OPEN and p.wait.leave == LeaveOpen.CALL_OR_RESULT:
        _leave_open(m, w, log, p, now)
    if m.state == CLOSED and p.window.tumbles:
        buckets.turn(m, w, p.window, now)
    if p.trip.capacity:
        m.in_flight -= 1
    if outcome == _IGNORED and p.window.ignored == Ignored.CALL:
        window.add(m, w, p.window, 0, now, admitted)
        return
    if p.late.failures_dropped and outcome & 1 and generation != m.generation:
        return
    judge = late.judging_state(m, p.late, generation, admitted_in)
    if judge == CLOSED or (judge == HALF_OPEN and trials.settling(m, p, now)):
        closed_result(m, w, log, p, now, outcome, admitted)
    elif judge == HALF_OPEN and (m.taken > 0 or not p.trials.first_starts):
        _trial_result(m, w, log, p, now, outcome, admitted)
    elif judge >= OPEN:
        _open_result(m, w, log, p, now, outcome, admitted)


def release(m: Memory, p: Policies, generation: int) -> None:
    """Give a permit back unused."""
    if p.trip.capacity:
        m.in_flight -= 1
    if generation == m.generation and m.state == HALF_OPEN:
        trials.give_back(m, p.trials)


def overflow(m: Memory, w: Any, log: Any, p: Policies, now: int) -> None:
    """Count a call for which there is no room: a failure."""
    if m.state == CLOSED:
        closed_result(m, w, log, p, now, 1, now)
    else:
        _trial_result(m, w, log, p, now, 1, now)


def closed_result(m: Memory, w: Any, log: Any, p: Policies, now: int, outcome: int, admitted: int) -> None:
    """Count a result as a closed breaker does, and judge its window where the rules ask then."""
    if outcome == _IGNORED:
        outcome = trials.as_counted(p.window.ignored)
        if outcome < 0:
            return
    window.add(m, w, p.window, outcome, now, admitted)
    if judging.asks(m, p, now, outcome):
        judge_window(m, w, log, p, now)


def _trial_result(m: Memory, w: Any, log: Any, p: Policies, now: int, outcome: int, admitted: int) -> None:
    if outcome == _IGNORED:
        outcome = trials.as_counted(p.trials.ignored)
        if outcome < 0:
            if not p.trials.keeps_slots:
                trials.give_back(m, p.trials)
            return
    if p.window.cleared_on & (1 << OPEN) == 0 and not p.window.verdicts_only:
        window.add(m, w, p.window, outcome, now, admitted)
    if p.trials.rearms and outcome & 1:
        trials.take_slot(m, p, now)
    reason = trials.complete(m, p, outcome)
    if reason == 0 and p.trials.verdict == TrialsVerdict.TRIP_RULES:
        judge_window(m, w, log, p, now)
    elif reason:
        _end_trials(m, w, log, p, now, outcome, reason)


def _end_trials(m: Memory, w: Any, log: Any, p: Policies, now: int, outcome: int, reason: int) -> None:
    """Do what the trials decided; after a late one, the breaker may have closed or opened already."""
    if reason == _TRIALS_PASSED:
        if m.state == CLOSED:
            trials.begin(m)
            return
        _transition(m, w, log, p, CLOSED, reason, now)
        if p.window.verdicts_only:
            window.add(m, w, p.window, 0, now, now)
        elif p.window.keeps_trials:
            for _ in range(p.trials.successes):
                window.add(m, w, p.window, 0, now, now)
        elif p.window.keeps_closing_result:
            window.add(m, w, p.window, outcome, now, now)
    elif m.state == OPEN:
        _wait_anew(m, p, now)
    else:
        if p.window.verdicts_only:
            window.add(m, w, p.window, 1, now, now)
        _transition(m, w, log, p, OPEN, reason, now)


def _open_result(m: Memory, w: Any, log: Any, p: Policies, now: int, outcome: int, admitted: int) -> None:
    if outcome == _IGNORED:
        outcome = trials.as_counted(p.window.ignored)
        if outcome < 0:
            return
    if p.late.counts_while_open or (p.late.success_counts and outcome & 1 == 0):
        window.add(m, w, p.window, outcome, now, admitted)
    if judging.asks(m, p, now, outcome) and p.late.failure_judged:
        judge_window(m, w, log, p, now)
    if outcome & 1:
        m.failed_at = now
        if p.wait.from_last_error:
            m.wait_from = window.last_error(m, w, p.window)
        if p.late.failure_extends:
            m.wait_from = wait.beginning(m, p.wait, now)
    elif p.late.success_closes:
        _transition(m, w, log, p, CLOSED, _TRIALS_PASSED, now)
        if p.window.keeps_closing_result:
            window.add(m, w, p.window, outcome, now, now)


def judge_arrival(m: Memory, w: Any, log: Any, p: Policies, now: int) -> None:
    """Ask the trip rules for a call that arrives, unless the window holds what they were content with."""
    if m.judged == 0 or now >= m.turns:
        judge_window(m, w, log, p, now)
        m.judged = (
            m.state == CLOSED and p.window.kind == WindowKind.GRID and now - m.started >= p.trip.warm_up
        )


def judge_window(m: Memory, w: Any, log: Any, p: Policies, now: int) -> None:
    """Ask the trip rules, and open where they say so."""
    if now - m.started < p.trip.warm_up:
        return
    reason = judging.answer(m, w, p, now)
    if reason == 0:
        return
    if m.state != OPEN:
        _transition(m, w, log, p, OPEN, reason, now)
    elif p.late.failure_extends or p.late.failure_judged:
        _wait_anew(m, p, now)


def _wait_anew(m: Memory, p: Policies, now: int) -> None:
    """Open what is open already."""
    m.wait_from = wait.beginning(m, p.wait, now)
    trials.begin(m)


def _leave_open(m: Memory, w: Any, log: Any, p: Policies, now: int) -> bool:
    forgiven = 0 <= p.wait.closes_after <= now - m.failed_at
    reason = _WAIT_OVER if forgiven else reset_reason(m, p.wait, now)
    if reason:
        target = CLOSED if forgiven or p.wait.skips_trials else HALF_OPEN
        _transition(m, w, log, p, target, reason, now)
    return reason != 0


def _fire(m: Memory, w: Any, log: Any, p: Policies, due: int) -> None:
    if p.throttle.kind == ThrottleKind.PID:
        pid.update(m, w, p.throttle, due)
        throttle.name_share(m, log, due)
    elif m.state == HALF_OPEN:
        target = CLOSED if p.trials.limit_closes else OPEN
        _transition(m, w, log, p, target, _HALF_OPEN_TIMEOUT, due)
    elif m.state == OPEN:
        target = CLOSED if p.wait.skips_trials else HALF_OPEN
        _transition(m, w, log, p, target, _WAIT_OVER, due)
    elif p.wait.sweep:
        m.tick += p.wait.sweep
        m.attempt = max(0, m.attempt - 1)
        if p.trip.forgiven:
            m.run = m.strikes = 0
    else:
        m.tick += p.trip.period
        judge_window(m, w, log, p, due)


def _transition(m: Memory, w: Any, log: Any, p: Policies, target: int, reason: int, now: int) -> None:
    row = ledger.write(m, w, log, p.window, target, reason, now)
    m.state = target
    m.since = now
    m.generation += 1
    if p.window.cleared_on & (1 << target):
        window.clear(m, w, p.window, now)
    trials.begin(m)
    log[row + 8] = -1
    if target == OPEN:
        wait.begin(m, p.wait, now)
        if p.wait.from_last_error:
            m.wait_from = window.last_error(m, w, p.window)
        log[row + 8] = m.wait
    elif target == CLOSED:
        if p.wait.sweep == 0:
            m.attempt = 0
        m.tick = now + p.trip.period if p.trip.period else max(m.tick, now + p.wait.sweep)
