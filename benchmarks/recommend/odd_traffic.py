"""Traffic in other clothes: what the chosen scenarios hold, by other laws than theirs and `wild_traffic.py`.

Closed-loop users, cron jobs, heavy tails and caches, incidents that the load answers to, cut logs, coarse
clocks. Numbers count through the kinds; the same kind comes back with other sizes. Times are float seconds
while a draw is made, int64 nanoseconds after.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from wild_traffic import DAY, Floats, Log, Random, Span, log_uniform

HOUR = 3600.0
Shape = Callable[[Floats], Floats]
Law = Callable[[int, Random], Floats]


@dataclass
class Draft:
    """A draw in the making: the calls so far, and what went wrong when."""

    start: Floats
    duration: Floats
    failed: NDArray[np.bool_]
    status: NDArray[np.int16]
    spans: list[Span] = field(default_factory=list)

    def between(self, begin: float, end: float) -> NDArray[np.bool_]:
        return np.asarray((self.start >= begin) & (self.start < end))

    def fail(
        self, begin: float, end: float, share: float | Floats, r: Random, kind: str = "outage",
        *, actionable: bool = True, quick: float | None = None,
    ) -> None:  # fmt: skip
        """Let a share of the calls fail; all in `quick` seconds, where given."""
        struck = self.between(begin, end) & (r.random(len(self.start)) < share)
        self.failed |= struck
        if quick is not None:
            self.duration[struck] = quick
        self.spans.append(Span(begin, end, kind, actionable))

    def slow(self, begin: float, end: float, share: float, factor: float | Floats, r: Random) -> None:
        struck = self.between(begin, end) & (r.random(len(self.start)) < share)
        self.duration[struck] *= np.broadcast_to(factor, len(self.start))[struck]
        self.spans.append(Span(begin, end, "slow", True))

    def cut(self, after: float) -> None:
        """Give up on calls at a timeout."""
        late = self.duration >= after
        self.duration[late] = after
        self.status[late] = 0
        self.failed |= late


@dataclass(frozen=True, slots=True)
class Odd:
    """A scenario; as a `wild_traffic.Recipe` to its users."""

    number: int
    name: str
    seconds: float
    rate: float
    law: Law
    make: Callable[[Odd, Random], Draft]
    coarse: bool = False
    shuffled: bool = False
    no_durations: bool = False
    whole_ms: bool = False

    @property
    def words(self) -> str:
        return f"{self.name} {self.rate:.3g}/s {self.seconds / HOUR:.3g}h"

    @property
    def calls(self) -> float:
        return self.rate * self.seconds

    def p99(self) -> float:
        """Return the healthy p99."""
        if self.no_durations:
            return 1e9
        found = self.law(200_000, np.random.default_rng([self.number, 3]))
        return float(np.quantile(np.round(found, 3) if self.whole_ms else found, 0.99))

    def draw(self, seed: int) -> Log:
        """Return one stretch of the system's life."""
        draft = self.make(self, np.random.default_rng([self.number, seed, 88]))
        order = np.argsort(draft.start, kind="stable")
        start, duration, failed, status = (
            each[order] for each in (draft.start, draft.duration, draft.failed, draft.status)
        )
        status = np.where(failed & (status == 200), 503, status).astype(np.int16)
        if self.no_durations:
            duration = np.zeros(len(duration))
        if self.whole_ms:
            duration = np.round(duration, 3)
        spans = tuple(sorted(draft.spans))
        ns = np.round(start * 1e9).astype(np.int64)
        return Log(ns, np.round(duration * 1e9).astype(np.int64), status, spans, self.p99())


def odd(number: int) -> Odd:
    """Return the scenario of a number."""
    makers = list(_KINDS)
    return _KINDS[makers[number % len(makers)]](number, makers[number % len(makers)])


def _poisson(rate: Shape | float, seconds: float, r: Random) -> Floats:
    if callable(rate):
        grid = np.linspace(0, seconds, 20_001)
        values = rate(grid)
        total = np.concatenate(([0.0], np.cumsum((values[1:] + values[:-1]) / 2 * np.diff(grid))))
        return np.sort(np.interp(r.random(r.poisson(total[-1])) * total[-1], total, grid))
    return np.sort(r.random(r.poisson(rate * seconds)) * seconds)


def _draft(start: Floats, law: Law, failing: float, r: Random) -> Draft:
    n = len(start)
    return Draft(start, law(n, r), r.random(n) < failing, np.full(n, 200, np.int16))


def _users(  # noqa: PLR0917
    users: int, think: float, seconds: float, law: Law, takes: Callable[[float, float], float], r: Random
) -> tuple[Floats, Floats]:
    """Return starts and durations of users who each wait for their answer, think, and call again."""
    starts: list[float] = []
    durations: list[float] = []
    for _ in range(users):
        now = float(r.random() * think)
        n = int(seconds / think * 40) + 100
        healthy, pauses = law(n, r).tolist(), r.exponential(think, n).tolist()
        for held, pause in zip(healthy, pauses, strict=True):
            if now >= seconds:
                break
            took = takes(now, held)
            starts.append(now)
            durations.append(took)
            now += took + pause
    return np.array(starts), np.array(durations)


def _places(
    seconds: float, lengths: list[float], r: Random, apart: float = 60.0
) -> list[tuple[float, float]]:
    """Return (begin, end) of stretches in random places and order, some time apart."""
    lengths = [float(x) for x in r.permutation(lengths)]
    free = seconds - sum(lengths) - apart * (len(lengths) + 1)
    if free < 0:
        raise ValueError("no room")
    gaps = r.dirichlet(np.ones(len(lengths) + 1)) * free + apart
    found, now = [], 0.0
    for gap, length in zip(gaps, lengths, strict=False):
        now += gap
        found.append((now, now + length))
        now += length
    return found


def _lengths(n: int, low: float, high: float, r: Random) -> list[float]:
    return [log_uniform(r, low, high) for _ in range(n)]


# Latency laws.


def lognormal(median: float, sigma: float) -> Law:
    return lambda n, r: median * np.exp(sigma * r.standard_normal(n))


def pareto(low: float, alpha: float) -> Law:
    return lambda n, r: np.minimum(low * (1 + r.pareto(alpha, n)), 60.0)


def cached(hit: float, miss: float, share: float) -> Law:
    def law(n: int, r: Random) -> Floats:
        hits = r.random(n) < share
        return np.where(hits, hit, miss) * r.gamma(20, 1 / 20, n)

    return law


def constant(value: float) -> Law:
    return lambda n, r: np.full(n, value)  # noqa: ARG005


_WEB = lognormal(0.06, 0.6)


def _simple(
    law: Law,
    strike: Callable[[Draft, Odd, Random], None],
    *,
    low: float = 2,
    high: float = 100,
    **more: object,
) -> Callable[[int, str], Odd]:
    """Return a maker of scenarios of steady Poisson traffic that something befalls."""

    def maker(number: int, name: str) -> Odd:
        k = np.random.default_rng([number, 7010])
        rate, failing = log_uniform(k, low, high), log_uniform(k, 3e-4, 0.02)
        seconds = float(np.clip(log_uniform(k, 20_000, 120_000) / rate, 1200, 5 * DAY))

        def make(made: Odd, r: Random) -> Draft:
            draft = _draft(_poisson(rate, seconds, r), law, failing, r)
            strike(draft, made, r)
            return draft

        return Odd(number, name, seconds, rate, law, make, **more)  # type: ignore[arg-type]

    return maker


def _outages(n: int = 3, share: float = 1.0, part: float = 0.02) -> Callable[[Draft, Odd, Random], None]:
    """Let so many stretches fail, each about so large a part of the time."""

    def strike(d: Draft, made: Odd, r: Random) -> None:
        long = max(25.0, part * made.seconds, 40 / made.rate / share)
        for a, b in _places(made.seconds, _lengths(n, 0.6 * long, 1.8 * long, r), r):
            d.fail(
                a, b, share, r, "outage" if share > 0.9 else "brown", quick=0.01 if r.random() < 0.5 else None
            )

    return strike


def _slowed(share: float, factor: float) -> Callable[[Draft, Odd, Random], None]:
    def strike(d: Draft, made: Odd, r: Random) -> None:
        long = max(25.0, 0.02 * made.seconds, 60 / made.rate)
        for a, b in _places(made.seconds, _lengths(3, 0.7 * long, 1.7 * long, r), r):
            d.slow(a, b, share, factor, r)

    return strike


def _slowly_slow(d: Draft, made: Odd, r: Random) -> None:
    long = max(120.0, 0.03 * made.seconds, 120 / made.rate)
    for a, b in _places(made.seconds, _lengths(3, 0.7 * long, 1.7 * long, r), r):
        d.slow(a, b, 1.0, np.exp(np.log(20) * np.clip((d.start - a) / (b - a) * 2, 0, 1)), r)


def _slowly_failing(d: Draft, made: Odd, r: Random) -> None:
    long = max(300.0, 0.04 * made.seconds, 150 / made.rate)
    for a, b in _places(made.seconds, _lengths(3, 0.7 * long, 1.5 * long, r), r):
        d.fail(a, b, 0.8 * np.clip((d.start - a) / (b - a) * 1.5, 0, 1), r, "ramp")


def _timing_out(after: float, share: float = 0.9) -> Callable[[Draft, Odd, Random], None]:
    def strike(d: Draft, made: Odd, r: Random) -> None:
        long = max(4 * after, 30.0, 0.02 * made.seconds, 60 / made.rate)
        for a, b in _places(made.seconds, _lengths(3, 0.7 * long, 1.7 * long, r), r):
            d.duration[d.between(a, b) & (r.random(len(d.start)) < share)] = 2 * after
            d.spans.append(Span(a, b, "timeout", True))
        d.cut(after)

    return strike


def _with_limits(d: Draft, made: Odd, r: Random) -> None:
    """Storms of 429, which are no failures, beside outages."""
    long = max(60.0, 0.03 * made.seconds)
    places = _places(made.seconds, _lengths(5, 0.6 * long, 1.5 * long, r), r)
    for number, (a, b) in enumerate(places):
        if number % 2:
            d.fail(a, b, 1.0, r)
            continue
        struck = d.between(a, b) & (r.random(len(d.start)) < 0.7)
        d.status[struck], d.duration[struck] = 429, 0.002
        d.failed[struck] = False
        d.spans.append(Span(a, b, "limited", False))


def _deployed_hourly(d: Draft, made: Odd, r: Random) -> None:
    hours = max(1, int(made.seconds / HOUR))
    long = max(40.0, 0.02 * made.seconds, 40 / made.rate)
    places = _places(made.seconds, _lengths(2, 0.7 * long, 1.7 * long, r), r)
    for hour in range(hours if made.seconds >= 3 * HOUR else 8):
        each = HOUR if made.seconds >= 3 * HOUR else made.seconds / 8
        at = (hour + 0.2 + 0.05 * r.random()) * each
        length = r.uniform(2, 5)
        if not any(a - 90 < at < b + 90 for a, b in places):
            d.fail(at, at + length, r.uniform(0.5, 1.0), r, "deploy", actionable=False)
    for a, b in places:
        d.fail(a, b, 1.0, r)


def _one_of_three(d: Draft, made: Odd, r: Random) -> None:
    long = max(120.0, 0.05 * made.seconds, 200 / made.rate)
    for a, b in _places(made.seconds, _lengths(3, 0.7 * long, 1.5 * long, r), r):
        mine = np.arange(len(d.start)) % 3 == 0  # dealt out in turn
        d.fail(a, b, mine.astype(float), r, "one of three")


def _flapping(period: float, cycles: int = 8) -> Callable[[Draft, Odd, Random], None]:
    def strike(d: Draft, made: Odd, r: Random) -> None:
        long = min(period * cycles, 0.1 * made.seconds)
        for a, b in _places(made.seconds, _lengths(3, 0.7 * long, 1.5 * long, r), r):
            d.fail(a, b, ((d.start - a) % period < period / 2).astype(float), r, "flap")

    return strike


def _twice(d: Draft, made: Odd, r: Random) -> None:
    """Pairs of incidents within a minute."""
    long = max(30.0, 0.01 * made.seconds, 40 / made.rate)
    for a, b in _places(made.seconds, [2.2 * long + 60] * 2, r):
        first, second = r.uniform(0.6, 1.0, 2) * long
        d.fail(a, a + first, 1.0, r)
        d.fail(min(b, a + first + r.uniform(25, 60)), min(b, a + first + 60) + second, 1.0, r)


def _at_the_edges(d: Draft, made: Odd, r: Random) -> None:
    long = max(40.0, 0.03 * made.seconds, 60 / made.rate)
    first, last = r.uniform(0.5, 1.2, 2) * long
    d.fail(0.0, first, 1.0, r)
    d.fail(made.seconds - last, made.seconds, 1.0, r)


def _mostly_down(d: Draft, made: Odd, r: Random) -> None:
    for a, b in _places(made.seconds, [x * made.seconds for x in r.dirichlet([3, 3, 3]) * 0.4], r, 30.0):
        d.fail(a, b, 0.95, r)


def _none(d: Draft, made: Odd, r: Random) -> None:
    """Nothing goes wrong."""


# Other arrivals and loads.


def _timed(
    law: Law, rate_of: Callable[[float, float], Shape], strike: Callable[[Draft, Odd, Random], None],
    *, low: float, high: float, seconds: float, **more: object,
) -> Callable[[int, str], Odd]:  # fmt: skip
    """Return a maker of scenarios whose load changes over time."""

    def maker(number: int, name: str) -> Odd:
        k = np.random.default_rng([number, 7011])
        rate, failing, shift = log_uniform(k, low, high), log_uniform(k, 3e-4, 0.01), k.random()

        def make(made: Odd, r: Random) -> Draft:
            draft = _draft(_poisson(rate_of(rate, shift), seconds, r), law, failing, r)
            strike(draft, made, r)
            return draft

        mean = float(rate_of(rate, shift)(np.linspace(0, seconds, 20_001)).mean())
        return Odd(number, name, seconds, mean, law, make, **more)  # type: ignore[arg-type]

    return maker


def _by_days(rate: float, shift: float) -> Shape:
    return lambda t: np.where((t / DAY + shift).astype(int) % 2 == 0, rate, rate / 10)


def _on_off(rate: float, shift: float) -> Shape:
    return lambda t: np.where((t / 60 + shift) % 1 < 0.15, 6 * rate, 0.1 * rate)


def _cron(rate: float, shift: float) -> Shape:
    return lambda t: np.where((t / 900 + shift) % 1 < 0.02, 20 * rate, rate)


def _nightly(rate: float, shift: float) -> Shape:
    return lambda t: np.where((t / DAY + shift) % 1 < 0.04, 20 * rate, rate)


def _answering(factor: float, share: float) -> Callable[[int, str], Odd]:
    """Return a maker of scenarios in whose incidents the load is so many times as high."""

    def maker(number: int, name: str) -> Odd:
        k = np.random.default_rng([number, 7012])
        rate, failing = log_uniform(k, 1, 80), log_uniform(k, 3e-4, 0.02)
        seconds = float(np.clip(log_uniform(k, 20_000, 100_000) / rate, 1200, 5 * DAY))

        def make(made: Odd, r: Random) -> Draft:
            least = 60 / rate / share / min(1.0, factor)
            long = max(30.0, 0.02 * made.seconds, least)
            places = _places(seconds, _lengths(3, 0.7 * long, 1.7 * long, r), r)
            start = _poisson(rate, seconds, r)
            kept = np.ones(len(start), np.bool_)
            extra = []
            for a, b in places:
                inside = (start >= a) & (start < b)
                if factor < 1:
                    kept &= ~inside | (r.random(len(start)) < factor)
                else:
                    extra.append(a + (b - a) * r.random(r.poisson((factor - 1) * rate * (b - a))))
            draft = _draft(np.sort(np.concatenate([start[kept], *extra])), _WEB, failing, r)
            for a, b in places:
                draft.fail(a, b, share, r, "outage" if share > 0.9 else "brown")
            return draft

        return Odd(number, name, seconds, rate, _WEB, make)

    return maker


def _closed_loop(kind: str) -> Callable[[int, str], Odd]:
    """Return a maker of scenarios of users who wait for their answers."""

    def maker(number: int, name: str) -> Odd:
        k = np.random.default_rng([number, 7013])
        users, think = int(k.integers(10, 60)), log_uniform(k, 0.5, 6.0)
        failing = log_uniform(k, 3e-4, 0.02)
        law = lognormal(0.25, 0.5)
        rate = users / (think + 0.28)
        seconds = float(np.clip(50_000 / rate, 1800, 6 * HOUR))

        def make(_: Odd, r: Random) -> Draft:
            long = max(60.0, 0.03 * seconds, 80 / rate) * (4 if kind == "timeout" else 1)
            places = _places(seconds, _lengths(3, 0.7 * long, 1.5 * long, r), r)

            def takes(now: float, held: float) -> float:
                if not any(a <= now < b for a, b in places):
                    return held
                return {"quick": 0.003, "slow": 10 * held, "timeout": 30.0}[kind]

            start, duration = _users(users, think, seconds, law, takes, r)
            order = np.argsort(start)
            draft = _draft(start[order], law, failing, r)
            draft.duration = duration[order]
            for a, b in places:
                if kind == "slow":
                    draft.spans.append(Span(a, b, "slow", True))
                else:
                    draft.fail(a, b, 1.0, r, kind)
            if kind == "timeout":
                draft.cut(30.0)
            return draft

        return Odd(number, name, seconds, rate, law, make)

    return maker


def _latency_by_day(d: Draft, made: Odd, r: Random) -> None:
    """Calls take twice as long by day, and outages come."""
    d.duration *= np.where((d.start / DAY) % 1 < 0.4, 1.6, 1.0)
    _outages()(d, made, r)


def _worse_by_day(d: Draft, made: Odd, r: Random) -> None:
    """One day in two has ten times as many failures."""
    d.failed |= ((d.start / DAY).astype(int) % 2 == 0) & (r.random(len(d.start)) < 0.02)
    _outages()(d, made, r)


def _clustered(d: Draft, made: Odd, r: Random) -> None:
    """Failures come in clusters of heavy-tailed sizes, of ten at most; and outages."""
    n = int(len(d.start) / 800)
    for at in r.integers(0, len(d.start) - 40, n):
        size = int(min(10, 2 + r.pareto(1.5) * 1.5))
        d.failed[at : at + 2 * size : 2] = True
    _outages(2)(d, made, r)


_KINDS: dict[str, Callable[[int, str], Odd]] = {
    "pareto outages": _simple(pareto(0.02, 1.5), _outages()),
    "pareto slow": _simple(pareto(0.02, 2.5), _slowed(0.9, 12)),
    "cache brown-outs": _simple(cached(0.002, 0.15, 0.9), _outages(share=0.45)),
    "cache outages": _simple(cached(0.002, 0.15, 0.8), _outages()),
    "constant outages": _simple(constant(0.1), _outages()),
    "constant slow": _simple(constant(0.1), _slowed(0.8, 4)),
    "users, quick failures": _closed_loop("quick"),
    "users, slow": _closed_loop("slow"),
    "users, 30 s timeouts": _closed_loop("timeout"),
    "on and off, outages": _timed(_WEB, _on_off, _outages(), low=2, high=20, seconds=3 * HOUR),
    "cron, brown-outs": _timed(_WEB, _cron, _outages(share=0.5), low=1, high=10, seconds=4 * HOUR),
    "nightly job, outages": _timed(_WEB, _nightly, _outages(), low=0.1, high=0.8, seconds=4 * DAY),
    "tenfold days, outages": _timed(_WEB, _by_days, _outages(part=0.005), low=0.3, high=1, seconds=6 * DAY),
    "tenfold days, brown-outs": _timed(
        _WEB, _by_days, _outages(share=0.5, part=0.008), low=0.3, high=1, seconds=6 * DAY
    ),
    "retries, outages": _answering(4.0, 1.0),
    "retries, brown-outs": _answering(3.0, 0.5),
    "given up, outages": _answering(0.2, 1.0),
    "given up, brown-outs": _answering(0.3, 0.5),
    "slowly failing": _simple(_WEB, _slowly_failing),
    "slowly slow": _simple(_WEB, _slowly_slow),
    "1 s timeouts": _simple(lognormal(0.08, 0.6), _timing_out(1.0)),
    "30 s timeouts": _simple(lognormal(0.3, 0.8), _timing_out(30.0), low=1, high=30),
    "429 storms": _simple(_WEB, _with_limits),
    "deploys every hour": _simple(_WEB, _deployed_hourly, low=1, high=10),
    "one of three": _simple(_WEB, _one_of_three),
    "flaps of 5 s": _simple(_WEB, _flapping(5.0, 20), low=20),
    "flaps of 40 s": _simple(_WEB, _flapping(40.0), low=5),
    "flaps of 5 min": _simple(_WEB, _flapping(300.0, 5), low=1, high=8),
    "twice in a minute": _simple(_WEB, _twice),
    "at the edges": _simple(_WEB, _at_the_edges),
    "mostly down": _simple(_WEB, _mostly_down),
    "no durations": _simple(_WEB, _outages(), no_durations=True),
    "no durations, whole seconds, brown-outs": _simple(
        _WEB, _outages(share=0.5), no_durations=True, coarse=True
    ),
    "whole seconds": _simple(_WEB, _outages(), coarse=True),
    "whole milliseconds": _simple(lognormal(0.0025, 0.4), _slowed(0.9, 8), whole_ms=True),
    "out of order": _simple(_WEB, _outages(), coarse=True, shuffled=True),
    "slower by day": _timed(
        _WEB,
        lambda rate, _: lambda t: np.full(len(t), rate),
        _latency_by_day,
        low=0.2,
        high=0.6,
        seconds=3 * DAY,
    ),
    "worse every other day": _timed(
        _WEB,
        lambda rate, _: lambda t: np.full(len(t), rate),
        _worse_by_day,
        low=0.1,
        high=0.4,
        seconds=6 * DAY,
    ),
    "clusters": _simple(_WEB, _clustered),
    "nothing, pareto": _simple(pareto(0.02, 1.5), _none),
}
