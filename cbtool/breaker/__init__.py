"""The circuit breaker: one pure state machine, small policies, the clock as an argument.

Read `steps.py` first: it is the specification. `config.py` holds what a user sets; `policies.py` is the
catalogue of what libraries differ in, and `window.py`, `buckets.py`, `trip.py`, `wait.py`, `trials.py` and
`late.py` are those policies at work. `dialects/` says which library chooses what.
"""

from cbtool.breaker.config import BreakerConfig
from cbtool.breaker.describe import describe
from cbtool.breaker.dialect import Dialect, Evidence
from cbtool.breaker.dialects import dialect_named
from cbtool.breaker.dialects.ours import DEFAULT
from cbtool.breaker.machine import CircuitBreaker, Permit
from cbtool.breaker.outcome import Outcome, Verdict
from cbtool.breaker.parts import HealthCheck, ResetBy, WhenOpen, WhenOpenAction, WindowType
from cbtool.breaker.transition import Reason, State, StateTransition
from cbtool.breaker.window import Snapshot

__all__ = [
    "DEFAULT",
    "BreakerConfig",
    "CircuitBreaker",
    "Dialect",
    "Evidence",
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
    "dialect_named",
]
