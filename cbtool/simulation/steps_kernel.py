# ruff: noqa: PLR0917  # compiled code takes arrays one by one, and no keywords
"""The state machine itself, compiled: the functions of `cbtool.breaker.steps`, event by event.

It knows every dialect. The faster kernel of stretches (`kernel.py`) knows our own semantics and its kin.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numba.extending import register_jitable

from cbtool.breaker import Outcome, buckets, late, shortcuts, steps, window
from cbtool.breaker import memory as fields
from cbtool.breaker import policies as variants
from cbtool.breaker import window_policy as window_variants
from cbtool.breaker.memory import LOG_COLUMNS
from cbtool.breaker.policies import EvaluateOn, LeaveOpen, ResetRule
from cbtool.simulation import compiled_rules, kernel
from cbtool.simulation.compiled_rules import RULES, unowned
from cbtool.simulation.jit import compiled
from cbtool.simulation.kernel import first_after, first_completion_after

if TYPE_CHECKING:
    from numpy.typing import NDArray

IGNORED = int(Outcome.IGNORED)

typed: Any = np.int64


@compiled(*RULES, fields, variants, window_variants, compiled_rules, kernel)
def run_steps(  # noqa: C901, PLR0912, PLR0915  # the loop over events of `readable.py`
    start_ns: NDArray[Any],
    call_of: NDArray[Any],
    end_ns: NDArray[Any],
    started: NDArray[Any],
    settled: NDArray[Any],
    outcomes: NDArray[Any],
    memory: NDArray[Any],
    store_at: NDArray[Any],
    log_at: NDArray[Any],
    policies: NDArray[Any],
    run_end_ns: int,
    permitted: NDArray[Any],
    before: NDArray[Any],
    after: NDArray[Any],
    admitted_in: NDArray[Any],
    counted: NDArray[Any],
) -> Any:
    """Run one breaker over its traffic; the arrays are those of `Traffic`.

    Args:
        start_ns: int64, by call.
        call_of: int32, by completion.
        end_ns: int64, by completion.
        started: int32, by completion.
        settled: int32, by call.
        outcomes: uint8, by completion: an `Outcome`.
        memory: one `RECORD`, with its seed and epoch.
        store_at: int64: the window's.
        log_at: int64: room for the transitions of one step. The caller keeps this and the store alive.
        policies: one record, see `packed`.
        run_end_ns: until when the breaker is watched.
        permitted: uint8, by call, zeros: filled in.
        before: as `permitted`: the state as each call arrives; may be empty.
        after: as `before`: the state after its result or its refusal.
        admitted_in: uint8, by call, zeros: room for the states that admitted them; may be empty where late
            results are not judged by those.
        counted: uint8, by completion, zeros: filled in: 1 where a closed breaker counted the result; may be
            empty.

    Returns:
        The log of transitions, int64, `LOG_COLUMNS` wide, flat.
    """
    m = memory[0]
    p = policies[0]
    store = unowned(store_at.ctypes.data, len(store_at))
    log = unowned(log_at.ctypes.data, len(log_at))
    n = len(start_ns)
    tracing, remembers, counting = len(before) > 0, len(admitted_in) > 0, len(counted) > 0
    told = np.empty(64 * LOG_COLUMNS, np.int64)
    used = 0
    call = done = typed(0)
    # The permits' generations, without keeping them: every transition starts a new one, so those of the
    # present one are the calls from `first` on.
    first = typed(0)
    generation = m.generation
    calm = shortcuts.by_state(p)
    starts = shortcuts.starts_count(p)
    timed = p.trip.on == EvaluateOn.TIMER or p.wait.sweep > 0
    waits = calm and p.wait.reset == ResetRule.WAIT and p.wait.closes_after < 0
    by_timer = p.wait.leave == LeaveOpen.TIMER
    steps.start(m, store, p, typed(0))
    while call < n or done < n:
        if calm and m.state == steps.CLOSED and (starts or timed):
            # Event by event, but with no more than what a closed breaker asks at each.
            starting = call < n and (done == n or started[done] > call)
            now = start_ns[call] if starting else end_ns[done]
            if timed and m.tick <= now:
                while not steps.advance(m, store, log, p, now):
                    told, used = _tell(m, log, told, used)
            if p.window.tumbles:
                buckets.turn(m, store, p.window, now)
            if starting and p.trip.on == EvaluateOn.ADMISSION and m.state == steps.CLOSED:
                steps.judge_window(m, store, log, p, now)
                if m.state != steps.CLOSED:  # refuses the very call that asked
                    permitted[call] = steps.acquire(m, store, log, p, now)
                    if remembers:
                        admitted_in[call] = m.state
                    if tracing:
                        before[call], after[call] = steps.CLOSED, m.state
                    first, generation = call, m.generation
                    call += 1
            if m.generation != generation:
                first, generation = call, m.generation
            if m.logged:
                told, used = _tell(m, log, told, used)
            if m.state != steps.CLOSED:
                continue
            if starting:
                window.admitted(m, store, p.window, now)
                permitted[call] = 1
                call += 1
                continue
            ended = call_of[done]
            if permitted[ended]:
                outcome = typed(outcomes[done])
                given = typed(admitted_in[ended]) if remembers else typed(0)
                own = m.generation if ended >= first else m.generation - 1
                if counting:
                    judge = late.judging_state(m, p.late, own, given)
                    counted[done] = judge == steps.CLOSED and outcome != IGNORED
                if ended >= first:
                    steps.closed_result(m, store, log, p, now, outcome, start_ns[ended])
                else:
                    steps.record(m, store, log, p, now, outcome, own, given, start_ns[ended])
                if tracing:
                    after[ended] = m.state
            done += 1
        elif calm and m.state == steps.CLOSED:
            while done < n:
                ended = call_of[done]
                if ended >= first or permitted[ended]:
                    outcome = typed(outcomes[done])
                    if ended >= first:
                        steps.closed_result(m, store, log, p, end_ns[done], outcome, start_ns[ended])
                        if counting:
                            counted[done] = outcome != IGNORED
                    else:
                        given = typed(admitted_in[ended]) if remembers else typed(0)
                        older = m.generation - 1
                        if counting:
                            judge = late.judging_state(m, p.late, older, given)
                            counted[done] = judge == steps.CLOSED and outcome != IGNORED
                        steps.record(m, store, log, p, end_ns[done], outcome, older, given, start_ns[ended])
                    if tracing:
                        after[ended] = m.state
                    if m.logged:
                        break
                done += 1
            until = started[done] if done < n else n
            permitted[call:until] = 1
            call = max(call, typed(until))
            done += 1
        elif (
            waits
            and m.state == steps.OPEN
            and ((call == n and not by_timer) or (call < n and start_ns[call] - m.wait_from < m.wait))
        ):
            if call < n and done >= settled[first] and not window.refusals_count(p.window):
                # Every call that was let through has ended: nothing happens before the wait is over.
                over = first_after(start_ns, call, m.wait_from + m.wait, typed(0))
                if tracing:
                    before[call:over] = steps.OPEN
                    after[call:over] = steps.OPEN
                call = over
                done = first_completion_after(started, done, call) if call < n else typed(n)
            elif done < n and (call == n or started[done] <= call):
                ended = call_of[done]
                if permitted[ended]:
                    given = typed(admitted_in[ended]) if remembers else typed(0)
                    steps.record(
                        m,
                        store,
                        log,
                        p,
                        end_ns[done],
                        typed(outcomes[done]),
                        m.generation - 1,
                        given,
                        start_ns[ended],
                    )
                    if tracing:
                        after[ended] = m.state
                done += 1
            else:
                window.refused(m, store, p.window, start_ns[call])
                if tracing:
                    before[call] = after[call] = steps.OPEN
                call += 1
        elif done < n and (call == n or started[done] <= call):
            ended = call_of[done]
            if permitted[ended]:
                now = end_ns[done]
                while not steps.advance(m, store, log, p, now):
                    told, used = _tell(m, log, told, used)
                if m.generation != generation:
                    first, generation = call, m.generation
                given = typed(admitted_in[ended]) if remembers else typed(0)
                own = m.generation if ended >= first else m.generation - 1
                outcome = typed(outcomes[done])
                if counting:
                    judge = late.judging_state(m, p.late, own, given)
                    closed = judge == steps.CLOSED and m.state == steps.CLOSED
                    counted[done] = closed and outcome != IGNORED
                steps.record(m, store, log, p, now, outcome, own, given, start_ns[ended])
                if tracing:
                    after[ended] = m.state
            done += 1
        else:
            now = start_ns[call]
            while not steps.advance(m, store, log, p, now):
                told, used = _tell(m, log, told, used)
            if tracing:
                before[call] = m.state
            if steps.acquire(m, store, log, p, now):
                permitted[call] = 1
                if remembers:
                    admitted_in[call] = m.state
            elif tracing:
                after[call] = m.state
            if m.generation != generation:
                first, generation = call, m.generation
            call += 1
        if m.generation != generation:
            first, generation = call, m.generation
        if m.logged:
            told, used = _tell(m, log, told, used)
    while not steps.advance(m, store, log, p, run_end_ns):
        told, used = _tell(m, log, told, used)
    told, used = _tell(m, log, told, used)
    return told[:used]


@register_jitable
def _tell(m: Any, log: Any, told: Any, used: int) -> Any:
    """Move the log of the latest steps to what the run tells."""
    rows = m.logged * LOG_COLUMNS
    m.logged = 0
    if used + rows > len(told):
        larger = np.empty(2 * len(told), np.int64)
        for at in range(used):
            larger[at] = told[at]
        told = larger
    for at in range(rows):
        told[used + at] = log[at]
    return told, used + rows
