# ruff: noqa: PLR0917  # compiled code takes arrays one by one, and no keywords
"""Breakers that refuse a share, compiled: event by event, and no more than what `throttle` does at each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cbtool.breaker import memory as fields
from cbtool.breaker import policies as variants
from cbtool.breaker import steps
from cbtool.breaker import window_policy as window_variants
from cbtool.breaker.adaptive import throttle
from cbtool.breaker.adaptive.policy import ThrottleKind
from cbtool.jit import compiled
from cbtool.simulation import compiled_rules, kernel, steps_kernel
from cbtool.simulation.compiled_rules import RULES, unowned
from cbtool.simulation.steps_kernel import IGNORED, typed

if TYPE_CHECKING:
    from numpy.typing import NDArray


@compiled(*RULES, fields, variants, window_variants, compiled_rules, kernel, steps_kernel)
def run_throttle(  # noqa: C901, PLR0912, PLR0915  # the loop over events of `readable.py`
    start_ns: NDArray[Any],
    call_of: NDArray[Any],
    end_ns: NDArray[Any],
    started: NDArray[Any],
    outcomes: NDArray[Any],
    memory: NDArray[Any],
    store_at: NDArray[Any],
    log_at: NDArray[Any],
    policies: NDArray[Any],
    run_end_ns: int,
    permitted: NDArray[Any],
    before: NDArray[Any],
    after: NDArray[Any],
    counted: NDArray[Any],
    position: NDArray[Any],
) -> Any:
    """Run one breaker whose policies have a throttle; what it takes and returns is as in `run_steps`."""
    m = memory[0]
    p = policies[0]
    store = unowned(store_at.ctypes.data, len(store_at))
    log = unowned(log_at.ctypes.data, len(log_at))
    n, due = len(start_ns), len(call_of)
    tracing, counting = len(before) > 0, len(counted) > 0
    call, done = position[0], position[1]
    ticks = p.throttle.kind == ThrottleKind.PID
    attempts = p.throttle.kind == ThrottleKind.ATTEMPTS
    if position[4] == 0:
        steps.start(m, store, p, typed(0))
        position[4] = 1
    while call < n or done < due:
        starting = call < n and (done == due or started[done] > call)
        now = start_ns[call] if starting else end_ns[done]
        if ticks:
            if m.tick <= now and not steps.advance(m, store, log, p, now):
                position[0], position[1] = call, done
                return False
            # Where some are refused, what happens at the tick's own instant comes before it.
            ticks_ns = m.tick + (m.state == steps.HALF_OPEN and not p.trials.limit_by_timer)
            while call < n and start_ns[call] < ticks_ns:
                m.draws += 1
                permitted[call] = throttle.passes_at(m.refused, m.seed, m.draws)
                if tracing:
                    before[call] = after[call] = m.state
                call += 1
            while done < due and end_ns[done] < ticks_ns:
                ended = call_of[done]
                if permitted[ended]:
                    outcome = typed(outcomes[done])
                    throttle.record(m, store, p, end_ns[done], outcome)
                    if counting:
                        counted[done] = m.state == steps.CLOSED and outcome != IGNORED
                    if tracing:
                        after[ended] = m.state
                done += 1
            continue
        until_ns = throttle.holds_until(m, store, p)
        if now < until_ns:
            # What is counted, in registers; these breakers are always closed.
            calls, failures, accepted, draws = m.calls, m.failures, m.slow, m.draws
            while True:
                starting = call < n and (done == due or started[done] > call)
                if starting:
                    if start_ns[call] >= until_ns:
                        break
                    draws += 1
                    permitted[call] = throttle.passes(p.throttle, m.seed, draws, calls, failures, accepted)
                    calls += attempts
                    call += 1
                    continue
                if done == due or end_ns[done] >= until_ns:
                    break
                outcome = typed(outcomes[done])
                judged = typed(permitted[call_of[done]]) * (outcome != IGNORED)
                failed = judged * (outcome & 1)
                failures += failed
                if attempts:
                    accepted += typed(permitted[call_of[done]]) - failed
                else:
                    calls += judged
                if counting:
                    counted[done] = judged
                done += 1
            store[m.at] += calls - m.calls
            store[m.at + 1] += failures - m.failures
            store[m.at + 2] += accepted - m.slow
            m.calls, m.failures, m.slow, m.draws = calls, failures, accepted, draws
        elif starting:
            permitted[call] = throttle.admits(m, store, p, now)
            call += 1
        else:
            outcome = typed(outcomes[done])
            if permitted[call_of[done]]:
                throttle.record(m, store, p, now, outcome)
                if counting:
                    counted[done] = outcome != IGNORED
            done += 1
    position[0], position[1] = call, done
    return steps.advance(m, store, log, p, run_end_ns)
