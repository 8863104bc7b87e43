"""Which points of the axes are tried: all of them, or a sample that covers each axis."""

from __future__ import annotations

from enum import StrEnum
from itertools import islice, product
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from cbtool.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cbtool.sweeping.axes import Axis

MOST = 1_000_000
"""Points of one sweep."""


class Design(StrEnum):
    """How points are chosen."""

    GRID = "grid"
    """Every combination."""
    RANDOM = "random"
    """Each value drawn by itself."""
    LATIN = "latin"
    """A Latin hypercube: each axis is covered as evenly as so many points can."""


def points(axes: Sequence[Axis], design: Design, number: int | None, seed: int) -> list[dict[str, Any]]:
    """Return the points, a value by setting each; of a sample, no point twice.

    Args:
        axes: at least one.
        design: how they are chosen.
        number: how many, of a sample; of a grid, at most so many of its first ones.
        seed: of a sample.

    Raises:
        ConfigurationError: there would be too many.
    """
    whole = prod(len(axis.values) for axis in axes)
    wanted = whole if design is Design.GRID else min(number or 0, MOST + 1)
    if design is Design.GRID and number is not None:
        wanted = min(whole, number)
    if wanted > MOST:
        raise ConfigurationError(f"{wanted:,} points are too many; take --sample {10_000:,} of them")
    names = [axis.name for axis in axes]
    if design is Design.GRID or wanted >= whole:
        every = product(*(axis.values for axis in axes))
        return [dict(zip(names, values, strict=True)) for values in islice(every, wanted)]
    random = np.random.default_rng(seed)
    columns = [_column(axis, design, wanted, random) for axis in axes]
    rows = dict.fromkeys(zip(*columns, strict=True))
    return [dict(zip(names, row, strict=True)) for row in rows]


def _column(axis: Axis, design: Design, number: int, random: np.random.Generator) -> list[Any]:
    if design is Design.LATIN:
        places = (random.permutation(number) + random.random(number)) / number
    else:
        places = random.random(number)
    return [axis.values[int(place * len(axis.values))] for place in places]
