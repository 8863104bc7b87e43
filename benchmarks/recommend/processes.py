"""Traffic with the truth beside it: loads, healthy failures, and what goes wrong, drawn from a seed.

It shares no code with cbtool. Times are float seconds while a draw is made, int64 nanoseconds after.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_GRID = 2000  # steps in which load and failures vary
_TAIL = 2.3263478740408408  # of the normal distribution, at 99 %


class Load(NamedTuple):
    """Calls a second: constant, or between `low` and `high` over a day of `day` seconds."""

    high: float
    low: float | None = None
    day: float = 86_400.0
    square: bool = False
    wobble: float = 0.0
    """Standard deviation of the log rate from one step to another."""

    def at(self, time: Floats) -> Floats:
        if self.low is None:
            return np.full(len(time), self.high)
        phase = np.cos(2 * np.pi * time / self.day)
        if self.square:
            return np.where(phase < 0.2, self.high, self.low)
        middle, half = np.log(self.high * self.low) / 2, np.log(self.high / self.low) / 2
        return np.exp(middle - half * phase)


class Baseline(NamedTuple):
    """Healthy failures: independent, or modulated by a two-state Markov chain, and bursts of retries."""

    failing: float = 0.01
    worse: float = 1.0
    """In the chain's bad state, failures are so many times as likely."""
    worse_for: float = 30.0
    """Seconds that the bad state lasts on average."""
    worse_every: float = 600.0
    bursts_an_hour: float = 0.0
    burst: tuple[int, int] = (4, 9)
    refused: float = 0.0
    """Share of calls that are answered with 404 or 429, which is nobody's failure."""


class Latency(NamedTuple):
    """Log-normal durations, seconds."""

    median: float = 0.05
    p99: float = 0.25

    def draw(self, n: int, random: np.random.Generator) -> Floats:
        sigma = np.log(self.p99 / self.median) / _TAIL
        return np.exp(np.log(self.median) + sigma * random.standard_normal(n))


class Trouble(NamedTuple):
    """Something that happens `count` times, each lasting `seconds`, drawn evenly between two bounds."""

    kind: str
    count: int
    seconds: tuple[float, float]
    level: tuple[float, float] = (1.0, 1.0)
    """Share of the calls that fail (are slow, time out); the load that a bad client adds."""
    factor: float = 8.0
    """How many times as long slow calls take; seconds that a timeout takes; seconds of a flap's phase."""

    @property
    def actionable(self) -> bool:
        return self.kind not in {"blip", "deploy", "one bad", "bad client"}


class Span(NamedTuple):
    """When something went wrong, in seconds, and whether a breaker should act on it."""

    begin: float
    end: float
    kind: str
    actionable: bool


@dataclass(frozen=True, slots=True)
class Draw:
    """One log with its truth. Arrays of length n, in the order of the starts."""

    start_ns: NDArray[np.int64]
    duration_ns: NDArray[np.int64]
    status: NDArray[np.int16]
    spans: tuple[Span, ...]
    p99: float

    def __len__(self) -> int:
        return len(self.start_ns)

    def share(self, keep: NDArray[np.bool_]) -> Draw:
        return Draw(self.start_ns[keep], self.duration_ns[keep], self.status[keep], self.spans, self.p99)


@dataclass(frozen=True, slots=True)
class Process:
    """What a scenario's draws have in common."""

    name: str
    seconds: float
    load: Load
    baseline: Baseline = field(default_factory=Baseline)
    troubles: tuple[Trouble, ...] = ()
    latency: Latency = field(default_factory=Latency)
    refused: bool = False
    """Whether this is too little to recommend anything from."""

    def draw(self, seed: int) -> Draw:
        """Return the log of one seed."""
        random = np.random.default_rng([seed, *self.name.encode()])
        start = _arrivals(self, random)
        failed = random.random(len(start)) < _healthy_failing(self, start, random)
        duration = self.latency.draw(len(start), random)
        calls = _Calls(start, duration, failed, np.zeros(len(start), np.bool_))
        placed = _places(self, random)
        extra = [_bursts(self, random)]
        for span, trouble in placed:
            if trouble.kind == "bad client":
                extra.append(_client(self, span, trouble, random))
            else:
                _befall(span, trouble, calls, random)
        spans = tuple(span for span, _ in placed)
        return _finished(self, calls, np.concatenate(extra), spans, random)


class _Calls(NamedTuple):
    """Calls in the making."""

    start: Floats
    duration: Floats
    failed: NDArray[np.bool_]
    unanswered: NDArray[np.bool_]


def _arrivals(process: Process, random: np.random.Generator) -> Floats:
    edges = np.linspace(0.0, process.seconds, _GRID + 1)
    rate = process.load.at((edges[1:] + edges[:-1]) / 2)
    if process.load.wobble:
        rate = rate * np.exp(process.load.wobble * random.standard_normal(_GRID))
    count = random.poisson(rate * np.diff(edges))
    step = np.repeat(np.arange(_GRID), count)
    return np.sort(edges[step] + random.random(len(step)) * process.seconds / _GRID)


def _healthy_failing(process: Process, start: Floats, random: np.random.Generator) -> Floats:
    base = process.baseline
    failing = np.full(len(start), base.failing)
    if base.worse == 1.0:
        return failing
    time, worse = 0.0, False
    while time < process.seconds:
        stay = random.exponential(base.worse_for if worse else base.worse_every)
        if worse:
            a, b = np.searchsorted(start, [time, time + stay])
            failing[a:b] = min(0.9, base.failing * base.worse)
        time, worse = time + stay, not worse
    return failing


def _bursts(process: Process, random: np.random.Generator) -> Floats:
    expected = process.baseline.bursts_an_hour * process.seconds / 3600
    begins = random.random(random.poisson(expected)) * process.seconds
    low, high = process.baseline.burst
    parts = [b + np.sort(random.random(random.integers(low, high + 1))) * 0.8 for b in begins]
    return np.concatenate([np.empty(0), *parts])


def _client(process: Process, span: Span, trouble: Trouble, random: np.random.Generator) -> Floats:
    rate = random.uniform(*trouble.level) * process.load.at(np.array([span.begin]))[0]
    count = random.poisson(rate * (span.end - span.begin))
    return span.begin + random.random(count) * (span.end - span.begin)


def _places(process: Process, random: np.random.Generator) -> list[tuple[Span, Trouble]]:
    """Return everything that goes wrong, in order, with healthy time between."""
    drawn = [(t, random.uniform(*t.seconds)) for t in process.troubles for _ in range(t.count)]
    if not drawn:
        return []
    order = random.permutation(len(drawn))
    free = process.seconds - sum(length for _, length in drawn)
    if free < 0.3 * process.seconds:
        raise ValueError(f"{process.name}: too much trouble for its time")
    weights = random.dirichlet(np.full(len(drawn) + 1, 2.0))
    gaps = free * (0.3 / (len(drawn) + 1) + 0.7 * weights)
    placed, time = [], 0.0
    for which, gap in zip(order, gaps, strict=False):
        trouble, length = drawn[which]
        time += gap
        placed.append((Span(time, time + length, trouble.kind, trouble.actionable), trouble))
        time += length
    return placed


def _befall(span: Span, trouble: Trouble, calls: _Calls, random: np.random.Generator) -> None:
    a, b = np.searchsorted(calls.start, [span.begin, span.end])
    start, duration = calls.start[a:b], calls.duration[a:b]
    level = random.uniform(*trouble.level)
    struck = random.random(b - a)
    if trouble.kind == "slow":
        duration[struck < level] *= trouble.factor
        return
    if trouble.kind == "timeout":
        duration[struck < level] = trouble.factor
        calls.unanswered[a:b] |= struck < level
    elif trouble.kind == "flap":
        level = np.where(((start - span.begin) // trouble.factor) % 2 == 0, level, 0.0)
    elif trouble.kind == "ramp":
        level = level * (start - span.begin) / (span.end - span.begin)
    calls.failed[a:b] |= struck < level


def _finished(
    process: Process, calls: _Calls, extra: Floats, spans: tuple[Span, ...], random: np.random.Generator
) -> Draw:
    """Return the draw: statuses for outcomes, and the calls that bursts and bad clients add."""
    n = len(calls.start)
    status = np.where(calls.unanswered, 0, np.where(calls.failed, 503, 200)).astype(np.int16)
    other = (random.random(n) < process.baseline.refused) & ~calls.failed
    status[other] = np.where(random.random(other.sum()) < 0.7, 404, 429)
    start = np.concatenate((calls.start, extra))
    status = np.concatenate((status, np.full(len(extra), 503, np.int16)))
    duration = np.concatenate((calls.duration, process.latency.draw(len(extra), random)))
    order = np.argsort(start, kind="stable")
    return Draw(
        start_ns=(start[order] * 1e9).astype(np.int64),
        duration_ns=(duration[order] * 1e9).astype(np.int64),
        status=status[order],
        spans=spans,
        p99=process.latency.p99,
    )
