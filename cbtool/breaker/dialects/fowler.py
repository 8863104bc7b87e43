"""The two breakers of Martin Fowler's article "CircuitBreaker" (2014), as its Ruby samples are written.

The first counts timeouts in a row and stays open until somebody resets it; the second tries again after a
reset timeout. Both compute their state from the count and the time of the last failure, so a success that
was still on its way closes them, and a failure begins the timeout anew.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cbtool.breaker.dialect import Dialect, Evidence
from cbtool.breaker.native import Setting, Unit
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
from cbtool.breaker.transition import State
from cbtool.breaker.wait import LONGEST

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from cbtool.breaker.config import BreakerConfig


def policies(config: BreakerConfig) -> Policies:
    """Return what the sample with the reset timeout makes of a configuration."""
    return Policies(
        window=WindowPolicy(WindowKind.RUN, cleared_on=1 << State.CLOSED),
        trip=TripPolicy(EvaluateOn.FAILURE, run=int(config.window_size)),
        wait=WaitPolicy(seconds=config.wait_duration_in_open_state, after_end=True),
        trials=TrialsPolicy(Admission.UNLIMITED),
        late=LatePolicy(LateResults.CURRENT_STATE, success_closes=True, failure_extends=True),
    )


def policies_without_reset(config: BreakerConfig) -> Policies:
    """Return what the first sample makes of a configuration."""
    return policies(config)._replace(wait=WaitPolicy(seconds=LONGEST))


def _read(values: Mapping[str, Any]) -> dict[str, Any]:
    return {"sliding_window_type": WindowType.CONSECUTIVE, **values}


_SETTINGS = (
    Setting("failure_threshold", "sliding_window_size", Unit.COUNT, 5),
    Setting(
        "invocation_timeout",
        None,
        Unit.SECONDS,
        0.01,
        meaning="the client's: longer calls end as timeouts, the only failures",
    ),
)
_SOURCE = "https://martinfowler.com/bliki/CircuitBreaker.html"
_NOTE = "Only timeouts are failures in the sample: write failure = ['timeout'] under [outcomes]."
DIALECTS = {
    "fowler": Dialect(
        name="fowler",
        title="Fowler's CircuitBreaker, first sample",
        evidence=Evidence.DOCUMENTED,
        source=_SOURCE,
        policies=policies_without_reset,
        settings=_SETTINGS,
        words=frozenset({"sliding_window_type"}),
        read=_read,
        note=f"It stays open until it is reset by hand. {_NOTE}",
    ),
    "fowler-reset-timeout": Dialect(
        name="fowler-reset-timeout",
        title="Fowler's CircuitBreaker, sample with a reset timeout",
        evidence=Evidence.DOCUMENTED,
        source=_SOURCE,
        policies=policies,
        settings=(*_SETTINGS, Setting("reset_timeout", "wait_duration_in_open_state", Unit.SECONDS, 0.1)),
        words=frozenset({"sliding_window_type"}),
        read=_read,
        note=f"Half-open lets every call through. {_NOTE}",
    ),
}
