"""The false-trip budget: how often a gate would open on the healthy background, on the safe side.

The worst of five views: chance (`chance.py`), the tail of the margin seen in the background, the same on
the background thinned to the quietest load (a burst of retries is 1 % by day and 100 % by night), filling
from an empty window after restarts, and what completes last when traffic stops (`stops.py`). A few known
bursts (a blip, an hour with one bad instance) say nothing about a tail: they are left out of it, and a gate
must ride through each of them with a margin, and through hardly less than all at any other moment.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from cbtool.recommend.candidates.moves import with_errors
from cbtool.recommend.false_trips.chance import Levels, cold_trip, levels_of, trips_per_second
from cbtool.recommend.false_trips.clusters import HARDLY, chance_of_fullest, clusters_after
from cbtool.recommend.false_trips.dealt import dealt_bounds, dealt_trips
from cbtool.recommend.false_trips.exposure import BlockMaxima
from cbtool.recommend.false_trips.few import NONE, Few
from cbtool.recommend.false_trips.margins import tripping
from cbtool.recommend.false_trips.tails import (
    KEPT,
    MOST_KEPT,
    FalseTrips,
    errors_asked,
    exposed_tail,
    fullest_of,
    tail_of,
)
from cbtool.recommend.false_trips.trip_interval import Range, counted_range, trip_range
from cbtool.recommend.false_trips.unseen import Unseen
from cbtool.recommend.findings import Estimate

if TYPE_CHECKING:
    from collections.abc import Sequence
    from concurrent.futures import Executor

    from numpy.typing import NDArray

    from cbtool.recommend.candidates.gates import Gate
    from cbtool.recommend.false_trips.dealt import Pooled
    from cbtool.recommend.false_trips.exposure import Exposure

_DAY = 86400.0
_RESTARTS_A_DAY = 12.0  # deployments, and closings after incidents; as often traffic stops
ANY_BUDGET = 1e9
"""False trips a day that no settings exceed, so that every view is looked at."""
BURST_MARGIN = 1.3
"""The next burst may be so many times as bad as those that were seen; more, where few were."""


class Guard:
    """Judges gates against the background.

    Args:
        background: all healthy time, with the bursts that are to be ridden through.
        calm: the same without them, where they are few, and as it would be at the quietest load.
        budget: trips a day; a gate that one view finds above it is not looked at by the others.
        margin: the next burst may be so many times as bad as the background's.
        few: what is known of the stretches that are left out of the tail.
    """

    def __init__(
        self,
        background: Exposure,
        calm: Sequence[Exposure],
        budget: float,
        margin: float = BURST_MARGIN,
        few: Few = NONE,
    ) -> None:
        self._budget = budget
        self._margin = margin
        self._few = few
        self.unseen = Unseen(
            background, calm[0], budget, bursts=few.bursts, margin=margin, replays=few.replays
        )
        self._background = background
        self._calm = calm
        self._levels: dict[tuple[int, float | None], Levels] = {}
        self._known: dict[Gate, FalseTrips] = {}
        self._clusters: dict[float | None, float] = {}

    @property
    def healthy_seconds(self) -> float:
        """The healthy time that one breaker was watched for."""
        return self._background.seconds / self._background.breakers

    def with_budget(self, budget: float) -> Guard:
        """Return a guard of the same traffic that holds gates to another budget."""
        other = Guard(self._background, self._calm, budget, self._margin, self._few)
        other._levels, other._clusters = self._levels, self._clusters  # of its own kind
        other._known = {gate: each for gate, each in self._known.items() if each.upper <= self._budget}
        return other

    def false_trips(self, gate: Gate) -> FalseTrips:
        """Return how often the gate trips falsely, for failures and slow calls together."""
        plain = gate._replace(slow_from=None, slow_threshold=100.0)
        if plain not in self._known:
            self._known[plain] = self._of_rate(plain, None, gate.threshold)
        if gate.slow_from is None:
            return self._known[plain]
        if gate not in self._known:
            failed = self._known[plain]
            slow = self._of_rate(gate, gate.slow_from, gate.slow_threshold)
            self._known[gate] = FalseTrips(*(a + b for a, b in zip(failed, slow, strict=True)))
        return self._known[gate]

    def at_restarts(self, gate: Gate) -> float:
        """Return the false trips a day as windows fill anew, or traffic stops, which no log shows."""
        views = range(len(self._calm))
        return sum(max(self._at_restarts(index, gate, *rule) for index in views) for rule in gate.rules())

    def foresee(self, gates: Sequence[Gate], pool: Executor) -> None:
        """Find the peaks of the gates' windows on all cores, which would else be found one by one.

        Args:
            gates: one of each window and slow-call threshold is enough.
            pool: of threads.
        """
        views = {id(view): view for view in (self._background, *self._calm)}.values()
        wanted = {
            (gate.window, gate.counted, slow_from): gate
            for gate in gates
            for slow_from in (None, gate.slow_from)
        }
        tasks = []
        for view in views:
            for (_, _, slow_from), gate in wanted.items():
                seen = self._pooled(view, slow_from) or view
                seen.bad(slow_from)  # not by several threads at once
                tasks.append(pool.submit(seen.peaks, gate, slow_from))
        for task in tasks:
            task.result()

    def estimate(self, gate: Gate, seed: int) -> Estimate:
        """Return how often a day the gate trips falsely, with a 90 % interval (see `trip_interval`).

        What was not seen is expected, too: no gate is held to it (see `unseen`).

        Args:
            gate: when the breaker opens.
            seed: of the resamples.
        """
        rules = gate.rules()
        cold = _DAY * sum(self._in_bursts(gate, *rule, margin=1.0) for rule in rules)
        unseen, most = self.unseen.to_expect(gate, clusters=self._clustered(None))
        value = self.false_trips(gate).likely + cold + unseen
        ranges = [self._range(gate, *rule, seed) for rule in rules]
        low, high = (_DAY * sum(ends) for ends in zip(*ranges, strict=True))
        return Estimate(value, min(value, low), max(value, high, most))

    def _range(self, gate: Gate, slow_from: float | None, threshold: float, seed: int) -> Range:
        found = trip_range(
            self._calm,
            gate,
            slow_from,
            clusters=self._clustered(slow_from),
            restarts=_RESTARTS_A_DAY / _DAY,
            seed=seed,
        )
        if self._background is self._calm[0]:
            return found
        # The bursts that are left out of the tail: those that would trip, and what chance may have hidden.
        bursts = self._background.block_maxima(gate, slow_from, threshold).positive * self._margin
        count, seconds = int((bursts >= 1.0).sum()), self._background.seconds
        high = counted_range(count, seconds).high if count else 0.0
        if slow_from is None and self._few.replays is not None:
            high = max(high, self._few.replays.often(gate))
        high = max(high, self._in_bursts(gate, slow_from, threshold, self._margin))
        return found.or_more(Range(0.0, high))

    def bounds_on_resamples(self, gates: Sequence[Gate], draws: int, seed: int) -> NDArray[np.float64]:
        """Return the tail's bound of failures' false trips a day, with the background's blocks redrawn.

        A bootstrap with Poisson weights, over blocks of two windows, of which only the fullest weigh.

        Args:
            gates: that differ in their errors and calls alone, so that their blocks are the same.
            draws: how many resamples.
            seed: of the weights.

        Returns:
            Shape (draws, gates); the worst of the views of the background.
        """
        most = np.zeros((draws, len(gates)))
        weight, clusters = self._tail_counts(None), self._clustered(None)
        for number, exposure in enumerate(self._calm):
            if exposure.pooled is not None and clusters:
                per_second = dealt_bounds(exposure.pooled, gates, self._margin, draws, [seed, 67, number])
                most = np.maximum(most, _DAY * exposure.share * per_second)
                continue
            kept, copies = self._kept(exposure), exposure.copies
            random = np.random.default_rng([seed, 67, number])
            maxima = [exposure.block_maxima(gate, None, gate.threshold) for gate in gates]
            fullest = fullest_of(maxima[len(gates) // 2].positive)
            weights = random.poisson(1.0, (draws, len(fullest)))
            for column, (gate, own) in enumerate(zip(gates, maxima, strict=True)):
                errors = errors_asked(exposure, gate, gate.threshold)
                for row in range(draws):
                    drawn = BlockMaxima(np.repeat(own.positive[fullest], weights[row]), own.blocks)
                    bound = (
                        weight
                        * exposure.share
                        * _DAY
                        * tail_of(drawn, errors, exposure.seconds, kept, copies, clusters=clusters).upper
                    )
                    most[row, column] = max(most[row, column], bound)
        return most

    def _of_rate(self, gate: Gate, slow_from: float | None, threshold: float) -> FalseTrips:
        found = FalseTrips(0.0, 0.0, 0.0)
        for index in range(len(self._calm)):
            by_chance = self._by_chance(index, gate, slow_from, threshold)
            found = found.or_worse(FalseTrips(0.0, by_chance, by_chance))
        if found.upper <= self._budget and self._few.mild is not None:
            usual = self._levels_of(0, slow_from)
            trips = self._few.mild.trips(gate, slow_from, threshold, float(usual.bad @ usual.time))
            found = found.or_worse(FalseTrips(0.0, *(_DAY * rate for rate in trips)))
        if found.upper <= self._budget:
            found = found.or_worse(self._seen(gate, slow_from, threshold))
        if found.upper <= self._budget and slow_from is None and self._few.replays is not None:
            elsewhere = _DAY * self._few.replays.plainly(gate)
            found = found.or_worse(FalseTrips(0.0, elsewhere, elsewhere))
        for exposure in self._calm if found.upper <= self._budget else ():
            pooled = self._pooled(exposure, slow_from)
            if pooled is not None:
                if exposure is not self._background:
                    found = found.or_worse(self._of_deals(exposure, pooled, gate, slow_from, threshold))
                continue
            weight = self._tail_counts(slow_from)
            kept, clusters = self._kept(exposure), self._clustered(slow_from)
            tail = exposed_tail(exposure, gate, slow_from, threshold, kept, clusters=clusters)
            found = found.or_worse(FalseTrips(tail.seen, *(max(tail.seen, weight * x) for x in tail[1:])))
        return found

    def _kept(self, exposure: Exposure) -> int:
        """Return how many blocks tell the tail: more where each burst may be among them more than once.

        Several breakers see the same bursts, and where the load varies they meet in the night's long windows.
        """
        return KEPT if len(self._calm) == 1 and exposure.breakers <= exposure.copies else MOST_KEPT

    def _tail_counts(self, slow_from: float | None) -> float:
        """Return what the tail of clusters counts: all, where bad calls come in clusters.

        Where no window of any length was fuller than chance fills some, clusters are thought unlikely, and
        the tail that they would have counts for little; for more, the fuller some were.
        """
        return 1.0 if self._clustered(slow_from) else clusters_after(self._chance_of(slow_from))

    def _clustered(self, slow_from: float | None) -> bool:
        """Return whether bad calls were seen to come in clusters."""
        return self._chance_of(slow_from) < HARDLY

    def _chance_of(self, slow_from: float | None) -> float:
        """Return how likely chance alone fills windows as full as they were, whatever their length.

        Where each call was dealt out by chance, all of them tell: several deals of one burst are one burst.
        """
        if slow_from not in self._clusters:
            pooled = self._calm[0].pooled
            seen = self._calm[0] if pooled is None else pooled.exposure
            levels = (
                self._levels_of(0, slow_from) if pooled is None else levels_of(seen.end, seen.bad(slow_from))
            )
            self._clusters[slow_from] = chance_of_fullest(seen, levels, slow_from)
        return self._clusters[slow_from]

    def _by_chance(self, index: int, gate: Gate, slow_from: float | None, threshold: float) -> float:
        levels, exposure = self._levels_of(index, slow_from), self._calm[index]
        full = exposure.share * _DAY * trips_per_second(levels, gate, threshold)
        if full > self._budget:
            return full
        return max(full, self._at_restarts(index, gate, slow_from, threshold))

    def _at_restarts(self, index: int, gate: Gate, slow_from: float | None, threshold: float) -> float:
        levels, exposure = self._levels_of(index, slow_from), self._calm[index]
        restarts = exposure.share * _RESTARTS_A_DAY
        cold = restarts * cold_trip(levels, gate, threshold)
        if cold > self._budget:
            return cold
        cold = max(cold, restarts * exposure.cold_trips(gate, slow_from, threshold))
        if not index and not self._few.hurried:
            cold = max(cold, _DAY * self._in_bursts(gate, slow_from, threshold, self._margin))
        if cold > self._budget:
            return cold
        return max(cold, restarts * exposure.stop_trips(gate, slow_from, threshold))

    def _in_bursts(self, gate: Gate, slow_from: float | None, threshold: float, margin: float) -> float:
        """Return how often a second the few bursts trip a window that happens to fill while one lasts."""
        if self._background is self._calm[0]:
            return 0.0
        worse = with_errors(gate, math.ceil(gate.errors / margin))
        return _RESTARTS_A_DAY / _DAY * self._background.cold_trips(worse, slow_from, threshold)

    def _seen(self, gate: Gate, slow_from: float | None, threshold: float) -> FalseTrips:
        """Return the trips a day on all of the background, its bursts a little worse than they were."""
        found = FalseTrips(0.0, 0.0, 0.0)
        for view in (self._background, self._few.busiest):
            if view is None:
                continue
            pooled = self._pooled(view, slow_from)
            if pooled is not None:
                found = found.or_worse(self._of_deals(view, pooled, gate, slow_from, threshold))
                continue
            maxima = view.block_maxima(gate, slow_from, threshold).positive
            seen = _DAY * int(tripping(maxima, self._margin)) / self._background.seconds
            found = found.or_worse(FalseTrips(seen, seen, seen))
        return found

    def _pooled(self, exposure: Exposure, slow_from: float | None) -> Pooled | None:
        """Return the calls of all breakers, where bursts tell and a breaker's part of them is luck."""
        bursts = all(exposure is not calm for calm in self._calm)
        return exposure.pooled if bursts or self._clustered(slow_from) else None

    def _of_deals(
        self, exposure: Exposure, pooled: Pooled, gate: Gate, slow_from: float | None, threshold: float
    ) -> FalseTrips:
        found = dealt_trips(pooled, gate, slow_from, threshold, self._margin)
        return FalseTrips(*(_DAY * exposure.share * rate for rate in found))

    def _levels_of(self, index: int, slow_from: float | None) -> Levels:
        key = (index, slow_from)
        if key not in self._levels:
            exposure = self._calm[index]
            self._levels[key] = levels_of(exposure.end, exposure.bad(slow_from))
        return self._levels[key]
