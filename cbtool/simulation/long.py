"""Breakers over calls that come part by part, for any number of configurations at once.

Each part is split over the breakers, and of each breaker's calls a section is made for each way in which
configurations see them; all runs go through it before the next. What is in memory is a part and what the
runs still need of those before it.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from cbtool.breaker import Outcome, Verdict
from cbtool.simulation.engine import Engine
from cbtool.simulation.run import passage
from cbtool.simulation.runs import run_of
from cbtool.simulation.sections import Arrivals, Cutter, View, view_of
from cbtool.simulation.traffic import outcomes_of
from cbtool.traffic.parts import PART
from cbtool.traffic.thinning import Splitter

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from numpy.typing import NDArray

    from cbtool.breaker import BreakerConfig
    from cbtool.simulation.run_parts import Run, Step
    from cbtool.simulation.sections import Section
    from cbtool.traffic.calls import Calls
    from cbtool.traffic.parts import LongCalls


class Share(NamedTuple):
    """What one breaker gets of a part of the calls: n of them, and what they count as.

    Attributes:
        arrivals: the calls.
        failing: uint8, 1 for each that fails by the outcome rules.
        healthy: uint8, 1 for each that succeeds, slowly or not.
    """

    arrivals: Arrivals
    failing: NDArray[np.uint8]
    healthy: NDArray[np.uint8]


class Heard(NamedTuple):
    """What one configuration's breaker did with a part.

    Attributes:
        config: the configuration's number.
        breaker: the breaker's.
        share: its new calls.
        section: these, and those that it began with.
        step: what it did with the section.
        permitted: uint8, by new call: 1 where it was let through.
    """

    config: int
    breaker: int
    share: Share
    section: Section
    step: Step
    permitted: NDArray[np.uint8]


class LongRuns:
    """Runs that have not begun.

    Args:
        configs: without health checks.
        hear: is told what each did with each part; of one configuration, one call at a time.
        instances: over how many breakers the calls are split.
        seed: of the split and of the waits' jitter.
        epoch: Unix seconds of time 0.
        tracing: whether states around each call are wanted.
        timing: whether times to open are.
        engine: which implementation.

    Attributes:
        end_ns: when the last call so far completes.

    Raises:
        ConfigurationError: a configuration has a health check.
    """

    def __init__(
        self,
        configs: Sequence[BreakerConfig],
        hear: Callable[[Heard], None],
        *,
        instances: int = 1,
        seed: int = 0,
        epoch: float = 0.0,
        tracing: bool = False,
        timing: bool = False,
        engine: Engine = Engine.KERNEL,
    ) -> None:
        self.end_ns = 0
        self._configs = configs
        self._hear = hear
        self._splitter = Splitter(instances, seed)
        self._seen = 0
        views: dict[View, list[int]] = {}
        # Those with one slow threshold in a row: what results count as is held for one at a time.
        for number in sorted(range(len(configs)), key=lambda number: configs[number].slow_above or 0.0):
            views.setdefault(view_of(configs[number]), []).append(number)
        self._lanes = [
            _Lane(
                breaker,
                Cutter(view),
                {
                    number: run_of(
                        configs[number],
                        seed=seed + breaker,
                        epoch=epoch,
                        tracing=tracing,
                        timing=timing,
                        engine=engine,
                    )
                    for number in numbers
                },
            )
            for breaker in range(instances)
            for view, numbers in views.items()
        ]

    def advance(
        self,
        calls: Calls,
        verdicts: NDArray[np.uint8],
        *,
        last: bool,
        which: NDArray[np.int32] | None = None,
    ) -> None:
        """Go through the next part.

        Args:
            calls: n calls that start no earlier than those before.
            verdicts: uint8, n values of `Verdict`.
            last: whether none follows.
            which: int32, n numbers of breakers; None: they are split by the seed.
        """
        ends = calls.end_ns
        self.end_ns = max(self.end_ns, int(ends.max())) if len(ends) else self.end_ns
        shares = self._shares(calls, verdicts, self._splitter.split(len(calls)) if which is None else which)
        with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
            for lane in self._lanes:
                self._through(lane, shares[lane.breaker], pool, last=last)

    def _shares(self, calls: Calls, verdicts: NDArray[np.uint8], which: NDArray[np.int32]) -> list[Share]:
        tags = np.arange(self._seen, self._seen + len(calls)) if calls.position is None else calls.position
        self._seen += len(calls)
        arrivals = Arrivals(calls.start_ns, calls.duration_ns, verdicts, tags.astype(np.int64))
        shares = []
        for breaker in range(max(lane.breaker for lane in self._lanes) + 1):
            own = arrivals.take(which == breaker)
            failing = (own.verdicts == Verdict.FAILURE).view(np.uint8)
            shares.append(Share(own, failing, (own.verdicts == Verdict.SUCCESS).view(np.uint8)))
        return shares

    def _through(self, lane: _Lane, share: Share, pool: ThreadPoolExecutor, *, last: bool) -> None:
        section = lane.cutter.section(share.arrivals, last=last)

        def go(number: int) -> None:
            step = lane.runs[number].advance(section, self.end_ns if last else -1)
            permitted = step.permitted[section.behind :]
            self._hear(Heard(number, lane.breaker, share, section, step, permitted))

        for threshold, numbers in self._by_threshold(lane):
            section.traffic.results(threshold)  # before the threads start, which would each compute it
            for _ in pool.map(go, numbers):
                pass
            section.traffic.forget_results()
        if not last:
            moves = lane.cutter.close(section, min(run.needed for run in lane.runs.values()))
            for run in lane.runs.values():
                run.move(moves)

    def _by_threshold(self, lane: _Lane) -> Iterator[tuple[float | None, list[int]]]:
        groups: dict[float | None, list[int]] = {}
        for number in lane.runs:
            groups.setdefault(self._configs[number].slow_above, []).append(number)
        yield from groups.items()


class _Lane(NamedTuple):
    """Runs of one breaker that see its traffic alike, by their configurations' numbers."""

    breaker: int
    cutter: Cutter
    runs: dict[int, Run]


def part_count(calls: LongCalls) -> int:
    """Return how many parts `flagged` makes of calls."""
    return -(-len(calls) // PART)


def flagged(calls: LongCalls, texts: Collection[str] = ()) -> Iterator[tuple[Calls, bool]]:
    """Yield the parts of calls, with those of `texts` that are known, and whether each is the last."""
    seen = 0
    for part in calls.parts(PART, texts):
        seen += len(part)
        yield part, seen == len(calls)


class Tally:
    """What a configuration's breakers let through."""

    def __init__(self) -> None:
        self.permitted = 0
        self.failed_shed = 0
        self.healthy_refused = 0

    def add(self, heard: Heard) -> None:
        """Count a part."""
        through = passage(heard.permitted, heard.share.failing, heard.share.healthy)
        self.permitted += through.permitted
        self.failed_shed += through.failed_shed
        self.healthy_refused += through.healthy_refused


class Counted:
    """What the calls that were let through count as.

    Args:
        slow_above: seconds from which on a call is slow; None: none is.
    """

    def __init__(self, slow_above: float | None) -> None:
        self._slow_above = slow_above
        self.calls = 0
        self.failures = 0
        self.slow = 0

    def add(
        self,
        duration_ns: NDArray[np.int64],
        verdicts: NDArray[np.uint8],
        permitted: NDArray[np.uint8],
    ) -> None:
        """Count some calls; arrays by call."""
        outcomes = outcomes_of(np.maximum(duration_ns, 0), verdicts, self._slow_above)
        counted = outcomes[(permitted == 1) & (outcomes != Outcome.IGNORED)]
        self.calls += len(counted)
        self.failures += int((counted & 1).sum())
        self.slow += int((counted >> 1).sum())

    def rates(self) -> dict[str, float]:
        """Return the rates that a `Threshold` may name, in percent; none where nothing was counted."""
        if not self.calls:
            return {}
        return {
            "failure_rate": 100.0 * (self.failures / self.calls),
            "slow_call_rate": 100.0 * (self.slow / self.calls),
        }
