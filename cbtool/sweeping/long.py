"""A sweep over calls that do not fit in memory: all settings of a batch go through a part before the next.

A row is what `running.run_sweep` gives for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np

from cbtool.breaker import State, Verdict
from cbtool.recommend.reading.long_trace import LongTrace
from cbtool.recommend.search.judgement import Judge, incidents_along
from cbtool.simulation.long import Heard, LongRuns, Tally, flagged, part_count
from cbtool.sweeping.running import Outcome, Plan, Sweep, tried_all

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from cbtool.breaker import BreakerConfig
    from cbtool.recommend.model import Incident
    from cbtool.sweeping.axes import Axis
    from cbtool.traffic.calls import Calls
    from cbtool.traffic.outcomes import OutcomeRules
    from cbtool.traffic.parts import LongCalls

BATCH = 1000
"""Settings that go through the calls together; what a run remembers of its window is some kilobytes."""


class Task(NamedTuple):
    """What is known of the traffic that every point of a sweep is tried on, and how it is tried.

    Attributes:
        rules: what calls count as.
        incidents: what trips are judged by.
        failing: calls that fail by the rules.
        instances: over how many breakers the calls are split.
        seed: of the split and of the waits' jitter.
        epoch: Unix seconds of time 0.
    """

    rules: OutcomeRules
    incidents: Sequence[Incident]
    failing: int
    instances: int
    seed: int
    epoch: float


class Runner(Protocol):
    """Takes settings through traffic."""

    def part_count(self, calls: LongCalls) -> int:
        """Return in how many parts calls are gone through."""

    def outcomes(
        self, calls: LongCalls, task: Task, configs: Sequence[BreakerConfig], step: Callable[[], None] | None
    ) -> Iterator[Outcome]:
        """Yield what each configuration does, in order.

        Args:
            calls: the traffic.
            task: what is known of it.
            configs: without health checks.
            step: called after each configuration's way through each part for each breaker.
        """


class Here:
    """This machine."""

    def part_count(self, calls: LongCalls) -> int:
        """Return in how many parts calls are gone through."""
        return part_count(calls)

    def outcomes(
        self, calls: LongCalls, task: Task, configs: Sequence[BreakerConfig], step: Callable[[], None] | None
    ) -> Iterator[Outcome]:
        """Yield what each configuration does; see `Runner`."""
        for first in range(0, len(configs), BATCH):
            batch = Batch(configs[first : first + BATCH], task, step)
            for part, last in flagged(calls):
                batch.advance(part, task.rules.verdicts(part), last=last)
            yield from batch.outcomes()


class Batch:
    """Settings on their way through traffic.

    Args:
        configs: without health checks.
        task: what is known of it.
        step: as in `Runner.outcomes`.
    """

    def __init__(
        self, configs: Sequence[BreakerConfig], task: Task, step: Callable[[], None] | None = None
    ) -> None:
        self._watched = [_Watched(task.incidents) for _ in configs]
        self._failing = task.failing
        self._step = step
        self._runs = LongRuns(configs, self._hear, instances=task.instances, seed=task.seed, epoch=task.epoch)

    def advance(self, calls: Calls, verdicts: NDArray[np.uint8], *, last: bool) -> None:
        """Go through the next part; see `LongRuns.advance`."""
        self._runs.advance(calls, verdicts, last=last)

    def outcomes(self) -> list[Outcome]:
        """Return what each configuration did."""
        return [watched.outcome(self._failing) for watched in self._watched]

    def _hear(self, heard: Heard) -> None:
        self._watched[heard.config].hear(heard)
        if self._step is not None:
            self._step()


def run_long_sweep(
    calls: LongCalls,
    rules: OutcomeRules,
    plan: Plan,
    axes: Sequence[Axis],
    *,
    instances: int = 1,
    seed: int = 0,
    step: Callable[[], None] | None = None,
    known: Mapping[int, Outcome] | None = None,
    keep: Callable[[int, Outcome], None] | None = None,
    runner: Runner | None = None,
) -> Sweep:
    """Simulate every point.

    Args:
        calls: n calls.
        rules: what they count as.
        plan: the points.
        axes: what varies.
        instances: over how many breakers the calls are split.
        seed: of the split and of the waits' jitter.
        step: called after each point's way through each part.
        known: what points do that need not be simulated, by their number among the valid ones.
        keep: called with each number and outcome that was simulated.
        runner: what takes the points through the calls; None: this machine.

    Raises:
        UnreachableError: there is no room on the disk.
    """
    trace = LongTrace()
    failing = healthy = 0
    for part, _ in flagged(calls):
        verdicts = rules.verdicts(part)
        failing += int(np.count_nonzero(verdicts == Verdict.FAILURE))
        healthy += int(np.count_nonzero(verdicts == Verdict.SUCCESS))
        trace.append(part, verdicts)
    incidents = incidents_along(trace)
    trace.close()

    task = Task(rules, incidents, failing, instances, seed, calls.epoch)
    runner = runner or Here()
    return tried_all(
        plan,
        axes,
        lambda configs: runner.outcomes(calls, task, configs, step),
        known=known,
        keep=keep,
        incidents=len(incidents),
        failing=failing,
        healthy=healthy,
    )


class _Watched:
    """What one configuration did so far."""

    def __init__(self, incidents: Sequence[Incident]) -> None:
        self._tally = Tally()
        self._judge = Judge(incidents)
        self._trips = 0

    def hear(self, heard: Heard) -> None:
        log = heard.step.log
        opened = log[(log[:, 1] == State.CLOSED) & (log[:, 2] == State.OPEN), 0]
        self._tally.add(heard)
        self._trips += len(opened)
        self._judge.hear(opened / 1e9)

    def outcome(self, failing: int) -> Outcome:
        judgement = self._judge.judgement()
        return Outcome(
            trips=self._trips,
            false_trips=judgement.false_trips,
            caught=judgement.caught,
            detection_delay=judgement.mean_delay,
            failed_shed=self._tally.failed_shed,
            let_through=failing - self._tally.failed_shed,
            healthy_refused=self._tally.healthy_refused,
        )
