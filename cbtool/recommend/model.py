"""What a recommendation is made of: the values that the method fills in and the reports print."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cbtool.breaker.capacity import Capacity
    from cbtool.breaker.config import BreakerConfig
    from cbtool.profiles import Profile
    from cbtool.recommend.findings import Alternative, Estimate, Sensitivity, Timeline, Validation

DEFAULT_FALSE_TRIPS_PER_DAY = 1 / 30
DEFAULT_REJECT_COST = 0.25
DEFAULT_FALSE_TRIP_COST = 10.0
DEFAULT_DETECTION_DELAY = 10.0


class Answer(StrEnum):
    """Whether the data carried a recommendation."""

    RECOMMENDED = "recommended"
    REFUSED = "refused"


class IncidentKind(StrEnum):
    """What an incident did to the calls."""

    OUTAGE = "outage"
    """Nine in ten calls or more failed."""
    BROWN_OUT = "brown_out"
    """A part of the calls failed."""
    TIMEOUTS = "timeouts"
    """The failed calls took far longer than healthy ones do."""
    SLOW = "slow"
    """Calls were slow rather than failed."""


@dataclass(frozen=True, slots=True)
class Budget:
    """What the settings may cost. Opening pays where more than `break_even` of the calls are bad.

    Attributes:
        false_trips_per_day: how often a healthy upstream may trip the breaker by chance.
        reject_cost: the harm of refusing a good call during an incident, in bad calls let through.
        shortest_incident: seconds; shorter ones are ridden through. None: by the log's length.
        false_trip_cost: the harm of one false trip beside the calls it refuses, in bad calls let through.
        detection_delay: seconds in which an outage at the usual load should open the breaker. Where that and
            the false trips cannot both be kept, the false trips are.
    """

    false_trips_per_day: float = DEFAULT_FALSE_TRIPS_PER_DAY
    reject_cost: float = DEFAULT_REJECT_COST
    shortest_incident: float | None = None
    false_trip_cost: float = DEFAULT_FALSE_TRIP_COST
    detection_delay: float = DEFAULT_DETECTION_DELAY

    @property
    def break_even(self) -> float:
        """The share of bad calls from which refusing them all costs less than letting them all through."""
        return self.reject_cost / (1.0 + self.reject_cost)


@dataclass(frozen=True, slots=True)
class Regime:
    """One level of load, as ONE breaker sees it.

    Attributes:
        name: `low`, `middle`, `high`, or `steady` where there is only one.
        rate: calls a second.
        calls: how many were seen.
        errors: of these, the failed ones.
        share_of_time: 0 to 1.
        window_calls: calls in the recommended sliding window, on average; None where there are no settings.
        window_errors: of these, failures while healthy.
        outage_delay: seconds until a total outage at this load opens the breaker; its value is None where
            more than half of the tries never did.
        brown_out_delay: the same where `brown_out_percent` of the calls fail.
        brown_out_percent: the mildest failing incident that was seen; else 40.
        slow_delay: the same where `slow_percent` of the calls are slow; None without a slow threshold.
        slow_percent: the mildest slow incident that was seen; else 100.
        within_delay_budget: whether the outage is noticed within `Budget.detection_delay`.
    """

    name: str
    rate: float
    calls: int
    errors: int
    share_of_time: float
    window_calls: float | None = None
    window_errors: float | None = None
    outage_delay: Estimate | None = None
    brown_out_delay: Estimate | None = None
    brown_out_percent: float | None = None
    slow_delay: Estimate | None = None
    slow_percent: float | None = None
    within_delay_budget: bool | None = None


@dataclass(frozen=True, slots=True)
class Incident:
    """A stretch in which calls went bad, found without labels. Times are seconds from the log's start.

    Attributes:
        start: the first bad call.
        end: the last one.
        kind: what it did.
        calls: calls that started in it.
        failed: percent of them that failed.
        slow: percent of them that were slower than healthy calls are.
        actionable: long and bad enough for a breaker to act on; the others are to be ridden through.
        doubtful: long enough, and perhaps not bad enough: neither to be acted on nor to be ridden through.
    """

    start: float
    end: float
    kind: IncidentKind
    calls: int
    failed: float
    slow: float
    actionable: bool
    doubtful: bool = False

    @property
    def length(self) -> float:
        """Seconds."""
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class Expected:
    """What the settings are expected to do on traffic like this.

    Attributes:
        false_trips_per_day: opened while the upstream was healthy, with a 90 % interval.
        false_trips_bound: the bound that was held to the budget.
        detection_delay_s: from an incident's first bad call to the opening; 90 % of the resampled incidents.
        bad_calls_shed_percent: of the incidents' bad calls, those that were not sent.
        detected_percent: of the simulated incidents, those that opened the breaker.
    """

    false_trips_per_day: Estimate
    false_trips_bound: float
    detection_delay_s: Estimate
    bad_calls_shed_percent: Estimate
    detected_percent: float | None


@dataclass(frozen=True, slots=True)
class SettingReason:
    """Why one setting has its value.

    Attributes:
        setting: its name in a profile.
        value: as in a profile: a number, or a duration's text.
        why: the argument, in one sentence.
        data: what it was read from.
        formula: how the number follows from the data, the numbers put in; for `--explain`.
    """

    setting: str
    value: Any
    why: str
    data: str
    formula: str = ""


@dataclass(frozen=True, slots=True)
class Recommendation:
    """The answer: settings with their reasons, or what is missing.

    Attributes:
        verdict: recommended or refused.
        profile: the settings with the outcome rules they were found under; None when refused.
        reasons: one a setting.
        regimes: the levels of load.
        incidents: what was found, in the log's order.
        expected: what the settings are expected to do; None when refused.
        needs: when refused, what is missing.
        notes: what to know about the data and the answer.
        instances: over how many breakers the traffic was split.
        calls: calls that were judged (ignored ones are not).
        span: seconds from the first to the last.
        seed: of every random choice.
        started: Unix seconds of the first call; 0 where unknown.
        capacity: what one dependency that is down costs one thread; None when refused, or where the log
            does not say how long failing calls take.
        budget: what was asked for.
        timeout: the caller's timeout, where the failed calls' durations show one; seconds.
        sensitivity: one a setting: what its neighbours would cost, and how far resampling moves it.
        alternatives: the Pareto front, the most sensitive first, with the recommended among them.
        current: today's settings on the same log, where they were named.
        timeline: the log at a glance; None when refused.
        validation: the method on parts of the log, where that was asked for.
        by_instance: whether each call went to the breaker of the instance that the log names.
        acted_on_from: seconds from which a bad stretch is acted on; 0 where the user named the incidents,
            None where none was looked for.
    """

    verdict: Answer
    profile: Profile | None
    reasons: tuple[SettingReason, ...]
    regimes: tuple[Regime, ...]
    incidents: tuple[Incident, ...]
    expected: Expected | None
    needs: tuple[str, ...]
    notes: tuple[str, ...]
    instances: int
    calls: int
    span: float
    seed: int
    started: float = 0.0
    capacity: Capacity | None = None
    budget: Budget = Budget()
    timeout: float | None = None
    sensitivity: tuple[Sensitivity, ...] = ()
    alternatives: tuple[Alternative, ...] = ()
    current: Alternative | None = None
    timeline: Timeline | None = None
    validation: Validation | None = None
    by_instance: bool = False
    acted_on_from: float | None = None

    @property
    def config(self) -> BreakerConfig | None:
        """The settings; None when refused."""
        return None if self.profile is None else self.profile.config

    def noting(self, *notes: str) -> Recommendation:
        """Return the same answer with further notes."""
        return replace(self, notes=(*self.notes, *notes))

    def to_json(self) -> dict[str, Any]:
        """Return the document of `recommend --json`."""
        from cbtool.recommend.document import document  # noqa: PLC0415  # JSON only at the edge

        return document(self)
