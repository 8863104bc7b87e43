"""What settings would have done on a log that does not fit in memory; see `track`."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

import numpy as np

from cbtool.breaker import State, Verdict
from cbtool.recommend.reading.columns import pieces
from cbtool.recommend.surroundings.tally import Passed, Tally, hits, inside, passed_of, tally_of, track_of
from cbtool.simulation.long import LongRuns
from cbtool.traffic.calls import Calls

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from cbtool.breaker.config import BreakerConfig
    from cbtool.recommend.findings import Track
    from cbtool.recommend.model import Budget
    from cbtool.recommend.reading.columns import Column
    from cbtool.recommend.reading.picked import PickedTrace
    from cbtool.simulation.long import Heard


class LongLogbook:
    """The log as each of its breakers saw it.

    Args:
        trace: the calls that count.
        which: by call, which breaker it goes to.
        spans: the incidents, (from, to) in nanoseconds, in order.
        slow_from: the healthy p99 in seconds: a slower call is bad, too; None: no call is.
        budget: its weights give the cost.
        seed: of the waits' jitter.
    """

    def __init__(
        self,
        trace: PickedTrace,
        which: Column,
        spans: Sequence[tuple[int, int]],
        slow_from: float | None,
        budget: Budget,
        *,
        seed: int = 0,
    ) -> None:
        self._trace = trace
        self._which = which
        self._slow_ns = None if slow_from is None else round(slow_from * 1e9)
        self._budget = budget
        self._seed = seed
        end, breakers = 0, 1
        for start, duration, number in pieces(trace.start, trace.duration, which):
            end = max(end, int((start + duration).max()))
            breakers = max(breakers, int(number.max()) + 1)
        self._end = end
        self._spans = self._hit(sorted(spans), breakers)

    def tracks(self, configs: Sequence[BreakerConfig]) -> list[Track]:
        """Return what each configuration would have done."""
        kept = [[_Kept() for _ in self._spans] for _ in configs]

        def hear(heard: Heard) -> None:
            arrivals, mine = heard.share.arrivals, kept[heard.config][heard.breaker]
            bad = arrivals.verdicts == Verdict.FAILURE
            if self._slow_ns is not None:
                bad |= arrivals.duration_ns > self._slow_ns
            during = inside(arrivals.start_ns, self._spans[heard.breaker])
            mine.passed = mine.passed.and_of(passed_of(heard.permitted == 0, bad, during))
            mine.logs.append(heard.step.log[:, :3])

        runs = LongRuns(configs, hear, instances=len(self._spans), seed=self._seed)
        done = 0
        for start, duration, failed, which in pieces(
            self._trace.start, self._trace.duration, self._trace.failed, self._which
        ):
            done += len(start)
            calls = Calls(start, duration, np.zeros(len(start), np.int16), np.zeros(len(start), np.uint8))
            verdicts = failed.astype(np.uint8) * np.uint8(Verdict.FAILURE)
            runs.advance(calls, verdicts, last=done == len(self._trace), which=which)
        watched = self._end - (int(self._trace.start[0]) if len(self._trace) else 0)
        return [
            track_of(
                [each.tally(spans, self._end) for each, spans in zip(mine, self._spans, strict=True)],
                self._budget,
                watched,
            )
            for mine in kept
        ]

    def _hit(self, spans: Sequence[tuple[int, int]], breakers: int) -> list[NDArray[np.int64]]:
        """Return for each breaker the incidents that did not pass its calls by."""
        hit: list[list[tuple[int, int]]] = [[] for _ in range(breakers)]
        for span in spans:
            first, behind = (bisect_left(self._trace.start, at) for at in (span[0], span[1] + 1))
            calls, bad = (np.zeros(breakers, np.int64) for _ in range(2))
            chosen = (self._trace.duration, self._trace.failed, self._which)
            for duration, failed, which in pieces(*chosen, first=first, behind=behind):
                lost = failed if self._slow_ns is None else failed | (duration > self._slow_ns)
                calls += np.bincount(which, minlength=breakers)
                bad += np.bincount(which[lost], minlength=breakers)
            for number, share in enumerate((bad / np.maximum(calls, 1)).tolist()):
                if hits(share, self._budget):
                    hit[number].append(span)
        return [np.array(mine, np.int64).reshape(-1, 2) for mine in hit]


class _Kept:
    """What is known of one breaker so far."""

    def __init__(self) -> None:
        self.passed = Passed()
        self.logs: list[NDArray[np.int64]] = []

    def tally(self, spans: NDArray[np.int64], end: int) -> Tally:
        """Return what it did in all."""
        log = np.concatenate([np.zeros((0, 3), np.int64), *self.logs])
        source, target = log[:, 1], log[:, 2]
        opened = log[(source == State.CLOSED) & (target != State.CLOSED), 0]
        closed = log[(source != State.CLOSED) & (target == State.CLOSED), 0]
        return tally_of(self.passed, opened, closed, spans, end)
