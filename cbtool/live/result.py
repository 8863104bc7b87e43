"""What a live run came to: for people, for `--json`, and for thresholds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cbtool.breaker import Outcome, State
from cbtool.metrics.summary import Impact, RunSummary, time_to_reset
from cbtool.traffic.error_kind import ErrorKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cbtool.breaker import BreakerConfig
    from cbtool.live.engine import Engine
    from cbtool.live.plan import RunPlan
    from cbtool.traffic.calls import Calls


@dataclass(frozen=True)
class LiveResult:
    """A run's result. Latencies are seconds by percentile, empty where nothing was answered.

    Attributes:
        plan: what was to be done.
        summary: what the breakers did.
        elapsed: seconds from the start to the last answer.
        sent: calls that left for the target or the fallback.
        cut_short: of these, those that an interruption ended.
        from_intended: latency from the time at which a call was due.
        from_sent: latency from the sending.
        schedule_lag: how late calls were sent.
        outcomes: results by what they count as.
        errors: calls without an answer, by kind.
        error_reasons: the same, by reason.
        statuses: answers by status.
        bad_answers: results without an answer or with a status from 400.
        redirected: refused calls that the fallback target got.
        redirected_failed: of these, those that failed there, too.
        dropped: calls never sent, because too many were under way.
        bytes_in: of bodies.
        calls: the calls with a result, for a recommendation.
        interrupted: whether the run was stopped before its end.
        seed: of every random choice.
    """

    plan: RunPlan
    summary: RunSummary
    elapsed: float
    sent: int
    cut_short: int
    from_intended: Mapping[str, float]
    from_sent: Mapping[str, float]
    schedule_lag: Mapping[str, float]
    outcomes: Mapping[Outcome, int]
    errors: Mapping[str, int]
    error_reasons: Mapping[str, int]
    statuses: Mapping[int, int]
    bad_answers: int
    redirected: int
    redirected_failed: int
    dropped: int
    bytes_in: int
    calls: Calls
    interrupted: bool
    seed: int

    @property
    def config(self) -> BreakerConfig:
        """The settings that the breakers had."""
        return self.plan.config

    @property
    def results(self) -> int:
        """Calls to the target that have a result."""
        return sum(self.outcomes.values())

    def values(self) -> dict[str, float]:
        """Return the numbers that thresholds are held against; one that was not measured is absent."""
        summary = self.summary
        values = summary.values()
        values["dropped"] = self.dropped
        values["rate"] = self.sent / self.elapsed if self.elapsed else 0.0
        judged = self.results - self.outcomes.get(Outcome.IGNORED, 0)
        if judged:
            failed = sum(count for outcome, count in self.outcomes.items() if outcome.failed)
            slow = sum(count for outcome, count in self.outcomes.items() if outcome.slow)
            values["failure_rate"] = 100.0 * failed / judged
            values["slow_call_rate"] = 100.0 * slow / judged
        if self.results:
            values["error_rate"] = 100.0 * self.bad_answers / self.results
        if self.schedule_lag:
            values["schedule_lag_p99"] = self.schedule_lag["p99"]
        return {**values, **{name: v for name, v in self.from_intended.items() if name != "min"}}

    def to_json(self) -> dict[str, Any]:
        """Return the keys of `--json` that a live run has (design, section 6); times are seconds."""
        return {
            "command": self.plan.command,
            **self.summary.to_json(self.config),
            "sent": self.sent,
            "shadow": self.plan.shadow,
            "duration": self.elapsed,
            "interrupted": self.interrupted,
            "cut_short": self.cut_short,
            "latency": {"from_intended": dict(self.from_intended), "from_sent": dict(self.from_sent)},
            "outcomes": {outcome.label: self.outcomes.get(outcome, 0) for outcome in Outcome},
            "statuses": {str(status): count for status, count in sorted(self.statuses.items())},
            "errors": dict(self.errors),
            "error_reasons": dict(self.error_reasons),
            "redirected": self.redirected,
            "redirected_failed": self.redirected_failed,
            "dropped": self.dropped,
            "bytes_in": self.bytes_in,
            "schedule_lag": dict(self.schedule_lag),
            "profile": self.plan.profile or None,
            "seed": self.seed,
        }


def result_of(engine: Engine, end: float) -> LiveResult:
    """Return the result of a run that ended at `end`, in seconds since its start."""
    tally, plan = engine.tally, engine.plan
    spent = [lane.time_in_state(end) for lane in engine.lanes]
    transitions = tuple(sorted(tally.transitions, key=lambda e: (e.transition.time, e.instance)))
    summary = RunSummary(
        calls=tally.arrived,
        permitted=tally.permitted,
        not_permitted=tally.not_permitted,
        trips=tally.trips,
        transitions=transitions,
        time_in_state={state: sum(each[state] for each in spent) for state in State},
        time_to_reset=time_to_reset(transitions),
        time_to_open=tuple(seconds for lane in engine.lanes for seconds in lane.time_to_open),
        impact=Impact(tally.failed_shed, tally.healthy_refused) if plan.shadow else Impact(),
        instances=plan.instances,
    )
    return LiveResult(
        plan=plan,
        summary=summary,
        elapsed=end,
        sent=tally.sent,
        cut_short=tally.cut_short,
        from_intended=tally.from_intended.percentiles(),
        from_sent=tally.from_sent.percentiles(),
        schedule_lag=tally.lag.percentiles(),
        outcomes={outcome: tally.outcomes[outcome] for outcome in Outcome},
        errors={kind.label: tally.errors[kind] for kind in ErrorKind if kind},
        error_reasons=dict(tally.reasons.most_common()),
        statuses=dict(tally.statuses),
        bad_answers=tally.bad_answers,
        redirected=tally.redirected,
        redirected_failed=tally.redirected_failed,
        dropped=tally.dropped,
        bytes_in=tally.bytes_in,
        calls=tally.samples.calls(engine.epoch),
        interrupted=engine.interrupted,
        seed=plan.seed,
    )
