"""Alibaba Sentinel's degrade rules, from sentinel-core's slots.block.degrade and LeapArray.java.

A rule has one of three grades: the share of slow calls, the share of errors, or the number of errors. Which
one a configuration means is told by its words: a slow-call duration makes the first, an error count the last.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from cbtool.breaker.checks import require
from cbtool.breaker.dialect import Dialect, Evidence
from cbtool.breaker.native import Setting, Unit, percent_of, share_of
from cbtool.breaker.parts import WindowType
from cbtool.breaker.policies import (
    OFF,
    Anchor,
    Ignored,
    LatePolicy,
    LateResults,
    Measure,
    Policies,
    TrialsPolicy,
    TripPolicy,
    WaitPolicy,
    WindowKind,
    WindowPolicy,
)
from cbtool.breaker.transition import State
from cbtool.units import to_ns

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from cbtool.breaker.config import BreakerConfig

_SLOW, _SHARE, _COUNT = 0, 1, 2
_FAILED_BIT, _SLOW_BIT = 1, 2


def _grade(config: BreakerConfig) -> int:
    if config.slow_call_duration_threshold is not None:
        return _SLOW
    return _COUNT if config.error_count_threshold is not None else _SHARE


def policies(config: BreakerConfig) -> Policies:
    """Return what Sentinel makes of a rule."""
    grade = _grade(config)
    slow_share = share_of(config.slow_call_rate_threshold)
    return Policies(
        # One bucket on the epoch's grid: it starts from nothing at each boundary.
        window=WindowPolicy(
            WindowKind.GRID,
            width=to_ns(config.window_size),
            anchor=Anchor.EPOCH,
            cleared_on=1 << State.CLOSED,
            ignored=Ignored.SUCCESS,
        ),
        trip=TripPolicy(
            errors=(config.error_count_threshold or 0) if grade == _COUNT else 0,
            gates_count=True,
            failure_rate=share_of(config.failure_rate_threshold) if grade == _SHARE else OFF,
            failure_above=True,
            slow_rate=slow_share if grade == _SLOW else OFF,
            slow_above=slow_share < 1.0,  # all slow reaches a threshold of all
            measure=Measure.SHARE,
            minimum_calls=config.minimum_calls,
        ),
        wait=WaitPolicy(seconds=config.wait_duration_in_open_state),
        trials=TrialsPolicy(
            bad=_SLOW_BIT if grade == _SLOW else _FAILED_BIT,
            ignored=Ignored.SUCCESS,
        ),
        late=LatePolicy(LateResults.CURRENT_STATE, counts_while_open=True),
    )


def _read(values: Mapping[str, Any]) -> dict[str, Any]:
    rest = {name: value for name, value in values.items() if name not in {"grade", "count"}}
    grade, count = values.get("grade", _SLOW), values.get("count", 0)
    require(
        grade in {_SLOW, _SHARE, _COUNT}, "grade", "must be 0 (slow calls), 1 (share) or 2 (count)", grade
    )
    require(count >= 0, "count", "must not be negative", count)
    rest["sliding_window_type"] = WindowType.TIME
    if grade == _SLOW:
        return rest | {"slow_call_duration_threshold": math.floor(count + 0.5) / 1000.0}
    rest.pop("slowRatioThreshold", None)
    if grade == _COUNT:  # tripped by more than `count`
        return rest | {"error_count_threshold": math.floor(count) + 1}
    require(count <= 1, "count", "must be a share from 0 to 1 for grade 1", count)
    return rest | {"failure_rate_threshold": percent_of(count)}


def _write(config: BreakerConfig) -> dict[str, Any]:
    grade = _grade(config)
    if grade == _SLOW:
        return {"grade": grade, "count": round((config.slow_call_duration_threshold or 0) * 1000)}
    if grade == _COUNT:
        return {"grade": grade, "count": (config.error_count_threshold or 1) - 1}
    return {"grade": grade, "count": share_of(config.failure_rate_threshold)}


DIALECTS = {
    "sentinel": Dialect(
        name="sentinel",
        title="Alibaba Sentinel 1.8.8",
        evidence=Evidence.RECORDED,
        source="https://github.com/alibaba/Sentinel",
        policies=policies,
        settings=(
            Setting("slowRatioThreshold", "slow_call_rate_threshold", Unit.SHARE, 1.0, 0, 1),
            Setting("timeWindow", "wait_duration_in_open_state", Unit.COUNT, 1, 0, above=True),
            Setting("minRequestAmount", "minimum_number_of_calls", Unit.COUNT, 5, 0, above=True),
            Setting("statIntervalMs", "sliding_window_size", Unit.MILLISECONDS, 1000, 0, above=True),
        ),
        words=frozenset(
            {
                "sliding_window_type",
                "slow_call_duration_threshold",
                "failure_rate_threshold",
                "error_count_threshold",
            }
        ),
        read=_read,
        write=_write,
        # A rule has no threshold and no wait of its own; this one is the usual shape in its users' files.
        example=(
            ("grade", 1),
            ("count", 0.5),
            ("timeWindow", 10),
            ("minRequestAmount", 10),
            ("statIntervalMs", 10000),
        ),
        note="A rule has no default threshold and wait: 50 % and 10 s over 10 s stand in for them.",
    )
}
