"""The sixth policy: which share of the calls is refused at random, and after which rule."""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple


class ThrottleKind(IntEnum):
    """How the share of refused calls is found."""

    NONE = 0
    """None is refused at random: the states decide."""
    PID = 1
    """A controller moves it every `period`, towards the excess of the error rate over its usual level."""
    ATTEMPTS = 2
    """What exceeds `multiplier` times the accepted calls, of all that callers attempted."""
    SUCCESSES = 3
    """What exceeds the successes ÷ `required`, of all that were let through."""


class ThrottlePolicy(NamedTuple):
    """How calls are refused at random. Durations are nanoseconds, shares from 0 to 1."""

    kind: ThrottleKind = ThrottleKind.NONE
    length: int = 0
    """How far back results are looked at."""
    period: int = 0
    """Of the controller."""
    proportional: float = 0.0
    integral: float = 0.0
    derivative: float = 0.0
    ideal: float = 0.0
    """The usual error rate, as long as nothing was seen."""
    ideal_cap: float = 0.0
    """A higher error rate says nothing about the usual one."""
    dead_zone: float = 0.0
    """An excess within this share of the usual error rate is noise."""
    lowest_sum: float = 0.0
    """Of the integral's."""
    highest_sum: float = 0.0
    multiplier: float = 2.0
    required: float = 1.0
    aggression: float = 1.0
    """Above 1 refuses more of the calls while few fail."""
    least_rate: int = 0
    """Fewer calls a second than this are all let through."""
    highest_share: float = 1.0
    """More is never refused."""
