"""Breakers that refuse a share of the calls rather than all of them: see `cbtool.breaker.adaptive`.

Semian's adaptive breaker (lib/semian/adaptive_circuit_breaker.rb, pid_controller.rb), the client-side
throttling of Google's book on site reliability, and Envoy's admission control filter.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cbtool.breaker.adaptive import pid
from cbtool.breaker.adaptive.policy import ThrottleKind, ThrottlePolicy
from cbtool.breaker.dialect import Dialect, Evidence
from cbtool.breaker.native import Setting, Unit
from cbtool.breaker.parts import WindowType
from cbtool.breaker.policies import (
    CountWhen,
    LatePolicy,
    Policies,
    TrialsPolicy,
    TripPolicy,
    WaitPolicy,
    WindowKind,
    WindowPolicy,
)
from cbtool.units import NANOSECONDS, to_ns

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from cbtool.breaker.config import BreakerConfig


def policies_semian(config: BreakerConfig) -> Policies:
    """Return what Semian's adaptive breaker makes of a configuration."""
    throttle = ThrottlePolicy(
        ThrottleKind.PID,
        length=to_ns(config.window_size),
        period=to_ns(config.option("sliding_interval")),
        proportional=float(config.option("kp")),
        integral=float(config.option("ki")),
        derivative=float(config.option("kd")),
        ideal=float(config.option("initial_error_rate")),
        ideal_cap=float(config.option("ideal_error_rate_estimator_cap_value")),
        dead_zone=float(config.option("dead_zone_ratio")),
        lowest_sum=float(config.option("integral_lower_cap")),
        highest_sum=float(config.option("integral_upper_cap")),
    )
    return _policies(WindowPolicy(WindowKind.ERRORS, size=pid.room(throttle)), throttle)


def policies_attempts(config: BreakerConfig) -> Policies:
    """Return what client-side throttling makes of a configuration."""
    seconds = -(-to_ns(config.window_size) // NANOSECONDS)
    return _policies(
        WindowPolicy(WindowKind.GRID, size=seconds, width=NANOSECONDS, counts=CountWhen.ATTEMPTED),
        ThrottlePolicy(ThrottleKind.ATTEMPTS, multiplier=float(config.option("K"))),
    )


def policies_envoy(config: BreakerConfig) -> Policies:
    """Return what Envoy's admission control makes of a configuration."""
    seconds = to_ns(config.window_size) // NANOSECONDS
    return _policies(
        WindowPolicy(WindowKind.FLOATING, size=seconds + 1, length=seconds * NANOSECONDS, width=NANOSECONDS),
        ThrottlePolicy(
            ThrottleKind.SUCCESSES,
            required=config.option("sr_threshold") / 100.0,
            aggression=max(1.0, float(config.option("aggression"))),
            least_rate=config.option("rps_threshold"),
            highest_share=config.option("max_rejection_probability") / 100.0,
        ),
    )


def _policies(window: WindowPolicy, throttle: ThrottlePolicy) -> Policies:
    return Policies(window, TripPolicy(), WaitPolicy(), TrialsPolicy(), LatePolicy(), throttle)


def _read(values: Mapping[str, Any]) -> dict[str, Any]:
    return {"sliding_window_type": WindowType.TIME, **values}


_WORDS = frozenset({"sliding_window_type"})
DIALECTS = {
    "semian-adaptive": Dialect(
        name="semian-adaptive",
        title="Semian 0.28.2, adaptive_circuit_breaker",
        evidence=Evidence.FROM_SOURCE,
        source="https://github.com/Shopify/semian",
        policies=policies_semian,
        settings=(
            Setting("kp", None, Unit.NUMBER, 1.0),
            Setting("ki", None, Unit.NUMBER, 0.2),
            Setting("kd", None, Unit.NUMBER, 0.0),
            Setting("window_size", "sliding_window_size", Unit.SECONDS, 10, 0, above=True),
            Setting("initial_error_rate", None, Unit.SHARE, 0.05, 0),
            Setting("dead_zone_ratio", None, Unit.NUMBER, 0.25),
            Setting("ideal_error_rate_estimator_cap_value", None, Unit.SHARE, 0.1),
            Setting("integral_upper_cap", None, Unit.NUMBER, 10.0),
            Setting("integral_lower_cap", None, Unit.NUMBER, -10.0),
            Setting("sliding_interval", None, Unit.SECONDS, 1, 0, above=True),
        ),
        words=_WORDS,
        read=_read,
        note=(
            "Refuses a share of the calls at random: closed while that is 0, open while it is 1, half-open"
            " between. sliding_interval is SEMIAN_ADAPTIVE_CIRCUIT_BREAKER_SLIDING_INTERVAL."
        ),
    ),
    "sre-throttling": Dialect(
        name="sre-throttling",
        title="Site Reliability Engineering, client-side throttling",
        evidence=Evidence.DOCUMENTED,
        source="https://sre.google/sre-book/handling-overload/",
        policies=policies_attempts,
        settings=(
            Setting("K", None, Unit.NUMBER, 2, 0, above=True),
            Setting("window", "sliding_window_size", Unit.DURATION, "2m", 0, above=True),
        ),
        words=_WORDS,
        read=_read,
        note="Refuses a share of the calls at random, and stays closed. A failure is a call not accepted.",
    ),
    "envoy-admission-control": Dialect(
        name="envoy-admission-control",
        title="Envoy admission control filter (main, 2026)",
        evidence=Evidence.FROM_SOURCE,
        source="https://github.com/envoyproxy/envoy",
        policies=policies_envoy,
        settings=(
            Setting("sampling_window", "sliding_window_size", Unit.DURATION, "30s", 1),
            Setting("sr_threshold", None, Unit.PERCENT, 95, 1, 100),
            Setting("aggression", None, Unit.NUMBER, 1.0),
            Setting("rps_threshold", None, Unit.COUNT, 0, 0),
            Setting("max_rejection_probability", None, Unit.PERCENT, 80, 0, 100),
        ),
        words=_WORDS,
        read=_read,
        note="Refuses a share of the calls at random, and stays closed.",
    ),
}
