"""A sweep over calls that do not fit in memory: all settings of a batch go through a part before the next.

A row is what `running.run_sweep` gives for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cbtool.breaker import State, Verdict
from cbtool.recommend.judgement import Judge, incidents_along
from cbtool.recommend.long_trace import LongTrace
from cbtool.simulation.long import Heard, LongRuns, Tally, flagged
from cbtool.sweeping.running import Outcome, Plan, Sweep, tried_all

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from cbtool.breaker import BreakerConfig
    from cbtool.recommend.model import Incident
    from cbtool.sweeping.axes import Axis
    from cbtool.traffic.outcomes import OutcomeRules
    from cbtool.traffic.parts import LongCalls

BATCH = 1000
"""Settings that go through the calls together; what a run remembers of its window is some kilobytes."""


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

    def simulated(configs: Sequence[BreakerConfig]) -> Iterator[Outcome]:
        for first in range(0, len(configs), BATCH):
            batch = [_Watched(incidents) for _ in configs[first : first + BATCH]]

            def hear(heard: Heard, batch: Sequence[_Watched] = batch) -> None:
                batch[heard.config].hear(heard)
                if step is not None:
                    step()

            runs = LongRuns(
                configs[first : first + BATCH], hear, instances=instances, seed=seed, epoch=calls.epoch
            )
            for part, last in flagged(calls):
                runs.advance(part, rules.verdicts(part), last=last)
            yield from (watched.outcome(failing) for watched in batch)

    return tried_all(
        plan,
        axes,
        simulated,
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
