"""Spring Cloud CircuitBreaker over Spring Framework's retries (its CircuitBreakerRetryPolicy.java).

One failed run, retries included, opens it. A call to an open breaker closes it where the last failure is
`resetTimeout` ago, and makes it half-open where it opened `openTimeout` ago. With the defaults, 5 s and 20 s,
half-open is reached only where late failures keep coming.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cbtool.breaker.dialect import Dialect, Evidence
from cbtool.breaker.native import Setting, Unit, seconds_of
from cbtool.breaker.parts import WindowType
from cbtool.breaker.policies import (
    Admission,
    EvaluateOn,
    LatePolicy,
    LateResults,
    Policies,
    TrialsPolicy,
    TripPolicy,
    WaitPolicy,
    WindowKind,
    WindowPolicy,
)
from cbtool.units import to_ns

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from cbtool.breaker.config import BreakerConfig


def policies(config: BreakerConfig) -> Policies:
    """Return what Spring makes of a configuration."""
    return Policies(
        window=WindowPolicy(WindowKind.RUN),
        trip=TripPolicy(EvaluateOn.FAILURE, run=1),
        wait=WaitPolicy(
            seconds=config.wait_duration_in_open_state,
            closes_after=to_ns(seconds_of(config.option("resetTimeout"))),
        ),
        trials=TrialsPolicy(Admission.UNLIMITED),
        late=LatePolicy(LateResults.CURRENT_STATE),
    )


def _read(values: Mapping[str, Any]) -> dict[str, Any]:
    return {"sliding_window_type": WindowType.CONSECUTIVE, "sliding_window_size": 1, **values}


DIALECTS = {
    "spring-framework-retry": Dialect(
        name="spring-framework-retry",
        title="Spring Cloud CircuitBreaker 5, framework retry",
        evidence=Evidence.FROM_SOURCE,
        source="https://github.com/spring-cloud/spring-cloud-circuitbreaker",
        policies=policies,
        settings=(
            Setting("openTimeout", "wait_duration_in_open_state", Unit.DURATION, "20s", 0),
            Setting("resetTimeout", None, Unit.DURATION, "5s", 0),
        ),
        words=frozenset({"sliding_window_type", "sliding_window_size"}),
        read=_read,
        note="A call here is a run with all its retries: count those as one in the log.",
    )
}
