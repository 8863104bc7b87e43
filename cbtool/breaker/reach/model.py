"""What is asked about a load, and what is found."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from cbtool.breaker.checks import not_negative, positive
from cbtool.units import NANOSECONDS, to_ns


class Reach(StrEnum):
    """What can become of a rule, the worst first."""

    UNREACHABLE = "unreachable"
    """It never fires, though every call fails (is slow, passes)."""
    BY_CHANCE = "by_chance"
    """Only calls that happen to bunch up reach it."""
    ONE_ERROR = "one_error"
    """One bad call fires it."""
    FEW_ERRORS = "few_errors"
    """The stray errors of a healthy upstream fire it more often than once in a month."""
    CAUTION = "caution"
    """It works, but hardly as whoever wrote it thinks."""
    FINE = "fine"


@dataclass(frozen=True, slots=True)
class Load:
    """What ONE breaker sees.

    Attributes:
        rate: calls a second.
        failing: seconds that a failing call takes; 0 where unknown.
        timeout: seconds after which the caller gives a call up; None: unknown.
        failure_rate: percent of the calls that fail while the upstream is healthy; None: unknown.

    Raises:
        InvalidSettingError: the rate is not over 0, or a time is negative.
    """

    rate: float
    failing: float = 0.0
    timeout: float | None = None
    failure_rate: float | None = None

    def __post_init__(self) -> None:
        positive("load", self.rate)
        not_negative("failing", self.failing)

    @property
    def spacing(self) -> int:
        """Nanoseconds from one call to the next where they come evenly."""
        return max(1, round(NANOSECONDS / self.rate))

    @property
    def failing_ns(self) -> int:
        """Nanoseconds that a failing call takes."""
        return to_ns(self.failing)


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found about one rule.

    Attributes:
        rule: a trip rule (the label of its `Reason`), or a setting's word.
        reach: what can become of it.
        why: the arithmetic, in words and numbers.
        rate: calls a second at which it holds; None: at any load.
        errors: the fewest bad calls that fire it, where it is a trip rule that can be fired.
        reached_from: calls a second, coming evenly, from which on it can be fired; None: unknown, or at none.
        strays_per_day: false trips a day that independent stray errors come to; None: unknown.
    """

    rule: str
    reach: Reach
    why: str
    rate: float | None = None
    errors: int | None = None
    reached_from: float | None = None
    strays_per_day: float | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the finding with the keys that `--json` prints."""
        return {
            "rule": self.rule,
            "verdict": self.reach.value,
            "why": self.why,
            "rate": self.rate,
            "errors": self.errors,
            "reached_from": _plain(self.reached_from),
            "strays_per_day": _plain(self.strays_per_day),
        }


@dataclass(frozen=True, slots=True)
class Reachability:
    """Everything that was found, by load, for one breaker's settings."""

    findings: tuple[Finding, ...]

    @property
    def never(self) -> tuple[Finding, ...]:
        """One finding for each rule that can be fired at none of the loads."""
        dead: dict[str, Finding | None] = {}
        for finding in self.findings:
            unreachable = finding.reach is Reach.UNREACHABLE
            dead[finding.rule] = finding if unreachable and dead.get(finding.rule, finding) else None
        return tuple(finding for finding in dead.values() if finding is not None)

    @property
    def fails_strictly(self) -> bool:
        """Whether at some load a rule fires never, or by chance alone, or on one error."""
        failing = {Reach.UNREACHABLE, Reach.BY_CHANCE, Reach.ONE_ERROR}
        return any(finding.reach in failing for finding in self.findings)


def _plain(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.6g}")
