"""Scenarios that nobody chose: each is drawn from wide ranges, and its logs are drawn from it.

It shares no code with `processes.py` or `kinds.py`, nor with cbtool, so that what was fitted to the chosen
scenarios shows. A `Recipe` says what a system is like and what befalls it; each of its draws is another
stretch of that system's life. Times are float seconds while a draw is made, int64 nanoseconds after.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Random = np.random.Generator
DAY = 86_400.0
_STATUSES = (500, 502, 503, 504, 0)
_LEAST_CALLS = 25  # in an incident that a breaker should act on


class Span(NamedTuple):
    """When something went wrong, in seconds, and whether a breaker should act on it."""

    begin: float
    end: float
    kind: str
    actionable: bool


@dataclass(frozen=True, slots=True)
class Log:
    """One draw with its truth; arrays of length n, in the order of the starts."""

    start_ns: NDArray[np.int64]
    duration_ns: NDArray[np.int64]
    status: NDArray[np.int16]
    spans: tuple[Span, ...]
    p99: float

    def __len__(self) -> int:
        return len(self.start_ns)

    @property
    def in_whole_seconds(self) -> NDArray[np.int64]:
        """The starts as a log with one-second times holds them."""
        return self.start_ns // 10**9 * 10**9


class Event(NamedTuple):
    """Something that goes wrong once in every draw."""

    kind: str
    seconds: float
    share: float
    """Of the calls that are struck."""
    factor: float = 1.0
    """Times as slow; seconds of a timeout; seconds of a flap's half period."""
    surge: float = 1.0
    """Times as many calls, as callers try again."""
    place: str = "anywhere"
    """Or `night`, `start`, `end`, `close` (soon after the one before)."""
    actionable: bool = True


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a scenario's draws have in common; see `recipe`."""

    number: int
    seconds: float
    rate: float
    load: str
    swing: float
    arrivals: str
    holes: int
    failing: float
    spread: str
    worse: float
    retries_an_hour: float
    refused: float
    latency: str
    median: float
    tail: float
    timeout: float | None
    status: int
    fast: float
    """Times a healthy call's duration that a failed one takes."""
    events: tuple[Event, ...]
    coarse: bool = False
    """Whether the log's times are whole seconds."""

    @property
    def words(self) -> str:
        """Return the scenario in short."""
        text = f"{self.rate:.3g}/s {self.seconds / 3600:.3g}h {self.load} {self.arrivals}"
        text += f" p{100 * self.failing:.2g}% {self.spread}"
        text += f" retries {self.retries_an_hour:.2g}/h" if self.retries_an_hour else ""
        text += f" holes {self.holes}" if self.holes else ""
        text += " 1s" if self.coarse else ""
        text += f" clip {self.timeout:.2g}s" if self.timeout else ""
        kinds: dict[str, int] = {}
        for e in self.events:
            name = e.kind + ("" if e.place == "anywhere" else f"@{e.place}")
            kinds[name] = kinds.get(name, 0) + 1
        return text + " [" + ", ".join(f"{n} {k}" for k, n in kinds.items()) + "]"

    @property
    def calls(self) -> float:
        """About how many calls a draw holds."""
        return self.seconds * self.rate

    def durations(self, n: int, random: Random) -> Floats:
        """Return healthy durations, before any timeout."""
        if self.latency == "gamma":
            return self.median * random.gamma(self.tail, 1 / self.tail, n)
        found = self.median * np.exp(self.tail * random.standard_normal(n))
        if self.latency == "bimodal":
            found[random.random(n) < 0.2] *= 6
        return found

    def p99(self) -> float:
        """Return the healthy p99 of the calls that the caller waits for."""
        found = self.durations(200_000, np.random.default_rng([self.number, 3]))
        return float(np.quantile(found if self.timeout is None else found[found < self.timeout], 0.99))

    def draw(self, seed: int) -> Log:
        """Return one stretch of the system's life."""
        return _draw(self, np.random.default_rng([self.number, seed, 77]))


def recipe(number: int) -> Recipe:
    """Return the scenario of a number."""
    r = np.random.default_rng([number, 7001])
    rate = log_uniform(r, 0.02, 500)
    calls = log_uniform(r, 1500, 2e6 if r.random() < 0.03 else 250_000)
    seconds = float(np.clip(calls / rate, 600, 14 * DAY))
    loads = ["steady"] * 4 + ["wander", "launch"]
    loads += ["sine", "sine", "hours"] if seconds > 0.8 * DAY else []
    loads += ["weekend", "weekend"] if seconds > 4 * DAY else []
    failing = 0.0 if r.random() < 0.1 else log_uniform(r, 1e-4, 0.05)
    median = log_uniform(r, 0.003, 1.0)
    latency = str(r.choice(["lognormal", "lognormal", "gamma", "bimodal"]))
    tail = r.uniform(1.0, 6.0) if latency == "gamma" else r.uniform(0.2, 0.9)
    found = Recipe(
        number=number,
        seconds=seconds,
        rate=rate,
        load=str(r.choice(loads)),
        swing=r.uniform(2, 15),
        arrivals=str(r.choice(["poisson", "poisson", "poisson", "regular", "batches", "markov"])),
        holes=int(r.integers(1, 4)) if r.random() < 0.12 else 0,
        failing=failing,
        spread=str(r.choice(["even", "even", "beta", "markov"])),
        worse=min(r.uniform(3, 10), 0.1 / max(failing, 1e-9)),
        retries_an_hour=log_uniform(r, 0.3, 3.0) if r.random() < 0.2 else 0.0,
        refused=r.uniform(0, 0.1) if r.random() < 0.3 else 0.0,
        latency=latency,
        median=median,
        tail=float(tail),
        timeout=None,
        status=int(r.choice(_STATUSES)),
        fast=float(r.choice([0.2, 1.0, 1.0, 3.0])),
        events=(),
        coarse=bool(r.random() < 0.1),
    )
    clip = found.p99() * r.uniform(1.05, 4) if r.random() < 0.2 else None
    found = _with(found, timeout=clip)
    return _with(found, events=_events(found, r))


def too_little(number: int) -> Recipe:
    """Return a scenario from which nothing should be recommended: too few calls, or too few minutes."""
    r = np.random.default_rng([number, 7003])
    found = recipe(number)
    if r.random() < 0.5:
        seconds = max(60.0, r.uniform(60, 300) / found.rate)
        return _with(found, seconds=seconds, events=(), holes=0, load="steady", arrivals="poisson")
    return _with(
        found, seconds=r.uniform(20, 400), rate=log_uniform(r, 5, 100), events=(), holes=0, load="steady"
    )


def _with(old: Recipe, **changed: object) -> Recipe:
    fields = {name: getattr(old, name) for name in Recipe.__slots__}
    return Recipe(**(fields | changed))  # type: ignore[arg-type]


def log_uniform(r: Random, low: float, high: float) -> float:
    """Return a number whose logarithm is even between two bounds'."""
    return float(np.exp(r.uniform(np.log(low), np.log(high))))


def _events(made: Recipe, r: Random) -> tuple[Event, ...]:
    """Return what befalls the system, in a third of its time at most."""
    found: list[Event] = []
    room = 0.3 * made.seconds
    least = max(20.0, 1.5 * _LEAST_CALLS / made.rate)
    kinds = [*["outage"] * 3, *["brown"] * 3, "slow", "slow", "timeout", "flap", "ramp"]
    one_kind = str(r.choice(kinds)) if r.random() < 0.5 else None
    for _ in range(int(r.choice([0, 1, 2, 3, 4, 5], p=[0.15, 0.15, 0.2, 0.25, 0.15, 0.1]))):
        kind = one_kind or str(r.choice(kinds))
        low = least * (4 if kind in {"brown", "flap", "ramp"} else 1)
        if low > room:
            break
        seconds = log_uniform(r, low, max(low * 1.01, min(room, 40 * low, 4 * 3600)))
        event = _incident(made, kind, seconds, r)
        room -= seconds
        found.append(event)
    if r.random() < 0.15:
        found += [Event("blip", r.uniform(0.4, 3.0), 1.0, actionable=False)] * int(r.integers(2, 9))
    if r.random() < 0.12:
        share = r.uniform(0.5, 1.0)
        found += [Event("deploy", r.uniform(2, 5), share, actionable=False)] * int(r.integers(2, 7))
    mild = [
        ("one bad", 1 / r.integers(7, 13)),
        ("mild", r.uniform(0.04, 0.11)),
        ("client", r.uniform(0.04, 0.1)),
    ]
    if r.random() < 0.25:
        kind, share = mild[int(r.integers(3))]
        for _ in range(int(r.integers(1, 4))):
            seconds = min(log_uniform(r, 60, 3600), room / 2)
            room -= seconds
            found.append(Event(kind, seconds, float(share), actionable=False))
    return tuple(found)


def _incident(made: Recipe, kind: str, seconds: float, r: Random) -> Event:
    place = str(r.choice(["anywhere"] * 8 + ["start", "end", "close", "close", "night"]))
    surge = float(r.uniform(1.2, 3)) if r.random() < 0.15 else 1.0
    if kind == "outage":
        return Event(kind, seconds, r.uniform(0.9, 1.0), surge=surge, place=place)
    if kind == "brown":
        return Event(kind, seconds, r.uniform(0.28, 0.62), surge=surge, place=place)
    if kind == "slow":
        factor, share = log_uniform(r, 3, 50), r.uniform(0.7, 1.0)
        p99, durations = made.p99(), made.durations(20_000, np.random.default_rng(made.number))
        while (durations * factor > p99).mean() * share < 0.4:
            factor *= 1.5
        return Event(kind, seconds, share, factor, place=place)
    if kind == "timeout":
        after = made.timeout or float(max(r.choice([1, 2, 3, 5, 10, 30]), 1.2 * made.p99()))
        return Event(kind, max(seconds, 3 * after), r.uniform(0.6, 1.0), after, place=place)
    if kind == "flap":
        half = max(log_uniform(r, 3, 40), seconds / 40)
        return Event(kind, seconds, r.uniform(0.7, 1.0), half, place=place)
    return Event("ramp", seconds, r.uniform(0.6, 1.0), place=place)


def _draw(made: Recipe, r: Random) -> Log:
    steps = int(np.clip(made.seconds * 2, 2_000, 200_000))
    grid = np.linspace(0, made.seconds, steps + 1)
    load = _load(made, grid, r)
    placed = _placed(made, grid, load, r)
    for event, begin, end in placed:
        load[(grid >= begin) & (grid < end)] *= event.surge
    start = _arrivals(made, grid, load, r)
    n = len(start)
    failed = r.random(n) < _failing(made, start, r)
    status = np.full(n, 200, np.int16)
    status[(r.random(n) < made.refused) & ~failed] = r.choice([404, 401, 429])
    duration = made.durations(n, r)
    gone = np.zeros(n, np.bool_)
    for event, begin, end in placed:
        a, b = np.searchsorted(start, [begin, end])
        _befall(event, start[a:b] - begin, failed[a:b], gone[a:b], duration[a:b], r)
    duration[failed & ~gone] *= made.fast
    if made.timeout is not None:
        gone |= duration >= made.timeout
        duration[gone] = np.minimum(duration[gone], made.timeout)
    status[failed] = made.status
    status[gone] = 0 if made.number % 2 else 504
    start, status, duration = _retries(made, start, status, duration, r)
    kept = _without_holes(made, start, r)
    ns = np.round(start[kept] * 1e9).astype(np.int64)
    spans = tuple(Span(begin, end, e.kind, e.actionable) for e, begin, end in placed)
    return Log(ns, np.round(duration[kept] * 1e9).astype(np.int64), status[kept], spans, made.p99())


def _load(made: Recipe, grid: Floats, r: Random) -> Floats:
    """Return calls a second at each step of the grid, `rate` on average."""
    hour = grid / 3600 + 24 * r.random()
    shape = np.ones(len(grid))
    if made.load == "sine":
        shape = np.exp(np.log(made.swing) / 2 * np.sin(2 * np.pi * hour / 24))
    elif made.load in {"hours", "weekend"}:
        shape = np.where((hour % 24 > 8) & (hour % 24 < 18), made.swing, 1.0)
        if made.load == "weekend":
            shape = np.where(((hour / 24).astype(int) + r.integers(7)) % 7 >= 5, 1.0, shape)
    elif made.load == "wander":
        path = np.cumsum(r.standard_normal(len(grid))) / np.sqrt(len(grid))
        shape = np.exp(np.log(made.swing) * 0.7 * np.clip(path, -1.5, 1.5))
    elif made.load == "launch":
        begin = r.uniform(0.1, 0.7) * made.seconds
        shape[(grid > begin) & (grid < begin + r.uniform(0.05, 0.5) * made.seconds)] *= min(made.swing, 6.0)
    return np.asarray(shape / shape.mean() * made.rate)


def _arrivals(made: Recipe, grid: Floats, load: Floats, r: Random) -> Floats:
    if made.arrivals == "markov":
        load = load * _two_states(grid, 1.0, 3.0, max(30.0, 20 / made.rate), max(60.0, 40 / made.rate), r)
    total = np.concatenate(([0.0], np.cumsum((load[1:] + load[:-1]) / 2 * np.diff(grid))))
    n = int(total[-1])
    if made.arrivals == "regular":
        at = np.arange(n) + r.uniform(-0.3, 0.3, n) + 0.5
    elif made.arrivals == "batches":
        sizes = r.geometric(0.25, n // 4 + 1)
        at = np.repeat(np.sort(r.random(len(sizes))) * total[-1], sizes)
    else:
        at = r.random(r.poisson(total[-1])) * total[-1]
    start = np.interp(np.sort(at), total, grid)
    if made.arrivals == "batches":
        start = start + r.exponential(0.05, len(start))
    return np.sort(start)


def _two_states(  # noqa: PLR0917
    grid: Floats, usual: float, other: float, stay: float, between: float, r: Random
) -> Floats:
    values = np.full(len(grid), usual)
    time = r.exponential(between)
    while time < grid[-1]:
        long = r.exponential(stay)
        values[(np.searchsorted(grid, time)) : np.searchsorted(grid, time + long)] = other
        time += long + r.exponential(between)
    return values


def _failing(made: Recipe, start: Floats, r: Random) -> Floats:
    p = np.full(len(start), made.failing)
    if not made.failing or not len(start) or made.spread == "even":
        return p
    if made.spread == "beta":  # each stretch of 50 calls or ten seconds has a rate of its own
        each = max(10.0, 50 / made.rate)
        blocks = (start // each).astype(np.int64)
        drawn = np.minimum(r.beta(2.0, 2.0 / made.failing - 2.0, blocks[-1] + 1), 0.14)
        return np.asarray(drawn[blocks])
    stay = max(15.0, 20 / made.rate)
    return _two_states(start, made.failing, made.failing * made.worse, stay, 12 * stay, r)


def _befall(  # noqa: PLR0917
    event: Event,
    since: Floats,
    failed: NDArray[np.bool_],
    gone: NDArray[np.bool_],
    duration: Floats,
    r: Random,
) -> None:
    share = np.full(len(since), event.share)
    if event.kind == "ramp":
        share *= since / event.seconds
    elif event.kind == "flap":
        share *= (since // event.factor) % 2 == 0
    struck = r.random(len(since)) < share
    if event.kind == "slow":
        duration[struck] *= event.factor
    elif event.kind == "timeout":
        duration[struck] = event.factor
        gone |= struck
        failed |= struck
    else:
        failed |= struck


def _retries(
    made: Recipe, start: Floats, status: NDArray[np.int16], duration: Floats, r: Random
) -> tuple[Floats, NDArray[np.int16], Floats]:
    """Add bursts of one caller's attempts that all fail."""
    begins = r.random(r.poisson(made.retries_an_hour * made.seconds / 3600)) * made.seconds
    extra = np.concatenate([np.empty(0), *(b + np.sort(r.random(r.integers(3, 9))) for b in begins)])
    order = np.argsort(np.concatenate((start, extra)), kind="stable")
    status = np.concatenate((status, np.full(len(extra), made.status, np.int16)))
    duration = np.concatenate((duration, np.minimum(made.durations(len(extra), r), made.timeout or 1e9)))
    return np.concatenate((start, extra))[order], status[order], duration[order]


def _without_holes(made: Recipe, start: Floats, r: Random) -> NDArray[np.bool_]:
    kept = np.ones(len(start), np.bool_)
    for _ in range(made.holes):
        begin = r.uniform(0, 0.9) * made.seconds
        kept &= (start < begin) | (start > begin + r.uniform(0.01, 0.12) * made.seconds)
    return kept


def _placed(made: Recipe, grid: Floats, load: Floats, r: Random) -> list[tuple[Event, float, float]]:
    """Return each event with its times; none overlap, and each actionable one holds some calls."""
    placed: list[tuple[Event, float, float]] = []
    before = 0.0
    for event in made.events:
        seconds = event.seconds * (r.uniform(0.7, 1.4) if event.seconds > 10 else r.uniform(0.8, 1.2))
        for attempt in range(60):
            begin = _begin(made, event, seconds, before, grid, load, r, attempt)
            end = begin + seconds
            if event.actionable:
                end += max(0.0, _LEAST_CALLS / float(np.interp(begin, grid, load)) - seconds)
            free = all(end + 20 + 5 / made.rate < b or begin > e + 20 + 5 / made.rate for _, b, e in placed)
            if free and begin >= 0 and end <= made.seconds:
                placed.append((event, begin, end))
                before = end
                break
    return sorted(placed, key=lambda each: each[1])


def _begin(  # noqa: PLR0917
    made: Recipe, event: Event, seconds: float, before: float, grid: Floats, load: Floats, r: Random,
    attempt: int,
) -> float:  # fmt: skip
    latest = max(0.0, made.seconds - seconds)
    if attempt < 5:
        if event.place == "start":
            return float(r.uniform(0, 0.3) * seconds / 10)
        if event.place == "end":
            return latest
        if event.place == "close" and before:
            return float(before + r.uniform(40, 300) + 10 / made.rate)
        if event.place == "night":
            return float(min(latest, grid[np.argmin(load)]))
    return float(r.uniform(0, latest))
