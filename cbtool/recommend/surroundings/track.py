"""What settings would have done on the log itself: every breaker's run, judged by the incidents."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from cbtool.recommend.surroundings.tally import hits, inside, passed_of, tally_of, track_of
from cbtool.simulation.fast import run_spells
from cbtool.simulation.traffic import Traffic, traffic_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from cbtool.breaker.config import BreakerConfig
    from cbtool.recommend.findings import Track
    from cbtool.recommend.model import Budget
    from cbtool.recommend.reading.trace import Trace
    from cbtool.recommend.surroundings.tally import Tally


class _Member(NamedTuple):
    """One breaker's calls."""

    traffic: Traffic
    bad: NDArray[np.bool_]
    inside: NDArray[np.bool_]
    spans: NDArray[np.int64]
    """Its incidents, those that did not pass its calls by: (from, to) nanoseconds."""


class Logbook:
    """The log as each of its breakers saw it, ready for many settings to be tried on.

    Args:
        trace: the calls that count.
        instance: by call, which breaker it goes to.
        spans: the incidents, (from, to) in nanoseconds, in order.
        slow_from: the healthy p99 in seconds: a slower call is bad, too; None: no call is.
        budget: its weights give the cost.
        seed: of the waits' jitter.
        own: by breaker, incidents that only its calls had.
        left_out_ns: time that the trace's clock leaves out, in which the breakers are taken to be closed.
    """

    def __init__(
        self,
        trace: Trace,
        instance: NDArray[np.int32],
        spans: Sequence[tuple[int, int]],
        slow_from: float | None,
        budget: Budget,
        *,
        seed: int = 0,
        own: Mapping[int, Sequence[tuple[int, int]]] | None = None,
        left_out_ns: int = 0,
    ) -> None:
        bad = trace.bad(slow_from)
        self._seed = seed
        self._budget = budget
        verdicts = trace.verdicts()
        self._members = []
        for number, calls in enumerate(_owned(instance)):
            traffic = traffic_of(trace.start[calls], trace.duration[calls], verdicts[calls])
            mine = sorted([*spans, *(own or {}).get(number, ())])
            hit = [span for span in mine if hits(_share_bad(traffic, bad[calls], span), budget)]
            theirs = np.array(hit, np.int64).reshape(-1, 2)
            self._members.append(_Member(traffic, bad[calls], inside(traffic.start_ns, theirs), theirs))
        self._end = max((member.traffic.end for member in self._members), default=0)
        self._watched_ns = self._end - (int(trace.start[0]) if len(trace) else 0) + left_out_ns

    @property
    def breakers(self) -> int:
        """How many there are."""
        return len(self._members)

    def track(self, config: BreakerConfig) -> Track:
        """Return what settings would have done.

        Raises:
            ConfigurationError: the settings need health checks, which a log does not answer.
        """
        with ThreadPoolExecutor(2) as pool:  # the kernel runs without the interpreter's lock
            numbered = enumerate(self._members)
            tallies = list(
                pool.map(lambda each: self._tally(each[1], config, self._seed + each[0]), numbered)
            )
        return track_of(tallies, self._budget, self._watched_ns)

    def open_shares(self, config: BreakerConfig, edges: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return which share of the breakers was not closed in each stretch of time, 0 to 1.

        Args:
            config: the settings.
            edges: nanoseconds at which the stretches begin, and one for the end.
        """
        total = np.zeros(len(edges) - 1)
        for number, member in enumerate(self._members):
            run = run_spells(member.traffic, config, seed=self._seed + number)
            closed = np.append(run.closed_ns, self._end)[: len(run.opened_ns)]
            # Time open before each edge: all of the spells before it, and the part of the one that it is in.
            before = np.concatenate(([0], np.cumsum(closed - run.opened_ns)))
            spell = np.searchsorted(run.opened_ns, edges, side="right")
            over = np.where(spell > 0, closed[np.maximum(spell, 1) - 1] - edges, 0.0) if len(closed) else 0.0
            total += np.diff(before[spell] - np.maximum(over, 0.0))
        return total / np.maximum(np.diff(edges), 1.0) / max(1, len(self._members))

    def _tally(self, member: _Member, config: BreakerConfig, seed: int) -> Tally:
        run = run_spells(member.traffic, config, seed=seed)
        passed = passed_of(run.permitted == 0, member.bad, member.inside)
        return tally_of(passed, run.opened_ns, run.closed_ns, member.spans, self._end)


def _share_bad(traffic: Traffic, bad: NDArray[np.bool_], span: tuple[int, int]) -> float:
    """Return which share of one breaker's calls was bad in a stretch of time; an incident may pass it by."""
    first, last = np.searchsorted(traffic.start_ns, [span[0], span[1] + 1])
    return float(bad[first:last].mean()) if last > first else 0.0


def _owned(instance: NDArray[np.int32]) -> list[NDArray[np.intp]]:
    """Return the calls of each breaker, in their order."""
    if not len(instance) or not instance.any():
        return [np.arange(len(instance))]
    order = np.argsort(instance, kind="stable")
    return np.split(order, np.cumsum(np.bincount(instance))[:-1])
