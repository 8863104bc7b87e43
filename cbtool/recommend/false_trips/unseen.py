"""What a log does not show: one caller's retries, and two bursts at once. Guesses rather than bounds.

A short log without retries says little: a caller that tries again up to ten times within a second or two may
come tomorrow. How often is thought to lie anywhere between once a month and ten times an hour, its logarithm
evenly, where there are such callers at all; that the log shows none makes the higher rates unlikely.

Where bursts were seen, two may come within one window, as far as nothing seems to keep them apart; and each
may come at any other moment (`replays.py`).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from cbtool.recommend.false_trips.chance import levels_of, reached_by_bursts
from cbtool.recommend.false_trips.tails import meetings

if TYPE_CHECKING:
    from cbtool.recommend.candidates.gates import Gate
    from cbtool.recommend.false_trips.chance import Levels
    from cbtool.recommend.false_trips.exposure import Exposure
    from cbtool.recommend.false_trips.replays import Replays

_DAY, _HOUR = 86_400.0, 3600.0
_BELIEF = 0.3  # that any caller does so
_SELDOM, _OFTEN = 1 / (30 * 24 * _HOUR), 10 / _HOUR  # bursts a second
_ATTEMPTS = np.arange(2, 11)
_ONE_MORE = 0.8  # how likely a number of attempts is beside one fewer
_SHARE = _ONE_MORE**_ATTEMPTS / (_ONE_MORE**_ATTEMPTS).sum()

_HARDLY_ANY = 0.05  # of the budget
_EXCEEDED = 0.03  # of systems
_STEPS = 1000


class Unseen:
    """Judges gates by what may come beside what was seen; no gate is held to it, but it has its price.

    Args:
        background: all healthy time, with the bursts that are to be ridden through.
        calm: the same without them, where they are few.
        budget: trips a day.
        bursts: when each began, seconds.
        margin: where they are few, the next may be so many times as bad.
        replays: the same, as they would be at other moments.
    """

    def __init__(
        self,
        background: Exposure,
        calm: Exposure,
        budget: float,
        *,
        bursts: tuple[float, ...],
        margin: float,
        replays: Replays | None = None,
    ) -> None:
        self._background, self._calm = background, calm
        self._rate = _DAY * unseen_rate(calm.seconds)
        self._weight = min(1.0, self._rate / budget)
        self._bursts = np.array(bursts)
        self._margin = 1.0 if background is calm else margin
        self._replays = replays
        self._known: dict[Gate, tuple[float, float]] = {}
        self._levels: Levels | None = None

    def retries(self, gate: Gate) -> float:
        """Return the share of one caller's retries that would trip, of such as were not seen.

        It counts for less where so long a background without any makes them rarer than the budget.
        """
        return self._of(gate)[0]

    def bursts(self, gate: Gate) -> float:
        """Return the trips a day by bursts like those that were seen, two at once or at another moment."""
        return self._of(gate)[1]

    def to_expect(self, gate: Gate, *, clusters: bool) -> tuple[float, float]:
        """Return the trips a day that are the best guess of all this, and the most that it is likely to be.

        Args:
            gate: when the breaker opens.
            clusters: whether bad calls were seen to come in clusters: then such retries are among them.
        """
        plain = gate._replace(slow_from=None, slow_threshold=100.0)
        bursts = self._meetings(plain, 1.0) + self._elsewhere(plain)
        if clusters:
            return bursts, bursts
        share = share_tripping(self._usual(), plain)
        most = max(self._rate, _DAY * most_unseen(self._calm.seconds))
        return bursts + share * self._rate, bursts + share * most

    def _of(self, gate: Gate) -> tuple[float, float]:
        plain = gate._replace(slow_from=None, slow_threshold=100.0)
        if plain not in self._known:
            bursts = self._meetings(plain, self._margin) + self._elsewhere(plain)
            self._known[plain] = self._retries(plain), bursts
        return self._known[plain]

    def _retries(self, gate: Gate) -> float:
        if self._weight < _HARDLY_ANY:
            return 0.0
        return self._weight * share_tripping(self._usual(), gate)

    def _usual(self) -> Levels:
        self._levels = self._levels or levels_of(self._calm.end, self._calm.failed)
        return self._levels

    def _meetings(self, gate: Gate, margin: float) -> float:
        background, bursts = self._background, len(self._bursts)
        if not bursts:
            return 0.0
        maxima = background.block_maxima(gate, None, gate.threshold)
        often = meetings(maxima, bursts * background.breakers, margin) / background.seconds
        return _DAY * often * self._as_near_as_by_chance(gate)

    def _elsewhere(self, gate: Gate) -> float:
        return 0.0 if self._replays is None else _DAY * self._replays.often(gate)

    def _as_near_as_by_chance(self, gate: Gate) -> float:
        """Return how many bursts shared a window, beside how many would if they came independently.

        Half a pair is added to either, and nothing is made of more than chance has.
        """
        calls, seconds = len(self._background), self._background.seconds
        window = gate.window * seconds / max(1, calls) if gate.counted else gate.window
        apart = np.abs(self._bursts[:, None] - self._bursts)
        seen = (int((apart < window).sum()) - len(apart)) / 2
        chance = len(apart) * (len(apart) - 1) * window / (seconds / self._background.breakers)
        return float(min(1.0, (seen + 0.5) / (chance + 0.5)))


def unseen_rate(seconds: float) -> float:
    """Return how many bursts a second to expect where so many seconds showed none.

    π · (e^(−aT) − e^(−bT)) / (T ln(b / a)), with rates log-uniform from a to b with chance π, else none.
    """
    left = math.exp(-_SELDOM * seconds) - math.exp(-_OFTEN * seconds)
    return _BELIEF * left / (seconds * math.log(_OFTEN / _SELDOM))


def most_unseen(seconds: float) -> float:
    """Return the rate of such bursts, a second, that three in a hundred systems that showed none exceed.

    Of their rates the density is π e^(−rT) / (r ln(b / a)), beside those that have none.
    """
    from scipy.special import exp1  # noqa: PLC0415  # 0.2 s; a refusal never needs it

    rates = np.geomspace(_SELDOM, _OFTEN, _STEPS)
    above = _BELIEF * (exp1(rates * seconds) - exp1(_OFTEN * seconds)) / math.log(_OFTEN / _SELDOM)
    higher = rates[above > _EXCEEDED * (1.0 - _BELIEF + above[0])]
    return float(higher[-1]) if len(higher) else 0.0


def share_tripping(levels: Levels, gate: Gate) -> float:
    """Return the share of such bursts that would open a breaker.

    Args:
        levels: of healthy traffic; stray errors beside the attempts count, too.
        gate: when it opens.
    """
    return float(_SHARE @ reached_by_bursts(levels, gate, gate.threshold, _ATTEMPTS))
