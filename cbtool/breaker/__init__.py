"""The circuit breaker: one pure state machine, small policies, the clock as an argument.

Read `machine.py` first: it is the specification. `config.py` holds what a user sets, `dialect.py` what
a library fixes; `window.py`, `trip.py`, `wait.py`, `trials.py` and `late.py` are the policies.
"""

from cbtool.breaker.config import BreakerConfig, HealthCheck, ResetBy, WhenOpen, WhenOpenAction, WindowType
from cbtool.breaker.describe import describe
from cbtool.breaker.dialect import DEFAULT, Dialect
from cbtool.breaker.machine import CircuitBreaker, Permit
from cbtool.breaker.outcome import Outcome, Verdict
from cbtool.breaker.transition import Reason, State, StateTransition
from cbtool.breaker.window import Snapshot

__all__ = [
    "DEFAULT",
    "BreakerConfig",
    "CircuitBreaker",
    "Dialect",
    "HealthCheck",
    "Outcome",
    "Permit",
    "Reason",
    "ResetBy",
    "Snapshot",
    "State",
    "StateTransition",
    "Verdict",
    "WhenOpen",
    "WhenOpenAction",
    "WindowType",
    "describe",
]
