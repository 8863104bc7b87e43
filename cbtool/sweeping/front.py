"""The Pareto front: the points that no other beats in one thing without losing in another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def on_front(costs: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which of n points are on the front; of equal ones, all are.

    Args:
        costs: float64, (n, k): what each point costs, less is better.
    """
    front = np.zeros(len(costs), bool)
    left = np.arange(len(costs))
    # In this order no later point beats an earlier one, so that each pass settles one cost for good.
    order = np.lexsort(costs.T[::-1])
    left = order
    while len(left):
        best = costs[left[0]]
        same = (costs[left] == best).all(axis=1)
        front[left[same]] = True
        beaten = (costs[left] >= best).all(axis=1)
        left = left[~beaten]
    return front
