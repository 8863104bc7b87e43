"""Which breaker each call goes to, where the log names the instances."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cbtool.breaker.outcome import Verdict
from cbtool.errors import ConfigurationError

if TYPE_CHECKING:
    from numpy.typing import NDArray

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
        raise ConfigurationError("--instances auto: the log does not name instances; give their number")
    _, number = np.unique(calls.instance, return_inverse=True)
    sizes = np.bincount(number, weights=counted)
    rank = np.empty(len(sizes), np.int32)
    rank[np.argsort(-sizes, kind="stable")] = np.arange(len(sizes), dtype=np.int32)
    rank[sizes == 0] = 0
    return rank[number], int(np.count_nonzero(sizes))
