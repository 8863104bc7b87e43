"""The settings of outlier detection across hosts, as Envoy has them, and as Istio writes them for Envoy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cbtool.breaker.dialects.envoy import longest_ejection
from cbtool.breaker.native import seconds_of
from cbtool.errors import ConfigurationError
from cbtool.units import to_ns

if TYPE_CHECKING:
    from cbtool.breaker import BreakerConfig


@dataclass(frozen=True, slots=True)
class OutlierSettings:
    """Envoy's own names and defaults; times are nanoseconds, chances and thresholds percent.

    `panic_threshold` is the balancer's: with a smaller percentage of hosts left, all of them get traffic.
    """

    consecutive_5xx: int = 5
    consecutive_gateway_failure: int = 5
    consecutive_local_origin_failure: int = 5
    split_external_local_origin_errors: bool = False
    interval: int = 10_000_000_000
    base_ejection_time: int = 30_000_000_000
    max_ejection_time: int = 300_000_000_000
    max_ejection_time_jitter: int = 0
    max_ejection_percent: int = 10
    always_eject_one_host: bool = False
    success_rate_minimum_hosts: int = 5
    success_rate_request_volume: int = 100
    success_rate_stdev_factor: int = 1900
    failure_percentage_threshold: int = 85
    failure_percentage_minimum_hosts: int = 5
    failure_percentage_request_volume: int = 50
    enforcing_consecutive_5xx: int = 100
    enforcing_consecutive_gateway_failure: int = 0
    enforcing_consecutive_local_origin_failure: int = 100
    enforcing_success_rate: int = 100
    enforcing_local_origin_success_rate: int = 100
    enforcing_failure_percentage: int = 0
    enforcing_failure_percentage_local_origin: int = 0
    panic_threshold: int = 50


_OPTIONS = (
    "consecutive_gateway_failure",
    "consecutive_local_origin_failure",
    "split_external_local_origin_errors",
    "max_ejection_percent",
    "always_eject_one_host",
    "success_rate_minimum_hosts",
    "success_rate_request_volume",
    "success_rate_stdev_factor",
    "failure_percentage_threshold",
    "failure_percentage_minimum_hosts",
    "failure_percentage_request_volume",
    "enforcing_consecutive_5xx",
    "enforcing_consecutive_gateway_failure",
    "enforcing_consecutive_local_origin_failure",
    "enforcing_success_rate",
    "enforcing_local_origin_success_rate",
    "enforcing_failure_percentage",
    "enforcing_failure_percentage_local_origin",
)


def settings_of(config: BreakerConfig) -> OutlierSettings:
    """Return the settings that a configuration of the dialects `envoy` or `istio` has.

    Raises:
        ConfigurationError: it is of another dialect.
    """
    name = config.dialect.name
    if name not in {"envoy", "istio"}:
        raise ConfigurationError(f"outlier detection is of the dialects envoy and istio, not of {name}")
    times: dict[str, Any] = {
        "consecutive_5xx": int(config.window_size),
        "interval": to_ns(seconds_of(config.option("interval"))),
        "base_ejection_time": to_ns(config.wait_duration_in_open_state),
        "max_ejection_time": to_ns(longest_ejection(config)),
    }
    if name == "envoy":
        jitter = to_ns(seconds_of(config.option("max_ejection_time_jitter")))
        options = {option: config.option(option) for option in _OPTIONS}
        return OutlierSettings(**times, **options, max_ejection_time_jitter=jitter)
    gateway = config.option("consecutiveGatewayErrors")
    local = config.option("consecutiveLocalOriginFailures")
    return OutlierSettings(
        **times,
        consecutive_gateway_failure=gateway,
        consecutive_local_origin_failure=local,
        split_external_local_origin_errors=config.option("splitExternalLocalOriginErrors"),
        max_ejection_percent=config.option("maxEjectionPercent"),
        enforcing_consecutive_5xx=100 if config.window_size else 0,
        enforcing_consecutive_gateway_failure=100 if gateway else 0,
        enforcing_consecutive_local_origin_failure=100 if local else 0,
        enforcing_success_rate=0,  # Istio switches it off
        panic_threshold=config.option("minHealthPercent"),
    )
