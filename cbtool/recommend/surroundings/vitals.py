"""The traffic's vital signs, as a profile's evidence: what `verify` later compares to tell drift."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from cbtool.profiles.evidence import ProfileEvidence
from cbtool.recommend.findings import Estimate
from cbtool.recommend.reading.columns import count, pieces
from cbtool.recommend.reading.holes import holes, seconds_in, without
from cbtool.recommend.surroundings.resamples import HIGH, LOW
from cbtool.version import __version__

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cbtool.recommend.candidates.gates import Gate
    from cbtool.recommend.reading.columns import TraceColumns

_BLOCKS = 100  # of healthy time, that are drawn from
_IN_A_ROW = 5  # of these make one block of the bootstrap
_DRAWS = 400
_BINS = 200  # of time, that quantiles of the load are of
_CALLS_A_BIN = 10
_AROUND = (0.5, 20.0)  # times the healthy p99, between which that of unusual blocks may lie, too


@dataclass(frozen=True, slots=True)
class Vitals:
    """How healthy traffic is, and how much of it there is.

    Attributes:
        calls: healthy ones.
        failure_rate: percent of them that fail, with its interval (90 %, moving-block bootstrap).
        p99: their 99th percentile of duration in seconds, with its interval; None without durations.
        loads: calls a second that ONE breaker sees: quantiles 5, 50 and 95 % over equal stretches of time.
    """

    calls: int
    failure_rate: Estimate
    p99: Estimate | None
    loads: tuple[float, float, float]


def vitals_of(
    trace: TraceColumns, healthy: TraceColumns, instances: int, seed: int, p99: float | None
) -> Vitals:
    """Return the vital signs.

    Args:
        trace: all calls that count.
        healthy: those outside incidents.
        instances: breakers that share them.
        seed: of the bootstrap.
        p99: the healthy one in seconds, as `healthy_p99` gives it; None: durations say nothing.
    """
    random = np.random.default_rng([seed, 61])
    blocks = max(1, min(_BLOCKS, len(healthy) // 20))
    cuts = np.linspace(0, len(healthy), blocks + 1).astype(np.int64)
    picks = _picks(blocks, random)
    failed = np.array([count(healthy.failed, a, b) for a, b in pairwise(cuts.tolist())])
    rates = 100.0 * failed[picks].sum(axis=1) / np.maximum(np.diff(cuts)[picks].sum(axis=1), 1)
    rate = _interval(100.0 * (float(failed.sum()) / len(healthy)) if len(healthy) else 0.0, rates)
    if not failed.sum():  # the rule of three: what may be true although none was seen
        rate = Estimate(0.0, 0.0, 300.0 / max(len(healthy), 1))
    return Vitals(
        len(healthy), rate, _p99(p99, healthy, cuts, failed, picks), load_quantiles(trace, instances)
    )


def load_quantiles(trace: TraceColumns, instances: int) -> tuple[float, float, float]:
    """Return calls a second that one breaker sees: quantiles 5 %, 50 % and 95 % over equal stretches."""
    low, usual, high = np.quantile(_stretches(trace, instances), [0.05, 0.5, 0.95])
    return float(low), float(usual), float(high)


def load_levels(trace: TraceColumns, instances: int, seed: int) -> tuple[Estimate, Estimate]:
    """Return the usual and the highest of these, with 90 % intervals by moving-block bootstrap."""
    rates = _stretches(trace, instances)
    drawn = rates[_picks(len(rates), np.random.default_rng([seed, 67]))]
    usual, high = (
        _interval(float(np.quantile(rates, quantile)), np.quantile(drawn, quantile, axis=1))
        for quantile in (0.5, 0.95)
    )
    return usual, high


def _stretches(trace: TraceColumns, instances: int) -> NDArray[np.float64]:
    """Return the load of one breaker, calls a second, in each of up to 200 equal stretches of time.

    Holes in the log are no time.
    """
    bins = int(np.clip(len(trace) // _CALLS_A_BIN, 1, _BINS))
    left_out = holes(trace)
    width = max(trace.span - seconds_in(left_out), 1e-9) / bins
    calls, first = np.zeros(bins, np.int64), trace.start[0]
    for (start,) in pieces(trace.start):
        time = without(start, left_out) - first
        place = np.minimum(time / 1e9 // width, bins - 1).astype(np.int64)
        calls += np.bincount(place, minlength=bins)
    return calls / width / instances


def evidence_of(
    vitals: Vitals,
    *,
    trace: TraceColumns,
    started: float,
    seed: int,
    instances: int,
    incidents: int,
    slow_rate: float | None,
    gate: Gate,
) -> ProfileEvidence:
    """Return the evidence that a profile carries.

    Args:
        vitals: of the traffic.
        trace: all calls that count.
        started: Unix seconds of the first; 0 where unknown.
        seed: of every random choice.
        instances: breakers that share the calls.
        incidents: that a breaker should act on.
        slow_rate: percent of the healthy calls beyond the slow-call threshold; None without one.
        gate: whose window is filled.
    """
    since, until = (_moment(started, seconds) for seconds in (0.0, trace.span))
    low, usual, high = (_plain(load) for load in vitals.loads)
    p99 = vitals.p99 or Estimate(None, None, None)
    usual_load, high_load = load_levels(trace, instances, seed)
    return ProfileEvidence(
        version=__version__,
        seed=seed,
        calls=len(trace),
        span=round(trace.span, 3),
        since=since,
        until=until,
        instances=instances,
        incidents=incidents,
        healthy_calls=vitals.calls,
        healthy_failure_rate=_plain(vitals.failure_rate.value),
        healthy_failure_rate_low=_plain(vitals.failure_rate.low),
        healthy_failure_rate_high=_plain(vitals.failure_rate.high),
        healthy_p99=_plain(p99.value),
        healthy_p99_low=_plain(p99.low),
        healthy_p99_high=_plain(p99.high),
        healthy_slow_rate=_plain(slow_rate),
        load_low=low,
        load_usual=usual,
        load_high=high,
        load_usual_low=_plain(usual_load.low),
        load_usual_high=_plain(usual_load.high),
        load_high_low=_plain(high_load.low),
        load_high_high=_plain(high_load.high),
        window_calls_low=_plain(gate.holds(vitals.loads[0])),
        window_calls_usual=_plain(gate.holds(vitals.loads[1])),
        window_calls_high=_plain(gate.holds(vitals.loads[2])),
    )


def _p99(
    p99: float | None,
    healthy: TraceColumns,
    cuts: NDArray[np.int64],
    failed: NDArray[np.int64],
    picks: NDArray[np.int64],
) -> Estimate | None:
    """The p99 with an interval from the blocks' tails: a resample's p99 is found among their quantiles."""
    if p99 is None:
        return None
    # How many calls of a block lie above each of some candidates for the p99 decides which of them it is.
    candidates = p99 * 1e9 * np.geomspace(*_AROUND, 400)
    totals = np.diff(cuts) - failed
    width = len(candidates) + 1
    counts, at = np.zeros((len(cuts) - 1) * width, np.int64), 0
    for duration, bad in pieces(healthy.duration, healthy.failed):
        # A few in a hundred; the others are above no candidate.
        late = np.flatnonzero((duration > candidates[0]) & ~bad)
        place = np.searchsorted(candidates, duration[late], side="left")
        block = np.searchsorted(cuts, late + at, side="right") - 1
        counts += np.bincount(block * width + place, minlength=len(counts))
        at += len(duration)
    table = counts.reshape(-1, width)
    above = table[:, ::-1].cumsum(axis=1)[:, ::-1][:, 1:]
    # How often each draw holds each block: one product in place of a sum over all that it holds.
    blocks = len(cuts) - 1
    rows = np.repeat(np.arange(len(picks)), picks.shape[1]) * blocks
    times = np.bincount(rows + picks.ravel(), minlength=len(picks) * blocks).reshape(len(picks), blocks)
    shares = (times @ above) / np.maximum(times @ totals, 1)[:, None]
    which = np.minimum((shares > 0.01).sum(axis=1), len(candidates) - 1)
    found = candidates[which] / 1e9
    # The method's own p99 leaves unusual blocks out; the interval is shifted onto it.
    return _interval(p99, found / np.median(found) * p99)


def _picks(blocks: int, random: np.random.Generator) -> NDArray[np.int64]:
    """Return for each draw the blocks in it: runs that may start anywhere."""
    row = min(_IN_A_ROW, blocks)
    starts = random.integers(0, blocks - row + 1, (_DRAWS, max(1, blocks // row)))
    picks: NDArray[np.int64] = (starts[:, :, None] + np.arange(row)).reshape(_DRAWS, -1)
    return picks


def _interval(value: float, draws: NDArray[np.float64]) -> Estimate:
    low, high = np.quantile(draws, [LOW, HIGH])
    return Estimate(value, min(value, float(low)), max(value, float(high)))


def _moment(started: float, seconds: float) -> str:
    if started <= 0:
        return ""
    try:
        return datetime.fromtimestamp(started + seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (OverflowError, ValueError, OSError):  # a log may say any year
        return ""


def _plain(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.4g}")
