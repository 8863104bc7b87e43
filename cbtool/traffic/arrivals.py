"""When calls arrive: schedules computed before anything is sent, pure and seeded.

Every function returns sorted int64 nanoseconds since the run's start. A schedule follows from the integral
of the rate, Λ(t), the number of calls expected by t:

- constant arrivals put the k-th call (from 0) where Λ(t) = k, exactly, so the first call comes at once;
- Poisson arrivals are a unit-rate Poisson process on the Λ axis mapped back through the inverse of Λ
  (Çinlar, Introduction to Stochastic Processes, 1975, section 4.7).

The rate is linear within a piece, so Λ is quadratic there and its inverse is in closed form.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from cbtool.breaker.checks import not_negative, positive, require
from cbtool.errors import ConfigurationError, InvalidSettingError
from cbtool.traffic.scenario import ArrivalKind, Phase, Scenario
from cbtool.traffic.seeds import generator
from cbtool.units import NANOSECONDS, parse_duration, parse_rate, to_ns

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

LARGEST_SCHEDULE = 200_000_000
"""Calls in one schedule; above it (1.6 GB) somebody mistyped a rate or a duration."""

_PURPOSE = 1  # see `seeds.generator`
_ROUNDING = 1e-6
"""Calls by which Λ at a piece's end may miss a whole number because of rounding."""


class Stage(NamedTuple):
    """A linear ramp to `rate` (calls a second) from the rate before it, over `duration` seconds."""

    duration: float
    rate: float


class Piece(NamedTuple):
    """A stretch of `duration` seconds in which the rate goes linearly from `start_rate` to `end_rate`."""

    duration: float
    start_rate: float
    end_rate: float

    @property
    def calls(self) -> float:
        """The integral of the rate over the piece."""
        return (self.start_rate + self.end_rate) / 2 * self.duration


def constant(rate: float, duration: float) -> NDArray[np.int64]:
    """Return evenly spaced arrivals: the k-th at k / rate, for as long as that is before `duration` seconds.

    Raises:
        InvalidSettingError: the rate is negative, or the duration not longer than 0.
    """
    return _schedule([_checked(duration, rate, rate)], ArrivalKind.CONSTANT, 0)


def poisson(rate: float, duration: float, seed: int) -> NDArray[np.int64]:
    """Return a Poisson process of `rate` calls a second over `duration` seconds.

    Raises:
        InvalidSettingError: the rate is negative, or the duration not longer than 0.
    """
    return _schedule([_checked(duration, rate, rate)], ArrivalKind.POISSON, seed)


def staged(
    stages: Sequence[Stage], kind: ArrivalKind, seed: int, start_rate: float = 0.0
) -> NDArray[np.int64]:
    """Return the arrivals of ramps one after the other, as k6's ramping arrival rate has them.

    Args:
        stages: each goes linearly from the rate before it to its own.
        kind: spaced exactly (the k-th arrival is where the integral of the rate reaches k) or Poisson.
        seed: of the Poisson draws.
        start_rate: calls a second at the first stage's start.

    Raises:
        InvalidSettingError: no stage, a negative rate, or a duration not longer than 0.
    """
    require(bool(stages), "stage", "is needed at least once", ())
    pieces, before = [], start_rate
    for stage in stages:
        pieces.append(_checked(stage.duration, before, stage.rate))
        before = stage.rate
    return _schedule(pieces, kind, seed)


def of_scenario(scenario: Scenario, seed: int | None = None, load: float = 1.0) -> NDArray[np.int64]:
    """Return a scenario's arrivals with every rate multiplied by `load`.

    Neighbouring phases of the same kind of arrivals share one Λ, so that a steady rate stays evenly spaced
    over the border between two of them. A scenario's seed is used unless another is given.

    Raises:
        InvalidSettingError: the load is not above 0.
    """
    positive("load", load)
    drawn = scenario.seed if seed is None else seed
    parts: list[NDArray[np.int64]] = []
    for first, last in _runs(scenario.phases):
        phases = scenario.phases[first:last]
        pieces = [_piece(phase, load) for phase in phases]
        part = _schedule(pieces, phases[0].arrivals, drawn, first)
        parts.append(part + to_ns(scenario.starts[first]))
    return np.concatenate(parts)


def recorded(start_ns: NDArray[np.int64], speed: float = 1.0) -> NDArray[np.int64]:
    """Return recorded starts counted from the first one, `speed` times as fast.

    Raises:
        InvalidSettingError: the speed is not above 0.
    """
    positive("speed", speed)
    if not len(start_ns):
        return np.empty(0, dtype=np.int64)
    since: NDArray[np.int64] = np.sort(start_ns) - start_ns.min()
    return since if speed == 1.0 else np.rint(since / speed).astype(np.int64)


def parse_stage(text: str) -> Stage:
    """Return the stage that `30s:200/s` stands for.

    Raises:
        ConfigurationError: `text` is not a stage.
    """
    duration, colon, rate = text.partition(":")
    if not colon:
        raise ConfigurationError(f"{text!r} is not a stage; write DURATION:RATE such as 30s:200/s")
    stage = Stage(parse_duration(duration), parse_rate(rate))
    positive("stage", stage.duration)
    return stage


def _checked(duration: float, start_rate: float, end_rate: float) -> Piece:
    positive("duration", duration)
    not_negative("rate", start_rate)
    not_negative("rate", end_rate)
    return Piece(duration, start_rate, end_rate)


def _piece(phase: Phase, load: float) -> Piece:
    end_rate = phase.rate if phase.rate_to is None else phase.rate_to
    return Piece(phase.duration, phase.rate * load, end_rate * load)


def _runs(phases: tuple[Phase, ...]) -> list[tuple[int, int]]:
    """First and one-past-last index of each run of phases with the same kind of arrivals."""
    borders = [
        i
        for i in range(len(phases) + 1)
        if i in (0, len(phases)) or phases[i].arrivals != phases[i - 1].arrivals
    ]
    return list(pairwise(borders))


def _schedule(pieces: Sequence[Piece], kind: ArrivalKind, seed: int, run: int = 0) -> NDArray[np.int64]:
    """Arrivals of pieces one after the other; `run` tells apart what shares a seed."""
    expected = sum(piece.calls for piece in pieces)
    if expected > LARGEST_SCHEDULE:
        raise InvalidSettingError(
            "rate × duration", f"must be at most {LARGEST_SCHEDULE:,} calls", round(expected)
        )
    if kind is ArrivalKind.CONSTANT:
        levels = np.arange(int(np.ceil(expected - _ROUNDING)), dtype=np.float64)
    else:
        draws = generator(seed, _PURPOSE, run)
        # Given their number, a Poisson process's points are uniform: exact, and bounded in memory.
        levels = np.sort(draws.uniform(0.0, expected, draws.poisson(expected)))
    return _times_of(levels, pieces)


def _times_of(levels: NDArray[np.float64], pieces: Sequence[Piece]) -> NDArray[np.int64]:
    """Invert Λ: the nanosecond at which the integral of the rate reaches each level; levels sorted."""
    ends = np.cumsum([piece.calls for piece in pieces])
    bounds = np.searchsorted(levels, ends[:-1] - _ROUNDING, side="left")
    parts, since, started = [], 0.0, 0.0
    for piece, part in zip(pieces, np.split(levels, bounds), strict=True):
        into = _invert(np.maximum(part - started, 0.0), piece)
        parts.append(np.rint((since + into) * NANOSECONDS).astype(np.int64))
        started += piece.calls
        since += piece.duration
    return np.concatenate(parts)


def _invert(level: NDArray[np.float64], piece: Piece) -> NDArray[np.float64]:
    """Solve r₀ t + (r₁ − r₀) t² / 2d = level for t, in the form that does not cancel for a slow ramp."""
    slope = (piece.end_rate - piece.start_rate) / piece.duration
    root = np.sqrt(np.maximum(piece.start_rate**2 + 2.0 * slope * level, 0.0))
    below = piece.start_rate + root
    into = np.divide(2.0 * level, below, out=np.zeros_like(level), where=below > 0)
    return np.minimum(into, piece.duration)
