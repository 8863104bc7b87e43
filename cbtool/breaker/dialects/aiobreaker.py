"""aiobreaker, recorded from 1.2.0 (aiobreaker/circuitbreaker.py, state.py).

A call keeps the state object that admitted it, which judges its result whatever the breaker has become.
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
from cbtool.breaker.transition import State

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from cbtool.breaker.config import BreakerConfig

_TIMEOUT = 60


def policies(config: BreakerConfig) -> Policies:
    """Return what aiobreaker makes of a configuration."""
    return Policies(
        window=WindowPolicy(WindowKind.RUN, cleared_on=1 << State.CLOSED, ignored=Ignored.SUCCESS),
        trip=TripPolicy(EvaluateOn.FAILURE, run=max(1, int(config.window_size))),
        wait=WaitPolicy(seconds=config.wait_duration_in_open_state),
        trials=TrialsPolicy(Admission.UNLIMITED, ignored=Ignored.SUCCESS),
        late=LatePolicy(LateResults.ADMITTING_STATE, failure_extends=True),
    )


def _read(values: Mapping[str, Any]) -> dict[str, Any]:
    words = {"sliding_window_type": WindowType.CONSECUTIVE, **values}
    if not words.get("timeout_duration"):  # none at all is a minute
        words["timeout_duration"] = _TIMEOUT
    return words


DIALECTS = {
    "aiobreaker": Dialect(
        name="aiobreaker",
        title="aiobreaker 1.2.0",
        evidence=Evidence.RECORDED,
        source="https://github.com/arlyon/aiobreaker",
        policies=policies,
        settings=(
            Setting("fail_max", "sliding_window_size", Unit.COUNT, 5),
            Setting("timeout_duration", "wait_duration_in_open_state", Unit.SECONDS, _TIMEOUT),
        ),
        words=frozenset({"sliding_window_type"}),
        read=_read,
        note="Half-open admits every call; the first result decides. An excluded exception is a success.",
    )
}
