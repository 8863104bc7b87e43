"""Failsafe for Java and failsafe-go, recorded from 3.3.2 and 0.9.8.

From CircuitBreakerBuilder.java, ClosedState.java, HalfOpenState.java, TimedCircuitStats.java, and
circuitbreaker/circuitstates.go, internal/util/stats.go. The two share everything but the grid of their time
windows and the names and units of their builders' methods.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cbtool.breaker.checks import require
from cbtool.breaker.dialect import Dialect, Evidence
from cbtool.breaker.native import Setting, Unit, percent_of, seconds_of, share_of
from cbtool.breaker.parts import WindowType
from cbtool.breaker.policies import (
    OFF,
    Admission,
    Anchor,
    Ignored,
    LatePolicy,
    LateResults,
    Measure,
    Policies,
    TrialsPolicy,
    TrialsVerdict,
    TripPolicy,
    WaitPolicy,
    WindowKind,
    WindowPolicy,
)
from cbtool.units import exact_duration, to_ns

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cbtool.breaker.config import BreakerConfig

_BUCKETS = 10
_ALL = 100  # percent


@dataclass(frozen=True, slots=True)
class _Flavour:
    """What the two libraries differ in."""

    name: str
    title: str
    source: str
    prefix: str
    """Of the builder's methods."""
    go: bool
    """Shares rather than percent, a method for each kind of threshold, and a grid on the epoch."""

    def policies(self, config: BreakerConfig) -> Policies:
        """Return what the library makes of a configuration."""
        return Policies(
            window=self._window(config),
            trip=self._trip(config),
            wait=WaitPolicy(seconds=config.wait_duration_in_open_state),
            trials=self._trials(config),
            late=LatePolicy(LateResults.CURRENT_STATE, counts_while_open=True),
        )

    def _window(self, config: BreakerConfig) -> WindowPolicy:
        if config.consecutive_failures is not None:
            return WindowPolicy(WindowKind.RUN, ignored=Ignored.SUCCESS)
        if config.sliding_window_type is WindowType.COUNT:
            return WindowPolicy(WindowKind.CALLS, size=int(config.window_size), ignored=Ignored.SUCCESS)
        length = to_ns(config.window_size)
        unit = 1 if self.go else 1_000_000  # Java's buckets are whole milliseconds
        return WindowPolicy(
            WindowKind.GRID if self.go else WindowKind.STAMPED,
            size=_BUCKETS,
            length=length,
            width=length // unit // _BUCKETS * unit,
            anchor=Anchor.EPOCH,
            ignored=Ignored.SUCCESS,
        )

    @staticmethod
    def _trip(config: BreakerConfig) -> TripPolicy:
        if config.consecutive_failures is not None:
            return TripPolicy(run=config.consecutive_failures)
        errors = config.error_count_threshold
        timed = config.sliding_window_type is WindowType.TIME
        return TripPolicy(
            errors=errors or 0,
            gates_count=True,
            failure_rate=OFF if errors else config.failure_rate_threshold,
            measure=Measure.ROUNDED,
            minimum_calls=config.minimum_calls if timed else 1,
        )

    def _trials(self, config: BreakerConfig) -> TrialsPolicy:
        enough, capacity = self._successes(config)
        ways = TrialsPolicy(Admission.CONCURRENCY, ignored=Ignored.SUCCESS, overdraws=True)
        if enough:
            return ways._replace(permits=capacity, successes=enough, failures=capacity - enough + 1)
        run = config.consecutive_failures
        if run is not None:
            return ways._replace(permits=run, failures=run)
        errors = config.error_count_threshold
        timed = config.sliding_window_type is WindowType.TIME
        size = config.minimum_calls if timed else int(config.window_size)
        if errors:
            good = 1 if timed else size - errors + 1
            return ways._replace(permits=size, successes=good, failures=errors)
        return ways._replace(
            permits=size,
            verdict=TrialsVerdict.RATES,
            enough=size,
            failure_rate=self._reopening_rate(config.failure_rate_threshold, size),
        )

    def _reopening_rate(self, threshold: float, trials: int) -> float:
        """Return the rounded percentage of failures at which so many trials no longer close.

        They close where the rounded share of successes exceeds 1 less the threshold, which is tested first
        and, in binary shares, is not quite what is left of the threshold.
        """
        left = 1 - share_of(threshold) if self.go else _ALL - threshold
        for failed in range(trials + 1):
            good = int((trials - failed) / trials * _ALL + 0.5)
            if not (good / _ALL if self.go else good) > left:
                return float(int(failed / trials * _ALL + 0.5))
        return OFF

    def _successes(self, config: BreakerConfig) -> tuple[int, int]:
        """Return how many of how many trials close; zeros where the user sets nothing."""
        several = config.option(self.prefix + "SuccessThresholdRatio") if self.go else None
        value = several or config.option(self.prefix + "SuccessThreshold")
        if value is None:
            return 0, 0
        first, last = (value, value) if isinstance(value, int) else value
        return first, last

    def read(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Read the failure threshold, of which there are five shapes."""
        rest = dict(values)
        if self.go:
            for kind in ("", "Ratio", "Period"):
                if f"WithFailureThreshold{kind}" in rest:
                    return rest | _threshold(rest.pop(f"WithFailureThreshold{kind}"), self.prefix)
        elif "withFailureThreshold" in rest:
            return rest | _threshold(rest.pop("withFailureThreshold"), self.prefix)
        rate = rest.pop(self.prefix + "FailureRateThreshold", None)
        if rate is None:
            return rest | _threshold(1, self.prefix)
        share, calls, period = rate
        name, highest = self.prefix + "FailureRateThreshold", 1 if self.go else _ALL
        require(0 <= share <= highest, name, f"must be from 0 to {highest}", share)
        require(type(calls) is int and calls >= 1, name, "must be of at least 1 call", calls)
        return rest | {
            "sliding_window_type": WindowType.TIME,
            "sliding_window_size": seconds_of(period),
            "failure_rate_threshold": percent_of(share) if self.go else float(share),
            "minimum_number_of_calls": calls,
        }

    def write(self, config: BreakerConfig) -> dict[str, Any]:
        """Write the failure threshold in the shape that says it."""
        name = self.prefix + "FailureThreshold"
        if config.consecutive_failures is not None:
            return {name: config.consecutive_failures}
        errors, size = config.error_count_threshold, config.window_size
        if config.sliding_window_type is WindowType.COUNT:
            return {name + ("Ratio" if self.go else ""): [errors or int(size), int(size)]}
        period = exact_duration(size)
        if errors and (self.go or config.minimum_calls == errors):
            return {name + ("Period" if self.go else ""): [errors, period]}
        if errors:
            return {name: [errors, config.minimum_calls, period]}
        rate = config.failure_rate_threshold
        value = share_of(rate) if self.go else int(rate)
        return {self.prefix + "FailureRateThreshold": [value, config.minimum_calls, period]}

    def dialect(self) -> Dialect:
        """Return the library's dialect."""
        ratio = (Setting("WithSuccessThresholdRatio", None, Unit.COUNTS, None),) if self.go else ()
        return Dialect(
            name=self.name,
            title=self.title,
            evidence=Evidence.RECORDED,
            source=self.source,
            policies=self.policies,
            settings=(
                Setting(self.prefix + "Delay", "wait_duration_in_open_state", Unit.DURATION, "1m", 0),
                Setting(self.prefix + "SuccessThreshold", None, Unit.COUNTS, None),
                *ratio,
            ),
            words=frozenset(
                {
                    "sliding_window_type",
                    "sliding_window_size",
                    "failure_rate_threshold",
                    "minimum_number_of_calls",
                    "error_count_threshold",
                }
            ),
            read=self.read,
            write=self.write,
            note="Trials are limited by how many are in flight, and a late result adds one.",
        )


def _threshold(value: Any, prefix: str) -> dict[str, Any]:
    """Return a number of failures: in a row, of so many, or within a period, of at least so many."""
    parts = [value] if isinstance(value, int) else list(value)
    name = prefix + "FailureThreshold"
    require(1 <= len(parts) <= 3, name, "must be [failures], [failures, of] or [failures, of, period]", value)
    failures = parts[0]
    require(type(failures) is int and failures >= 1, name, "must be at least 1 failure", failures)
    if len(parts) == 1:
        return {"sliding_window_type": WindowType.CONSECUTIVE, "sliding_window_size": failures}
    if type(parts[1]) is int and len(parts) == 2:
        require(parts[1] >= failures, name, "must be of at least as many calls as failures", parts[1])
        return {
            "sliding_window_type": WindowType.COUNT,
            "sliding_window_size": parts[1],
            "error_count_threshold": failures,
        }
    return {
        "sliding_window_type": WindowType.TIME,
        "sliding_window_size": seconds_of(parts[-1]),
        "error_count_threshold": failures,
        "minimum_number_of_calls": parts[1] if len(parts) == 3 else failures,
    }


DIALECTS = {
    flavour.name: flavour.dialect()
    for flavour in (
        _Flavour("failsafe", "Failsafe 3.3.2", "https://github.com/failsafe-lib/failsafe", "with", go=False),
        _Flavour(
            "failsafe-go",
            "failsafe-go 0.9.8",
            "https://github.com/failsafe-go/failsafe-go",
            "With",
            go=True,
        ),
    )
}
