"""Seeded traffic that aims at what libraries differ in. Times are whole milliseconds.

Each kind is one way that calls meet a breaker. Gaps and durations are drawn from the exact lengths of the
configuration's own window, buckets and wait, one grid step more and one less, so that events meet
boundaries at the instant itself again and again.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

EPOCH = 1_700_000_000_000
KINDS = ("sequence", "overlap", "crowd", "edges", "still", "bursts", "silences", "outage", "late", "steady")
"""Sequence: one after the other. Overlap: many in flight. Crowd: many arrive as a wait ends. Edges: only
exact lengths. Still: many at one instant. Bursts: dense stretches between pauses. Silences: pauses beyond
every memory. Outage: long failing stretches, so that backoff grows. Late: results that outlive states.
Steady: even traffic around the rate that decides."""


@dataclass(frozen=True)
class Aim:
    """What a configuration's lengths are, in milliseconds; 0 where it has none."""

    grid: int
    window: int
    bucket: int
    wait: int
    slow: int
    volume: int
    results: str
    overlap: bool

    @classmethod
    def of(cls, configuration: Mapping[str, Any]) -> Aim:
        """Return the aim of one entry of a library's configurations."""
        scale = configuration.get("scale", {})
        return cls(
            grid=configuration.get("grid", 1),
            window=scale.get("window") or 0,
            bucket=scale.get("bucket") or 0,
            wait=scale.get("wait") or 1000,
            slow=scale.get("slow") or 0,
            volume=scale.get("volume") or 5,
            results=configuration.get("results", "sf"),
            overlap=configuration.get("overlap", True),
        )

    def lengths(self) -> list[int]:
        """Return every length worth meeting, one grid step before and after it."""
        exact = [length for length in (self.window, self.bucket, self.wait, self.slow) if length]
        near = [length + step for length in exact for step in (-self.grid, 0, self.grid)]
        return [max(0, length) for length in near]


def requests(configuration: Mapping[str, Any], library: str, calls: int = 240) -> list[dict[str, Any]]:
    """Return one request of the drivers' protocol for each kind of traffic."""
    aim = Aim.of(configuration)
    kinds = KINDS if aim.overlap else ("sequence", "edges", "silences", "outage", "steady")
    made = []
    for kind in kinds:
        identity = f"{library}/{configuration['name']}/{kind}"
        lot = random.Random(identity)  # the same text, the same traffic, on every machine
        calls_of_kind = _traffic(kind, aim, lot, calls, overlap=aim.overlap)
        # Off the second, so that windows aligned to the clock are met in mid-bucket, too.
        epoch = EPOCH + lot.choice((0, 0, 125, 500, 875))
        made.append(_request(identity, configuration, epoch, calls_of_kind))
    return made


def _request(
    identity: str,
    configuration: Mapping[str, Any],
    epoch: int,
    calls: tuple[list[int], list[int], str],
) -> dict[str, Any]:
    """Return one request of the drivers' protocol: its calls' starts, durations and results."""
    options = configuration["options"]
    starts, durations, results = calls
    return {"id": identity, "options": options, "epoch": epoch, "t": starts, "d": durations, "r": results}


def _traffic(
    kind: str, aim: Aim, lot: random.Random, calls: int, *, overlap: bool
) -> tuple[list[int], list[int], str]:
    now, starts, durations, results = 0, [], [], []
    failing, left = 0.0, 0
    for _ in range(calls):
        if left == 0:
            failing, left = _stretch(kind, aim, lot)
        left -= 1
        gap, duration = _gap(kind, aim, lot), _duration(kind, aim, lot)
        if not overlap and starts:
            now = max(now, starts[-1] + durations[-1])
        now += _on_grid(gap, aim)
        starts.append(now)
        durations.append(_on_grid(duration, aim))
        results.append(_result(aim, lot, failing))
    return [start - starts[0] for start in starts], durations, "".join(results)


def _stretch(kind: str, aim: Aim, lot: random.Random) -> tuple[float, int]:
    """Return a share of failures, and for how many calls it holds."""
    if kind == "outage":
        return lot.choice((1.0, 1.0, 0.9, 0.0)), lot.randint(aim.volume, 6 * aim.volume)
    if kind == "steady":
        return lot.choice((0.05, 0.1, 0.2, 0.5, 0.5, 0.6)), lot.randint(10, 60)
    return lot.choice((0.0, 0.05, 0.3, 0.5, 0.5, 0.8, 1.0, 1.0)), lot.randint(1, 3 * aim.volume)


def _gap(kind: str, aim: Aim, lot: random.Random) -> int:  # noqa: PLR0911  # a line a kind
    small = lot.randint(0, max(1, min(aim.wait, aim.window or aim.wait) // 20))
    chance = lot.random()
    if kind == "edges":
        return lot.choice(aim.lengths()) if chance < 0.5 else small
    if kind == "still":
        return 0 if chance < 0.75 else lot.choice([*aim.lengths(), small])
    if kind == "bursts":
        return lot.randint(0, 2 * aim.grid) if chance < 0.9 else lot.choice([*aim.lengths(), 2 * aim.wait])
    if kind == "silences":
        return lot.choice((0, small, small, small)) if chance < 0.9 else lot.choice((20, 100)) * aim.wait
    if kind == "crowd":
        return 0 if chance < 0.6 else lot.choice((aim.wait, aim.wait + aim.grid, small))
    if kind == "outage":
        return lot.choice((aim.wait, aim.wait + aim.grid, 2 * aim.wait, 4 * aim.wait, small, small))
    return small if chance < 0.9 else lot.choice(aim.lengths())


def _duration(kind: str, aim: Aim, lot: random.Random) -> int:
    chance = lot.random()
    short = lot.randint(0, max(1, aim.wait // 20))
    if aim.slow and chance < 0.4:
        return aim.slow + lot.choice((-1, 0, 1, 1)) * aim.grid
    if kind in {"sequence", "steady"}:
        return lot.choice((0, 0, short))
    if kind == "late":
        return lot.choice((short, aim.wait, 2 * aim.wait, 3 * aim.wait + short, aim.wait + aim.grid))
    if kind in {"overlap", "crowd"}:
        return lot.choice((0, short, short, aim.wait // 2, aim.wait))
    if kind == "edges":
        return 0 if chance < 0.7 else lot.choice(aim.lengths())
    return 0 if chance < 0.6 else lot.choice((short, short, aim.wait))


def _on_grid(length: int, aim: Aim) -> int:
    return max(0, length // aim.grid * aim.grid)


def _result(aim: Aim, lot: random.Random, failing: float) -> str:
    if "i" in aim.results and lot.random() < 0.08:
        return "i"
    return "f" if lot.random() < failing and "f" in aim.results else "s"


def unhurried(configuration: Mapping[str, Any], library: str, seconds: int = 25) -> list[dict[str, Any]]:
    """Return two requests for a program that runs in real time: one call after the other, and overlapping.

    Calls start an eighth of a second off each quarter, and end on quarters, but never on a whole second: what
    such programs do happens on whole seconds, so that being late by less decides nothing. No two calls end
    together, as which of them the program hears of first would be chance. Longer traffic would let HAProxy's
    checks, each some two milliseconds later than the one before asks for, drift towards the calls' starts.
    """
    made = []
    for kind in ("sequence", "overlap"):
        identity = f"{library}/{configuration['name']}/{kind}"
        lot = random.Random(identity)
        starts, durations, results = [], [], []
        ends: set[int] = set()
        at, bad = 125, 0.5
        while at < 1000 * seconds:
            if lot.random() < 0.15:
                bad = lot.choice((0.0, 0.1, 0.5, 0.9, 1.0))
            length = 0 if kind == "sequence" else lot.choice((0, 0, 125, 375, 625, 1125, 2375))
            while length and ((at + length) % 1000 == 0 or at + length in ends):
                length += 250
            ends.add(at + length)
            starts.append(at)
            durations.append(length)
            results.append("f" if lot.random() < bad else "s" if lot.random() < 0.9 or not length else "i")
            at += lot.choice((250, 250, 250, 500, 500, 750, 1000, 1250, configuration["pause"]))
        made.append(_request(identity, configuration, EPOCH, (starts, durations, "".join(results))))
    return made
