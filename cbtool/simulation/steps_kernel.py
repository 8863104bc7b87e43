# ruff: noqa: PLR0917  # compiled code takes arrays one by one, and no keywords
"""The state machine itself, compiled: the functions of `cbtool.breaker.steps`, event by event.

It knows every dialect. The faster kernel of stretches (`kernel.py`) knows our own semantics and its kin.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from cbtool.breaker import Outcome, buckets, late, ledger, shortcuts, steps, timers, window
from cbtool.breaker import memory as fields
from cbtool.breaker import policies as variants
from cbtool.breaker import window_policy as window_variants
from cbtool.breaker.policies import EvaluateOn, LeaveOpen, ResetRule
from cbtool.jit import compiled
from cbtool.simulation import bulk_kernel, compiled_rules, kernel
from cbtool.simulation.compiled_rules import RULES, unowned
from cbtool.simulation.kernel import first_after, first_completion_after

if TYPE_CHECKING:
    from numpy.typing import NDArray

IGNORED = int(Outcome.IGNORED)

typed: Any = np.int64


@compiled(*RULES, fields, variants, window_variants, bulk_kernel, compiled_rules, kernel)
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
    position: NDArray[Any],
) -> Any:
    """Run one breaker over its traffic until its log is full; the arrays are those of `Traffic`.

    Args:
        start_ns: int64, by call.
        call_of: int32, by completion; of a section, those that come before the last call's start.
        end_ns: int64, by completion.
        started: int32, by completion.
        settled: int32, by call.
        outcomes: uint8, by completion: an `Outcome`.
        memory: one `RECORD`, with its seed and epoch.
        store_at: int64: the window's.
        log_at: int64: room for its transitions. The caller keeps this and the store alive.
        policies: one record, see `packed`.
        run_end_ns: until when the breaker is watched; −1 where the run goes on.
        permitted: uint8, by call, zeros: filled in.
        before: as `permitted`: the state as each call arrives; may be empty.
        after: as `before`: the state after its result or its refusal.
        admitted_in: uint8, by call, zeros: room for the states that admitted them; may be empty where late
            results are not judged by those.
        counted: uint8, by completion, zeros: filled in: 1 where a closed breaker counted the result; may be
            empty.
        position: int64, 5 zeros at first: where to go on.

    Returns:
        Whether that is all. Otherwise somebody must read the log and empty it before going on.
    """
    m = memory[0]
    p = policies[0]
    store = unowned(store_at.ctypes.data, len(store_at))
    log = unowned(log_at.ctypes.data, len(log_at))
    n, due = len(start_ns), len(call_of)
    tracing, remembers, counting = len(before) > 0, len(admitted_in) > 0, len(counted) > 0
    call, done = position[0], position[1]
    # The permits' generations, without keeping them: every transition starts a new one, so those of the
    # present one are the calls from `first` on.
    first = position[2]
    latest = position[3]  # and all that were let through started before this one
    calm = shortcuts.by_state(p)
    starts = shortcuts.starts_count(p)
    whole = shortcuts.judges_whole_buckets(p)
    timed = p.trip.on == EvaluateOn.TIMER or p.wait.sweep > 0
    waits = calm and p.wait.reset == ResetRule.WAIT
    refusals = window.refusals_count(p.window)
    by_timer = p.wait.leave == LeaveOpen.TIMER
    bulk = calm and starts and bulk_kernel.applies(p)
    tried = typed(0)  # the bucket whose events go one by one: that which is over then
    if position[4] == 0:
        steps.start(m, store, p, typed(0))
        position[4] = 1
    generation = m.generation
    while call < n or done < due:
        if m.generation != generation:
            first, generation = call, m.generation
        if ledger.full(m, log):
            position[0], position[1], position[2], position[3] = call, done, first, latest
            return False
        if (
            bulk
            and m.state == steps.CLOSED
            and m.turns != tried
            and done >= settled[first]
            and (p.trip.capacity == 0 or (m.in_flight == call - done and m.in_flight < p.trip.capacity))
            and (call == n or start_ns[call] < m.turns)
            and (done == due or end_ns[done] < m.turns)
        ):
            until, over = bulk_kernel.while_closed(
                m, store, p, start_ns, end_ns, started, outcomes, call, done
            )
            if until == call and over == done:
                tried = m.turns
            permitted[call:until] = 1
            if counting:
                counted[done:over] = 1
            call, done = until, over
            latest = max(latest, call)
            continue
        quiet = (
            whole
            and m.judged == 1
            and ((call < n and start_ns[call] < m.turns) or (done < due and end_ns[done] < m.turns))
        )
        if calm and m.state == steps.CLOSED and starts and not quiet:
            # Event by event, but with no more than what a closed breaker asks at each.
            starting = call < n and (done == due or started[done] > call)
            now = start_ns[call] if starting else end_ns[done]
            if timed and timers.upcoming(m, p) <= now and not steps.advance(m, store, log, p, now):
                continue
            if p.window.tumbles:
                buckets.turn(m, store, p.window, now)
            if starting and p.trip.on == EvaluateOn.ADMISSION and m.state == steps.CLOSED:
                steps.judge_arrival(m, store, log, p, now)
                if m.state != steps.CLOSED:  # refuses the very call that asked
                    if steps.acquire(m, store, log, p, now):
                        permitted[call] = 1
                        latest = call + 1
                    if remembers:
                        admitted_in[call] = m.state
                    if tracing:
                        before[call], after[call] = steps.CLOSED, m.state
                    first, generation = call, m.generation
                    call += 1
            if m.generation != generation:
                first, generation = call, m.generation
            if m.state != steps.CLOSED:
                continue
            if starting:
                window.admitted(m, store, p.window, now)
                if p.trip.capacity and m.in_flight >= p.trip.capacity:
                    steps.overflow(m, store, log, p, now)
                    if tracing:
                        after[call] = m.state
                else:
                    if p.trip.capacity:
                        m.in_flight += 1
                    permitted[call] = 1
                    latest = call + 1
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
                    if p.trip.capacity:
                        m.in_flight -= 1
                    steps.closed_result(m, store, log, p, now, outcome, start_ns[ended])
                else:
                    steps.record(m, store, log, p, now, outcome, own, given, start_ns[ended])
                if tracing:
                    after[ended] = m.state
            done += 1
        elif calm and m.state == steps.CLOSED:
            # From result to result, up to the next timer or to what the next call must ask.
            tick = timers.upcoming(m, p) if timed else timers.FAR
            if quiet:
                tick = min(tick, m.turns)
            logged = m.logged
            while done < due and end_ns[done] < tick:
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
                    if m.logged != logged:
                        break
                done += 1
            until = typed(started[done]) if done < due else typed(n)
            if tick < timers.FAR and m.logged == logged:
                until = min(until, first_after(start_ns, call, tick, typed(0)))
            permitted[call:until] = 1
            call = latest = max(call, until)
            if m.logged != logged:
                done += 1
            elif call < n or done < due:
                steps.advance(m, store, log, p, tick)
        elif waits and (
            (call == n and m.state == steps.OPEN and not by_timer)
            or (call < n and start_ns[call] < shortcuts.refuses_until(m, p))
        ):
            if call < n and done >= settled[latest] and not refusals:
                # Every call that was let through has ended: nothing happens before the wait is over.
                over = first_after(start_ns, call, shortcuts.refuses_until(m, p), typed(0))
                if tracing:
                    before[call:over] = m.state
                    after[call:over] = m.state
                call = over
                done = first_completion_after(started, done, call) if call < n else typed(due)
            elif done < due and (call == n or started[done] <= call):
                ended = call_of[done]
                if permitted[ended]:
                    given = typed(admitted_in[ended]) if remembers else typed(0)
                    own = m.generation if ended >= first else m.generation - 1
                    outcome = typed(outcomes[done])
                    steps.record(m, store, log, p, end_ns[done], outcome, own, given, start_ns[ended])
                    if tracing:
                        after[ended] = m.state
                done += 1
            elif bulk and done >= settled[latest] and start_ns[call] < m.turns:
                over = bulk_kernel.while_refusing(m, store, p, start_ns, call, shortcuts.refuses_until(m, p))
                if tracing:
                    before[call:over] = m.state
                    after[call:over] = m.state
                call = over
                done = first_completion_after(started, done, call) if call < n else typed(due)
            else:
                if refusals:
                    window.refused(m, store, p.window, start_ns[call])
                if tracing:
                    before[call] = after[call] = m.state
                call += 1
        elif done < due and (call == n or started[done] <= call):
            ended = call_of[done]
            if permitted[ended]:
                now = end_ns[done]
                if not steps.advance(m, store, log, p, now):
                    continue
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
            if not steps.advance(m, store, log, p, now):
                continue
            if tracing:
                before[call] = m.state
            if steps.acquire(m, store, log, p, now):
                permitted[call] = 1
                latest = call + 1
                if remembers:
                    admitted_in[call] = m.state
            elif tracing:
                after[call] = m.state
            if m.generation != generation:
                first, generation = call, m.generation
            call += 1
    if m.generation != generation:
        first = call
    position[0], position[1], position[2], position[3] = call, done, first, latest
    return steps.advance(m, store, log, p, run_end_ns)
