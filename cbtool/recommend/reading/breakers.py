"""The breakers whose shares of the calls are looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

COURTS = 4
"""Breakers whose shares candidates are tried on as they are."""
_CALLS = 1_000_000  # of all breakers together, about
_MOST = 40
_DEALS = 73


def breakers_of(
    instance: NDArray[np.int32], instances: int, seed: int, *, named: bool
) -> list[NDArray[np.bool_]]:
    """Return which calls each breaker that is looked at sees, those of the first instances first.

    Where the calls were dealt out at random, the breakers of further deals are as good as those of the first.
    What a burst comes to at one breaker is then read from many deals, rather than from the luck of one.

    Args:
        instance: by call, which instance it goes to.
        instances: how many there are.
        seed: of further deals.
        named: whether the log says which instance it was; else the calls were dealt out at random.
    """
    if instances == 1:
        return [np.ones(len(instance), np.bool_)]
    fitting = _CALLS * instances // max(1, len(instance))
    wanted = int(np.clip(fitting, min(instances, COURTS), _MOST))
    seen = [instance == number for number in range(min(instances, wanted))]
    random = np.random.default_rng([seed, _DEALS])
    while not named and len(seen) < wanted:
        dealt = random.integers(0, instances, len(instance))
        seen += [dealt == number for number in range(min(instances, wanted - len(seen)))]
    return seen
