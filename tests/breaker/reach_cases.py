"""Configurations that the tests of reachability share."""

from __future__ import annotations

from dataclasses import replace

from cbtool.breaker import BreakerConfig, WindowType, dialect_named
from cbtool.breaker.policies import TripPolicy


def timed(dialect: str, seconds: float, **settings: object) -> BreakerConfig:
    words = {"sliding_window_type": WindowType.TIME, "sliding_window_size": seconds, **settings}
    return BreakerConfig.of(dialect_named(dialect), words)


def native(dialect: str, **values: object) -> BreakerConfig:
    chosen = dialect_named(dialect)
    words = chosen.from_native(values)
    options = {name: value for name, value in values.items() if name in chosen.option_defaults}
    return BreakerConfig.of(chosen, {k: v for k, v in words.items() if k not in options}, options)


def ruled(config: BreakerConfig, trip: TripPolicy) -> BreakerConfig:
    """Return the configuration with other trip rules than its own."""
    other = replace(config)
    object.__setattr__(other, "policies", config.policies._replace(trip=trip))
    return other
