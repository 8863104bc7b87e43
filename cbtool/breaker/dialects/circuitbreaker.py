"""circuitbreaker, recorded from 2.1.3 (circuitbreaker.py).

It stores closed and open alone: half-open is an open circuit whose wait is over.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cbtool.breaker.dialect import Dialect, Evidence
from cbtool.breaker.native import Setting, Unit
from cbtool.breaker.parts import WindowType
from cbtool.breaker.policies import (
    Admission,
    EvaluateOn,
    Ignored,
    LatePolicy,
    LateResults,
    Policies,
    TrialsPolicy,
    TripPolicy,
    WaitPolicy,
    WindowKind,
    WindowPolicy,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from cbtool.breaker.config import BreakerConfig

_FAILURES = 5
_TIMEOUT = 30


def policies(config: BreakerConfig) -> Policies:
    """Return what circuitbreaker makes of a configuration."""
    return Policies(
        window=WindowPolicy(WindowKind.RUN, ignored=Ignored.SUCCESS),
        trip=TripPolicy(EvaluateOn.FAILURE, run=max(1, int(config.window_size))),
        wait=WaitPolicy(seconds=config.wait_duration_in_open_state),
        trials=TrialsPolicy(Admission.UNLIMITED, ignored=Ignored.SUCCESS),
        late=LatePolicy(LateResults.CURRENT_STATE, success_closes=True, failure_extends=True),
    )


def _read(values: Mapping[str, Any]) -> dict[str, Any]:
    words = {name: value for name, value in values.items() if value}  # what is 0 is the default
    words["sliding_window_type"] = WindowType.CONSECUTIVE
    return words


DIALECTS = {
    "circuitbreaker": Dialect(
        name="circuitbreaker",
        title="circuitbreaker 2.1.3",
        evidence=Evidence.RECORDED,
        source="https://github.com/fabfuel/circuitbreaker",
        policies=policies,
        settings=(
            Setting("failure_threshold", "sliding_window_size", Unit.COUNT, _FAILURES),
            Setting("recovery_timeout", "wait_duration_in_open_state", Unit.SECONDS, _TIMEOUT),
        ),
        words=frozenset({"sliding_window_type"}),
        read=_read,
        note="Any success closes, however late, and an exception that is not the expected one is a success.",
    )
}
