"""Envoy's outlier detection for one host (upstream/outlier_detection_impl.cc), and Istio's words for it.

A host is ejected by a run of 5xx answers; a sweep that comes every interval takes it back with all its
traffic, once its ejection time, the base times the ejections in a row, is over. The detections that compare
hosts, and the limit on how many may be ejected, are in `cbtool.simulation.hosts`; their settings are here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cbtool.breaker.checks import require
from cbtool.breaker.dialect import Dialect, Evidence
from cbtool.breaker.native import Setting, Unit, seconds_of
from cbtool.breaker.parts import WindowType
from cbtool.breaker.policies import (
    EvaluateOn,
    LatePolicy,
    LateResults,
    LeaveOpen,
    Policies,
    TrialsPolicy,
    TripPolicy,
    WaitPolicy,
    WindowKind,
    WindowPolicy,
)
from cbtool.breaker.spread import Spread
from cbtool.units import to_ns

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from cbtool.breaker.config import BreakerConfig

_LONGEST = 300.0  # seconds, unless the base is longer


def longest_ejection(config: BreakerConfig) -> float:
    """Return the longest ejection in seconds, its default filled in."""
    longest = config.max_wait_duration_in_open_state
    return max(_LONGEST, config.wait_duration_in_open_state) if longest is None else longest


def policies(config: BreakerConfig) -> Policies:
    """Return what Envoy makes of a configuration, for one host."""
    enforced = config.option("enforcing_consecutive_5xx")
    return _policies(
        config,
        run=0 if enforced == 0 else int(config.window_size),
        interval=config.option("interval"),
        jitter=config.option("max_ejection_time_jitter"),
    )


def policies_istio(config: BreakerConfig) -> Policies:
    """Return what Istio has Envoy make of a configuration, for one host."""
    return _policies(config, run=int(config.window_size), interval=config.option("interval"), jitter="0s")


def _policies(config: BreakerConfig, *, run: int, interval: str, jitter: str) -> Policies:
    return Policies(
        window=WindowPolicy(WindowKind.RUN),
        trip=TripPolicy(EvaluateOn.FAILURE, run=run),
        wait=WaitPolicy(
            seconds=config.wait_duration_in_open_state,
            longest=longest_ejection(config),
            jitter=seconds_of(jitter),
            spread=Spread.SECONDS,
            linear=True,
            sweep=to_ns(seconds_of(interval)),
            leave=LeaveOpen.TIMER,
            skips_trials=True,
        ),
        trials=TrialsPolicy(),
        late=LatePolicy(LateResults.CURRENT_STATE),
    )


def check(config: BreakerConfig) -> None:
    """Hold a configuration to Envoy's own rule."""
    base, longest = config.wait_duration_in_open_state, longest_ejection(config)
    require(longest >= base, "max_ejection_time", "must not be shorter than base_ejection_time", longest)


def _read(values: Mapping[str, Any]) -> dict[str, Any]:
    return {"sliding_window_type": WindowType.CONSECUTIVE, **values}


def _enforcing(detection: str, default: int) -> Setting:
    return Setting(f"enforcing_{detection}", None, Unit.COUNT, default, 0, 100)


_ENVOY = (
    Setting("consecutive_5xx", "sliding_window_size", Unit.COUNT, 5, 0),
    Setting("interval", None, Unit.DURATION, "10s", 0, above=True),
    Setting("base_ejection_time", "wait_duration_in_open_state", Unit.DURATION, "30s", 0, above=True),
    Setting("max_ejection_time", "max_wait_duration_in_open_state", Unit.DURATION, None, 0, above=True),
    Setting("max_ejection_time_jitter", None, Unit.DURATION, "0s", 0),
    Setting("max_ejection_percent", None, Unit.COUNT, 10, 0, 100),
    Setting("always_eject_one_host", None, Unit.FLAG, default=False),
    Setting("consecutive_gateway_failure", None, Unit.COUNT, 5, 0),
    Setting("split_external_local_origin_errors", None, Unit.FLAG, default=False),
    Setting("consecutive_local_origin_failure", None, Unit.COUNT, 5, 0),
    Setting("success_rate_minimum_hosts", None, Unit.COUNT, 5, 0),
    Setting("success_rate_request_volume", None, Unit.COUNT, 100, 0),
    Setting("success_rate_stdev_factor", None, Unit.COUNT, 1900, 0),
    Setting("failure_percentage_threshold", None, Unit.COUNT, 85, 0, 100),
    Setting("failure_percentage_minimum_hosts", None, Unit.COUNT, 5, 0),
    Setting("failure_percentage_request_volume", None, Unit.COUNT, 50, 0),
    _enforcing("consecutive_5xx", 100),
    _enforcing("consecutive_gateway_failure", 0),
    _enforcing("consecutive_local_origin_failure", 100),
    _enforcing("success_rate", 100),
    _enforcing("local_origin_success_rate", 100),
    _enforcing("failure_percentage", 0),
    _enforcing("failure_percentage_local_origin", 0),
)
_ISTIO = (
    Setting("consecutive5xxErrors", "sliding_window_size", Unit.COUNT, 5, 0),
    Setting("interval", None, Unit.DURATION, "10s", 0.001),
    Setting("baseEjectionTime", "wait_duration_in_open_state", Unit.DURATION, "30s", 0.001),
    Setting("maxEjectionPercent", None, Unit.COUNT, 10, 0, 100),
    Setting("consecutiveGatewayErrors", None, Unit.COUNT, 0, 0),
    Setting("splitExternalLocalOriginErrors", None, Unit.FLAG, default=False),
    Setting("consecutiveLocalOriginFailures", None, Unit.COUNT, 0, 0),
    Setting("minHealthPercent", None, Unit.COUNT, 0, 0, 100),
)
_NOTE = (
    "One host: what goes to the other hosts is refused here. Detections that compare hosts, gateway and"
    " connection failures apart, and the limit on ejected hosts need the model of many hosts."
)
DIALECTS = {
    "envoy": Dialect(
        name="envoy",
        title="Envoy outlier detection (main, 2026)",
        evidence=Evidence.FROM_SOURCE,
        source="https://github.com/envoyproxy/envoy",
        policies=policies,
        settings=_ENVOY,
        words=frozenset({"sliding_window_type"}),
        check=check,
        read=_read,
        note=_NOTE,
    ),
    "istio": Dialect(
        name="istio",
        title="Istio DestinationRule outlierDetection (master, 2026)",
        evidence=Evidence.FROM_SOURCE,
        source="https://github.com/istio/istio",
        policies=policies_istio,
        settings=_ISTIO,
        words=frozenset({"sliding_window_type"}),
        read=_read,
        note=_NOTE,
    ),
}
