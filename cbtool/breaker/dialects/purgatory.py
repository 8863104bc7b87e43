"""purgatory, recorded from 3.0.1 (src/purgatory/domain/model.py, service/_async/circuitbreaker.py)."""

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

_THRESHOLD, _TTL = "default_threshold", "default_ttl"


def policies(config: BreakerConfig) -> Policies:
    """Return what purgatory makes of a configuration."""
    return Policies(
        window=WindowPolicy(WindowKind.RUN, ignored=Ignored.SUCCESS),
        trip=TripPolicy(EvaluateOn.FAILURE, run=max(1, int(config.window_size))),
        wait=WaitPolicy(seconds=config.wait_duration_in_open_state, after_end=True),
        trials=TrialsPolicy(Admission.UNLIMITED, ignored=Ignored.SUCCESS),
        late=LatePolicy(LateResults.CURRENT_STATE),
    )


def _read(values: Mapping[str, Any]) -> dict[str, Any]:
    words = dict(values)
    # A circuit's own come before the factory's, unless they are 0.
    for own, factory_s in (("threshold", _THRESHOLD), ("ttl", _TTL)):
        value = words.pop(own, None)
        if value:
            words[factory_s] = value
    words["sliding_window_type"] = WindowType.CONSECUTIVE
    return words


DIALECTS = {
    "purgatory": Dialect(
        name="purgatory",
        title="purgatory 3.0.1",
        evidence=Evidence.RECORDED,
        source="https://github.com/mardiros/purgatory",
        policies=policies,
        settings=(
            Setting(_THRESHOLD, "sliding_window_size", Unit.COUNT, 5),
            Setting(_TTL, "wait_duration_in_open_state", Unit.SECONDS, 30),
        ),
        words=frozenset({"sliding_window_type"}),
        read=_read,
        note="A circuit's own threshold and ttl are read, too, and written as the factory's. Half-open "
        "admits every call; the first result decides. An excluded exception is a success.",
    )
}
