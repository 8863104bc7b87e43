"""How likely the last n calls that one of several breakers saw hold so many bad ones, exactly.

Each call of the whole log comes to the breaker with the same chance, its share. Going back from a call, its
last n calls hold k bad ones if its k-th bad call is met before its (n − k + 1)-th good one: for the i-th bad
call back, that it is the k-th of the breaker's (a negative binomial), times that no more than n − k of the
good calls up to there are the breaker's (a binomial), summed over i.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from cbtool.jit import compiled

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.floating]

_NOTHING = 1e-12  # a chance that is none


def at_least(number: int, of: Floats, share: float) -> Floats:
    """Return the chance that at least so many of as many calls come to a breaker with that share of them."""
    from scipy.special import betainc  # noqa: PLC0415  # 0.2 s; a refusal never needs it

    if number <= 0:
        return np.ones(len(of))
    return np.where(of < number, 0.0, betainc(float(number), np.maximum(of - number + 1.0, 1e-9), share))


class LastCalls(NamedTuple):
    """The last `window` calls of a breaker that a share of all calls comes to.

    Attributes:
        places: which of all calls are bad, in order.
        cuts: calls before which the breaker's window was emptied.
        window: calls.
        need: of them bad.
        share: 0 to 1.
    """

    places: NDArray[np.int64]
    cuts: NDArray[np.int64]
    window: int
    need: int
    share: float

    def reached(self, ends: NDArray[np.int64]) -> Floats:
        """Return how likely it is with each of some bad calls that they hold as many as are needed.

        That it is the breaker's, and that with it they do and hold no more.

        Args:
            ends: the bad calls, as indices of `places`.
        """
        good = self.window - self.need
        as_many = self._before(ends, self.need - 1, good)
        more = self._before(ends, self.need, good - 1)
        return np.asarray(self.share * np.maximum(as_many - more, 0.0))

    def full(self, ends: NDArray[np.int64], margin: float) -> Floats:
        """Return how likely they hold as many after each of some bad calls, and if those were more.

        Args:
            ends: the bad calls, as indices of `places`.
            margin: times as many as there are.
        """
        return self._before(ends, self.need, self.window - self.need, own=1, margin=margin)

    def _before(
        self, ends: NDArray[np.int64], bad: int, good: int, *, own: int = 0, margin: float = 1.0
    ) -> Floats:
        """Return how likely so many of the breaker's bad calls are met before more than so many good ones.

        `own` is 1 where the call that is gone back from counts among the bad ones, else 0.
        """
        if good < 0:
            return np.zeros(len(ends))
        back = np.arange(_surely(bad, self.share) + 1)
        met = np.diff(at_least(bad, margin * (back + own), self.share), prepend=0.0)
        few = 1.0 - at_least(good + 1, np.arange(_surely(good + 1, self.share) + 1.0), self.share)
        found: Floats = _summed(self.places, ends, self.cuts, met, few)
        return found


def _surely(number: int, share: float) -> int:
    """Return of how many calls so many are surely the breaker's: eight standard deviations on top."""
    return int((number + 8.0 * np.sqrt(number + 1.0) + 16.0) / share)


@compiled()
def _summed(
    places: NDArray[np.int64],
    ends: NDArray[np.int64],
    cuts: NDArray[np.int64],
    met: NDArray[np.float64],
    few: NDArray[np.float64],
) -> NDArray[np.float64]:
    found = np.zeros(len(ends))
    begins = np.searchsorted(cuts, places[ends], side="right")
    for number in range(len(ends)):
        end = ends[number]
        begin = cuts[begins[number] - 1] if begins[number] else 0
        left = 1.0  # of the chance that so many bad calls are met further back
        for back in range(min(end + 1, len(met))):
            place = places[end - back]
            good = places[end] - place - back
            if place < begin or good >= len(few) or left < _NOTHING:
                break
            found[number] += met[back] * few[good]
            left -= met[back]
    return found
