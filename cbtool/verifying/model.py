"""What a verification is made of."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from cbtool.profiles.verify_rules import (
    CALLS_TO_NOTICE,
    DEFAULT_DETECTION_DELAY,
    DEFAULT_FALSE_TRIPS_PER_DAY,
    DEFAULT_HEALTHY_REFUSED,
    VerifyRules,
)

if TYPE_CHECKING:
    from cbtool.breaker.reach import Reachability
    from cbtool.metrics.thresholds import Check as ThresholdCheck

_PROMISE = 2.0


class Group(StrEnum):
    """What a check is about."""

    TRAFFIC = "recent traffic"
    SCENARIOS = "scenarios"
    ASSERTIONS = "assertions"
    DRIFT = "drift"
    REACH = "reachability"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that must hold.

    Attributes:
        group: what it is about.
        name: what is measured, and where.
        passed: whether it holds.
        value: what was measured, in seconds, percent or alone; None where nothing could be.
        limit: what it is held against, alike; a text where it is no number.
        shown: the value for people.
        wanted: the limit for people.
        why: what a reader should know of it; empty where there is nothing.
    """

    group: Group
    name: str
    passed: bool
    value: float | str | None
    limit: float | str | None
    shown: str
    wanted: str
    why: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return the check with the keys that `verify --json` promises, and more."""
        return {
            "name": self.name,
            "passed": self.passed,
            "value": _plain(self.value),
            "limit": _plain(self.limit),
            "group": self.group.value,
            "shown": self.shown,
            "wanted": self.wanted,
            "why": self.why,
        }


@dataclass(frozen=True, slots=True)
class Limits:
    """`VerifyRules` with their defaults filled in, as the attributes of the same names there.

    Attributes:
        rules: what is asked for.
        promised: seconds in which incidents were expected to be noticed when the profile was recommended;
            None: nobody said.
        promised_high: in which all but one in twenty were.
    """

    rules: VerifyRules
    promised: float | None = None
    promised_high: float | None = None

    @property
    def false_trips_per_day(self) -> float:
        """Trips a day that a healthy upstream may cause, a breaker."""
        given = self.rules.false_trips_per_day
        return DEFAULT_FALSE_TRIPS_PER_DAY if given is None else given

    @property
    def detection_delay(self) -> float:
        """Seconds."""
        given = self.rules.detection_delay
        return DEFAULT_DETECTION_DELAY if given is None else given

    @property
    def healthy_refused(self) -> float:
        """Percent."""
        given = self.rules.healthy_refused
        return DEFAULT_HEALTHY_REFUSED if given is None else given

    @property
    def seen_delay(self) -> float:
        """Seconds in which recent incidents must be noticed: as asked, else up to twice what was promised.

        An upstream that fails little by little is noticed later than one that fails at once. Where the load
        varies, what was promised is between the delays by day and by night, and a log's few incidents may all
        have come by night: up to what all but one in twenty incidents were to stay within.
        """
        if self.rules.detection_delay is not None or self.promised is None:
            return self.detection_delay
        return max(self.detection_delay, _PROMISE * self.promised, self.promised_high or 0.0)

    def delay_at(self, rate: float, *, low: bool) -> float:
        """Return within how many seconds an incident must be noticed at a load.

        Args:
            rate: calls a second.
            low: whether it is the quietest of several loads, for which the rules may have a limit of its own.
        """
        if low and self.rules.low_load_detection_delay is not None:
            return self.rules.low_load_detection_delay
        if not low and self.rules.high_load_detection_delay is not None:
            return self.rules.high_load_detection_delay
        return max(self.detection_delay, CALLS_TO_NOTICE / rate)


@dataclass(frozen=True, slots=True)
class Verification:
    """The answer.

    Attributes:
        profile: its name.
        source: what it was held against, in words.
        checks: all of them.
        notes: what a reader should know.
        seed: of every random choice.
        loads: calls a second that one breaker sees, the quietest first.
        reach: what was found about every rule at these.
    """

    profile: str
    source: str
    checks: tuple[Check, ...]
    notes: tuple[str, ...]
    seed: int
    loads: tuple[float, ...]
    reach: Reachability

    @property
    def passed(self) -> bool:
        """Whether everything holds."""
        return all(check.passed for check in self.checks)

    @property
    def failed(self) -> tuple[Check, ...]:
        """The checks that do not hold."""
        return tuple(check for check in self.checks if not check.passed)

    def to_json(self) -> dict[str, Any]:
        """Return the document of `verify --json`."""
        return {
            "passed": self.passed,
            "checks": [check.to_json() for check in self.checks],
            "profile": self.profile,
            "source": self.source,
            "seed": self.seed,
            "loads": [float(f"{rate:.6g}") for rate in self.loads],
            "reachability": [finding.to_json() for finding in self.reach.findings],
            "notes": list(self.notes),
        }


def of_threshold(check: ThresholdCheck, where: str = "") -> Check:
    """Return a `--threshold`'s check as one of these."""
    return Check(
        Group.ASSERTIONS,
        f"{where}: {check.text}" if where else check.text,
        check.passed,
        check.value,
        check.limit,
        check.measured,
        check.text,
    )


def _plain(value: float | str | None) -> float | str | None:
    if isinstance(value, float):
        return float(f"{value:.7g}") if math.isfinite(value) else None
    return value
