# ruff: noqa: PLR0917  # runs compiled, too: arguments one by one, and no sets
"""What the machine's steps do where calls are refused at random.

`ATTEMPTS` is client-side throttling (Beyer et al., Site Reliability Engineering, 2016, "Handling Overload"):
max(0, (attempts − K · accepted) ÷ (attempts + 1)). `SUCCESSES` is Envoy's admission control
(admission_control.cc, thread_local_controller.cc): ((n − successes ÷ required) ÷ (n + 1)) ^ (1 ÷ aggression).
Both count in buckets of a second, of the window policy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cbtool.breaker import buckets, ledger
from cbtool.breaker.adaptive import pid
from cbtool.breaker.adaptive.policy import ThrottleKind
from cbtool.breaker.policies import WindowKind
from cbtool.breaker.transition import Reason, State
from cbtool.breaker.wait import unit_random

if TYPE_CHECKING:
    from cbtool.breaker.adaptive.policy import ThrottlePolicy
    from cbtool.breaker.memory import Memory
    from cbtool.breaker.policies import Policies

_CLOSED, _OPEN, _HALF_OPEN = int(State.CLOSED), int(State.OPEN), int(State.HALF_OPEN)
_FAILURE_RATE, _TRIALS_PASSED = int(Reason.FAILURE_RATE), int(Reason.TRIALS_PASSED)
_IGNORED = 4  # Outcome.IGNORED
_SECOND = 1_000_000_000
_STEPS = 10_000.0  # Envoy draws whole ten-thousandths


def start(m: Memory, p: Policies, now: int) -> None:
    """Begin with nothing refused."""
    if p.throttle.kind == ThrottleKind.PID:
        pid.start(m, p.throttle, now)


def admits(m: Memory, w: Any, p: Policies, now: int) -> bool:
    """Return whether a call that arrives may start."""
    if p.throttle.kind == ThrottleKind.SUCCESSES and _rests(m, w, p.throttle.least_rate, now):
        return True
    m.draws += 1
    if p.throttle.kind == ThrottleKind.PID:
        return passes_at(m.refused, m.seed, m.draws)
    buckets.move_on(m, w, p.window, now)
    admitted = passes(p.throttle, m.seed, m.draws, m.calls, m.failures, m.slow)
    if p.throttle.kind == ThrottleKind.ATTEMPTS:
        buckets.count_call(m, w, p.window, 0, now)
    return admitted


def passes(p: ThrottlePolicy, seed: int, draw: int, calls: int, failures: int, accepted: int) -> bool:
    """Return whether a call is let through that finds so much counted; `draw` is the number of its draw."""
    if p.kind == ThrottleKind.ATTEMPTS:
        excess = calls - p.multiplier * accepted
        return excess <= 0.0 or unit_random(seed, draw) >= excess / (calls + 1)
    excess = calls - (calls - failures) / p.required
    if excess <= 0.0:
        return True
    share = excess / (calls + 1)
    if p.aggression > 1.0:
        share **= 1.0 / p.aggression
    return int(_STEPS * unit_random(seed, draw)) >= _STEPS * min(share, p.highest_share)


def passes_at(share: float, seed: int, draw: int) -> bool:
    """Return whether a call is let through while a controller refuses this share."""
    return share <= 0.0 or unit_random(seed, draw) >= share


def holds_until(m: Memory, w: Any, p: Policies) -> int:
    """Return until when nothing but events changes what the present buckets count; 0: unknown."""
    if p.window.kind == WindowKind.GRID:
        return m.turns
    if m.held == 0 or p.throttle.least_rate > 0:
        return 0
    until: int = min(w[m.at + 3] + p.window.width, w[buckets.CELLS * m.head + 3] + p.window.length)
    return until


def record(m: Memory, w: Any, p: Policies, now: int, outcome: int) -> None:
    """Count a result. What is ignored was still accepted, where that is what counts."""
    failed = outcome & 1
    if p.throttle.kind == ThrottleKind.ATTEMPTS:
        buckets.add(m, w, p.window, failed, 1 - failed, now, now)
    elif outcome != _IGNORED:
        if p.throttle.kind == ThrottleKind.PID:
            pid.record(w, p.throttle, failed, now)
        else:
            buckets.add(m, w, p.window, failed, 0, now, now)


def name_share(m: Memory, log: Any, now: int) -> None:
    """Call a controller that refuses nothing closed, one that refuses everything open, others half-open."""
    target = _OPEN if m.refused >= 1.0 else _HALF_OPEN
    if m.refused <= 0.0:
        target = _CLOSED
    if target == m.state:
        return
    eased = target == _CLOSED or m.state == _OPEN
    row = ledger.open_row(m, log, target, _TRIALS_PASSED if eased else _FAILURE_RATE, now)
    log[row + 4], log[row + 5], log[row + 6], log[row + 7], log[row + 8] = m.calls, m.failures, 0, 0, -1
    m.state = target
    m.since = now


def _rests(m: Memory, w: Any, least: int, now: int) -> bool:
    """Return whether whole calls a second since the oldest bucket began are under `least`."""
    if least <= 0:
        return False
    if m.held == 0 or m.calls == 0:
        return True
    seconds: int = (now - w[buckets.CELLS * m.head + 3]) // _SECOND
    return m.calls < least * max(1, seconds)
