"""Which breaker each call goes to, where the log names the instances."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from cbtool.breaker.outcome import Verdict
from cbtool.errors import ConfigurationError
from cbtool.scratch import Scratch

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cbtool.recommend.reading.columns import Column
    from cbtool.traffic.calls import Calls


def named_instances(calls: Calls, verdicts: NDArray[np.uint8]) -> tuple[NDArray[np.int32], int]:
    """Return each counted call's instance, the one with the most calls first, and how many there are.

    Raises:
        ConfigurationError: the calls do not say which instance answered.
    """
    which, number = every_instance(calls, verdicts)
    return which[verdicts != Verdict.IGNORED], number


def every_instance(calls: Calls, verdicts: NDArray[np.uint8]) -> tuple[NDArray[np.int32], int]:
    """Return the same of all calls; what an instance without any that counts answered goes to the first.

    Raises:
        ConfigurationError: as `named_instances`.
    """
    counted = verdicts != Verdict.IGNORED
    if calls.instance is None or not counted.any():
        raise _unnamed()
    ranks = _ranks(np.bincount(calls.instance[counted], minlength=len(calls.instances)))
    return ranks.of[calls.instance], ranks.number


class Ranks(NamedTuple):
    """Instances by how many calls they answered.

    Attributes:
        of: int32, by instance: its number, the one with the most calls first; 0 of one without any.
        number: how many have any.
    """

    of: NDArray[np.int32]
    number: int


def _ranks(sizes: NDArray[np.int64]) -> Ranks:
    of = np.empty(len(sizes), np.int32)
    of[np.argsort(-sizes, kind="stable")] = np.arange(len(sizes), dtype=np.int32)
    of[sizes == 0] = 0
    return Ranks(of, int(np.count_nonzero(sizes)))


def _unnamed() -> ConfigurationError:
    return ConfigurationError("--instances auto: the log does not name instances; give their number")


class NamedAlong:
    """The same of calls that come part by part."""

    def __init__(self) -> None:
        self._instance = Scratch(np.int32)
        self._sizes = np.zeros(0, np.int64)

    def add(self, calls: Calls, verdicts: NDArray[np.uint8]) -> None:
        """Add the next calls.

        Raises:
            ConfigurationError: they do not say which instance answered.
        """
        if calls.instance is None:
            raise _unnamed()
        mine = calls.instance[verdicts != Verdict.IGNORED]
        sizes = np.bincount(mine, minlength=len(calls.instances))
        self._sizes = sizes + self._sizes if len(self._sizes) else sizes
        self._instance.append(mine)

    def ranks(self) -> Ranks:
        """Return the instances' numbers.

        Raises:
            ConfigurationError: no call counts.
        """
        if not self._sizes.any():
            raise _unnamed()
        return _ranks(self._sizes)

    def in_order(self) -> tuple[Column, int]:
        """Return the same with the instances in the order of their names, and how many have any call."""
        some = self._sizes > 0
        return _Renumbered(self._instance, np.cumsum(some, dtype=np.int32) - 1), int(some.sum())

    def column(self) -> Column:
        """Return each counted call's instance, by these numbers."""
        return _Renumbered(self._instance, self.ranks().of)


class _Renumbered:
    """Numbers of a column by others."""

    def __init__(self, column: Column, numbers: NDArray[np.int32]) -> None:
        self._column = column
        self._numbers = numbers

    def __len__(self) -> int:
        return len(self._column)

    def __getitem__(self, where: Any) -> Any:
        return self._numbers[self._column[where]]
