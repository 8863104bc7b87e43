"""Fewer calls, or the same calls over several breakers: what a service sees at low load or as M copies."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cbtool.breaker.checks import at_least_one, require
from cbtool.traffic.seeds import generator

if TYPE_CHECKING:
    from numpy.typing import NDArray

_THIN, _SPLIT = 2, 3  # see `seeds.generator`


def thin(n: int, share: float, seed: int) -> NDArray[np.bool_]:
    """Return which of n calls to keep: each with probability `share`, independently of the others.

    A Poisson stream thinned so is a Poisson stream of `share` times the rate. With one seed, the calls kept
    at a smaller share are among those kept at a larger one, so that loads can be compared.

    Raises:
        InvalidSettingError: `share` is not over 0 and at most 1.
    """
    require(0 < share <= 1, "load", "must be over 0 and at most 1", share)
    return generator(seed, _THIN).random(n) < share


def split(n: int, instances: int, seed: int) -> NDArray[np.int32]:
    """Return which of the `instances` breakers each of n calls goes to, uniformly and independently.

    Raises:
        InvalidSettingError: `instances` is below 1.
    """
    at_least_one("instances", instances)
    if instances == 1:
        return np.zeros(n, dtype=np.int32)
    return generator(seed, _SPLIT).integers(0, instances, n, dtype=np.int32)
