"""What surrounds the settings: how sure they are, what else there was, what each would have done."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from cbtool.profiles import breaker_table

if TYPE_CHECKING:
    from cbtool.breaker.config import BreakerConfig


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number and the interval it is thought to lie in; None where the data cannot say."""

    value: float | None
    low: float | None
    high: float | None

    def to_json(self) -> dict[str, float | None]:
        """Return the estimate as plain values."""
        return {name: plain(getattr(self, name)) for name in ("value", "low", "high")}


@dataclass(frozen=True, slots=True)
class Track:
    """What settings would have done on the log itself, all its breakers together.

    Attributes:
        trips: closed breakers that opened.
        false_trips: of these, outside incidents.
        incidents: that a breaker should act on, counted once for each breaker whose calls they befell.
        caught: of these, those in which a breaker opened.
        delay: seconds from an incident's first bad call to the opening, the mean; None: none was caught.
        bad: bad calls in incidents.
        shed: of these, not sent.
        good_refused: good calls that were refused, in incidents and outside.
        open_percent: of the breakers' time, not closed.
        cost: in bad calls let through, by the weights that were asked for.
    """

    trips: int
    false_trips: int
    incidents: int
    caught: int
    delay: float | None
    bad: int
    shed: int
    good_refused: int
    open_percent: float
    cost: float

    @property
    def let_through(self) -> int:
        """Bad calls of incidents that were sent."""
        return self.bad - self.shed

    def to_json(self) -> dict[str, Any]:
        """Return the track as plain values."""
        table = {key: plain(value) for key, value in asdict(self).items()}
        table["let_through"] = self.let_through
        table["delay_s"] = table.pop("delay")
        return table


class ToldBy(StrEnum):
    """What the false trips to expect of settings are told by."""

    TAIL = "tail"
    """What was seen, chance, and the tail of how near the window came."""
    LIKENESS = "likeness"
    """The same for a window that slides, which another library's rule is like, and its own false trips."""
    COUNT = "count"
    """Its own false trips on the log alone: of none, only an upper limit is known."""


@dataclass(frozen=True, slots=True)
class Alternative:
    """Settings that could be chosen instead, or are in use today.

    Attributes:
        name: `recommended`, `more sensitive`, `calmer`, `front N`, or today's profile.
        config: the settings.
        false_trips_per_day: expected, and its upper bound; no value where none was seen and nothing else is
            known.
        delay: seconds that an outage at the usual load goes unnoticed; None: it is never noticed, or nobody
            knows.
        track: what they would have done on this log.
        on_front: whether no other that was looked at is better in one respect and as good in all.
        told_by: what the false trips are told by.
        healthy_days: in which they were counted, by one breaker; None where they were not.
    """

    name: str
    config: BreakerConfig
    false_trips_per_day: Estimate
    delay: float | None
    track: Track
    on_front: bool = True
    told_by: ToldBy = ToldBy.TAIL
    healthy_days: float | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the alternative as plain values."""
        return {
            "name": self.name,
            "breaker": breaker_table(self.config),
            "false_trips_per_day": self.false_trips_per_day.to_json(),
            "false_trips_told_by": self.told_by.value,
            "healthy_days": plain(self.healthy_days),
            "outage_delay_s": plain(self.delay),
            "on_front": self.on_front,
            "log": self.track.to_json(),
        }


class Weight(StrEnum):
    """How much a setting's exact value matters on this traffic."""

    HARDLY_MATTERS = "hardly_matters"
    """Its neighbours cost about as much."""
    MATTERS = "matters"
    """Its neighbours cost more."""
    EDGE = "edge"
    """A neighbour breaks the budget of false trips, or costs far more."""


@dataclass(frozen=True, slots=True)
class Neighbour:
    """One setting moved one step, the others as they are.

    Attributes:
        value: as in a profile.
        cost: times the chosen settings' cost, on the resampled traffic.
        false_trips_per_day: the upper bound.
        within_budget: whether that keeps the budget.
    """

    value: Any
    cost: float
    false_trips_per_day: float
    within_budget: bool


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """What happens when one setting is moved to its neighbours.

    Attributes:
        setting: its name in a profile.
        value: as in a profile.
        weight: how much the value matters.
        neighbours: in their order, smaller first.
        low: of the interval in which the setting lies when the traffic is resampled (80 %); as in a profile.
        high: the same.
    """

    setting: str
    value: Any
    weight: Weight
    neighbours: tuple[Neighbour, ...]
    low: Any = None
    high: Any = None

    def to_json(self) -> dict[str, Any]:
        """Return the sensitivity as plain values."""
        return {
            "setting": self.setting,
            "value": self.value,
            "low": self.low,
            "high": self.high,
            "weight": self.weight.value,
            "neighbours": [
                {key: plain(value) for key, value in asdict(each).items()} for each in self.neighbours
            ],
        }


@dataclass(frozen=True, slots=True)
class Promise:
    """One number that was promised on the first part of the log, and what happened on the rest.

    Attributes:
        name: what it is: `false_trips_per_day`, `detection_delay_s`, `bad_calls_shed_percent`.
        promised: with its interval.
        happened: on the rest; None where the rest cannot say.
        kept: whether it lay within the interval, or was better; None where the rest cannot say.
    """

    name: str
    promised: Estimate
    happened: float | None
    kept: bool | None

    def to_json(self) -> dict[str, Any]:
        """Return the promise as plain values."""
        return {
            "name": self.name,
            "promised": self.promised.to_json(),
            "happened": plain(self.happened),
            "kept": self.kept,
        }


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Settings fitted on a part of the log, judged on the rest.

    Attributes:
        name: which part they were fitted on.
        since: seconds from the log's start, of that part.
        until: its end.
        config: the settings; None where that part alone carries no recommendation.
        needs: what it lacks then.
        promises: what was promised, and what happened.
        track: what they did on the rest; None where there are none.
        best: what the settings from the whole log did there.
    """

    name: str
    since: float
    until: float
    config: BreakerConfig | None
    needs: tuple[str, ...]
    promises: tuple[Promise, ...]
    track: Track | None
    best: Track | None

    def to_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {
            "name": self.name,
            "since_s": plain(self.since),
            "until_s": plain(self.until),
            "breaker": None if self.config is None else breaker_table(self.config),
            "needs": list(self.needs),
            "promises": [promise.to_json() for promise in self.promises],
            "rest": None if self.track is None else self.track.to_json(),
            "recommended_on_rest": None if self.best is None else self.best.to_json(),
        }


@dataclass(frozen=True, slots=True)
class Validation:
    """What `--validate` finds: the method on parts of the log, each judged on what it did not see.

    Attributes:
        held_out: fitted on the first part in time, judged on the rest.
        parts: the halves, and the days of a log of several; each judged on all other parts.
    """

    held_out: HeldOut
    parts: tuple[HeldOut, ...]

    def to_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {"held_out": self.held_out.to_json(), "parts": [part.to_json() for part in self.parts]}


@dataclass(frozen=True, slots=True)
class Timeline:
    """The log in equal stretches of time, all breakers together; tuples of one value a stretch.

    Attributes:
        seconds: of a stretch.
        calls: that started in it and count.
        failed: of these.
        slow: of these, slower than the healthy p99.
        open_percent: of the time in which the recommended breakers would not have been closed.
    """

    seconds: float
    calls: tuple[int, ...]
    failed: tuple[int, ...]
    slow: tuple[int, ...]
    open_percent: tuple[float, ...]

    def to_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {
            "seconds": plain(self.seconds),
            "calls": list(self.calls),
            "failed": list(self.failed),
            "slow": list(self.slow),
            "open_percent": list(self.open_percent),
        }


def plain(value: Any) -> Any:
    """Return a value with floats rounded to what they are worth."""
    return float(f"{value:.7g}") if isinstance(value, float) else value
