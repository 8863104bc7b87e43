"""One seed for everything, and a stream of random numbers of its own for each purpose."""

from __future__ import annotations

import numpy as np

_WORD = 2**64


def generator(seed: int, *purpose: int) -> np.random.Generator:
    """Return a generator that `seed` (any integer) and `purpose` determine.

    Without a purpose, two uses of one seed would draw the same numbers and be correlated.
    """
    return np.random.default_rng((seed % _WORD, *purpose))
