"""Fewer calls, or the same calls over several breakers: what a service sees at low load or as M copies."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cbtool.breaker.checks import at_least_one, require
from cbtool.traffic.seeds import generator

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    from cbtool.traffic.calls import Calls

_THIN, _SPLIT = 2, 3  # see `seeds.generator`


def thin(n: int, share: float, seed: int) -> NDArray[np.bool_]:
    """Return which of n calls to keep: each with probability `share`, independently of the others.

    A Poisson stream thinned so is a Poisson stream of `share` times the rate. With one seed, the calls kept
    at a smaller share are among those kept at a larger one, so that loads can be compared.

    Raises:
        InvalidSettingError: `share` is not over 0 and at most 1.
    """
    return _thinner(share, seed).random(n) < share


def share_of(parts: Iterable[Calls], share: float, seed: int) -> Iterator[tuple[Calls, NDArray[np.bool_]]]:
    """Yield parts of calls, each with which of its calls `thin` keeps of them all.

    Raises:
        InvalidSettingError: `share` is not over 0 and at most 1.
    """
    draws = _thinner(share, seed)
    for calls in parts:
        yield calls, draws.random(len(calls)) < share


def _thinner(share: float, seed: int) -> np.random.Generator:
    require(0 < share <= 1, "load", "must be over 0 and at most 1", share)
    return generator(seed, _THIN)


def split(n: int, instances: int, seed: int) -> NDArray[np.int32]:
    """Return which of the `instances` breakers each of n calls goes to, uniformly and independently.

    Raises:
        InvalidSettingError: `instances` is below 1.
    """
    return Splitter(instances, seed).split(n)


class Splitter:
    """The same, some calls at a time.

    Raises:
        InvalidSettingError: `instances` is below 1.
    """

    def __init__(self, instances: int, seed: int) -> None:
        at_least_one("instances", instances)
        self._instances = instances
        self._draws = generator(seed, _SPLIT)

    def split(self, n: int) -> NDArray[np.int32]:
        """Return which breaker each of the next n calls goes to."""
        if self._instances == 1:
            return np.zeros(n, dtype=np.int32)
        return self._draws.integers(0, self._instances, n, dtype=np.int32)
