"""pybreaker, recorded from 1.4.1 (src/pybreaker/__init__.py).

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


def policies(config: BreakerConfig) -> Policies:
    """Return what pybreaker makes of a configuration."""
    return Policies(
        window=WindowPolicy(WindowKind.RUN, cleared_on=1 << State.CLOSED, ignored=Ignored.SUCCESS),
        trip=TripPolicy(EvaluateOn.FAILURE, run=max(1, int(config.window_size))),
        wait=WaitPolicy(seconds=config.wait_duration_in_open_state),
        trials=TrialsPolicy(
            Admission.UNLIMITED,
            successes=max(1, config.permitted_number_of_calls_in_half_open_state),
            ignored=Ignored.SUCCESS,
        ),
        late=LatePolicy(LateResults.ADMITTING_STATE, failure_extends=True),
    )


def _read(values: Mapping[str, Any]) -> dict[str, Any]:
    return {"sliding_window_type": WindowType.CONSECUTIVE, **values}


DIALECTS = {
    "pybreaker": Dialect(
        name="pybreaker",
        title="pybreaker 1.4.1",
        evidence=Evidence.RECORDED,
        source="https://github.com/danielfm/pybreaker",
        policies=policies,
        settings=(
            Setting("fail_max", "sliding_window_size", Unit.COUNT, 5),
            Setting("reset_timeout", "wait_duration_in_open_state", Unit.SECONDS, 60),
            Setting("success_threshold", "permitted_number_of_calls_in_half_open_state", Unit.COUNT, 1),
            Setting("throw_new_error_on_trip", None, Unit.FLAG, True),
        ),
        words=frozenset({"sliding_window_type"}),
        read=_read,
        note="Calls overlap as generators and coroutines do; plain calls from several threads wait for each "
        "other. An excluded exception is a success.",
    )
}
