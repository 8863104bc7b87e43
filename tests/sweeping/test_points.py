"""Which points are tried, and which of them no other beats."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cbtool.errors import ConfigurationError
from cbtool.sweeping.axes import parse_axes
from cbtool.sweeping.designs import Design, points
from cbtool.sweeping.front import on_front

AXES = parse_axes(["failure_rate_threshold=1..100", "minimum_number_of_errors=1..50"])


def test_a_grid_is_every_combination_the_last_axis_first() -> None:
    axes = parse_axes(["failure_rate_threshold=10,20", "minimum_number_of_errors=1,2"])
    pairs = [tuple(point.values()) for point in points(axes, Design.GRID, None, 0)]
    assert pairs == [(10.0, 1), (10.0, 2), (20.0, 1), (20.0, 2)]


def test_a_latin_hypercube_covers_each_axis_evenly() -> None:
    tried = points(AXES, Design.LATIN, 50, seed=4)
    errors = Counter(point["minimum_number_of_errors"] for point in tried)
    assert errors == dict.fromkeys(range(1, 51), 1)
    halves = sorted((point["failure_rate_threshold"] - 1) // 2 for point in tried)
    assert halves == list(range(50))


def test_a_sample_is_the_same_for_the_same_seed() -> None:
    for design in (Design.RANDOM, Design.LATIN):
        assert points(AXES, design, 20, seed=1) == points(AXES, design, 20, seed=1)
        assert points(AXES, design, 20, seed=1) != points(AXES, design, 20, seed=2)


def test_a_sample_as_large_as_the_grid_is_the_grid() -> None:
    assert len(points(AXES, Design.RANDOM, 10_000, seed=1)) == 5_000


def test_too_many_points_are_refused() -> None:
    wide = parse_axes([f"{name}=1..9999" for name in ("minimum_number_of_calls", "minimum_number_of_errors")])
    with pytest.raises(ConfigurationError, match="points are too many"):
        points(wide, Design.GRID, None, 0)


@given(st.lists(st.tuples(*[st.integers(0, 4)] * 3), min_size=1, max_size=40))
def test_the_front_is_what_no_other_point_beats(costs: list[tuple[int, int, int]]) -> None:
    array = np.array(costs, float)
    beaten = [any((other <= mine).all() and (other < mine).any() for other in array) for mine in array]
    assert on_front(array).tolist() == [not each for each in beaten]


def test_no_points_have_no_front() -> None:
    assert on_front(np.empty((0, 3))).tolist() == []
