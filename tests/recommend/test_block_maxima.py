"""How near a window came to tripping in each block of time: the quick ways against the plain one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cbtool.recommend.candidates.gates import Gate
from cbtool.recommend.false_trips.exposure import Exposure
from cbtool.recommend.false_trips.margins import largest, meeting_pairs, tripping

SECOND = 1_000_000_000


def window_at(end: list[int], i: int, gate: Gate) -> range:
    if gate.counted:
        return range(max(0, i - int(gate.window) + 1), i + 1)
    return range(next(j for j in range(i + 1) if end[i] - end[j] < gate.window * SECOND), i + 1)


def plainly(end: list[int], failed: list[bool], gate: Gate) -> list[float]:
    best: dict[int, float] = {}
    size = 2 * int(gate.window if gate.counted else gate.window * SECOND)
    for i in range(len(end)):
        held = window_at(end, i, gate)
        bad, calls = sum(failed[j] for j in held), len(held)
        margin = min(bad / gate.errors, 100.0 * bad / (gate.threshold * calls), calls / gate.calls)
        block = (i if gate.counted else end[i]) // size
        best[block] = max(best.get(block, 0.0), margin if bad else 0.0)
    return list(best.values())


@given(
    ends=st.lists(st.integers(0, 60 * SECOND), min_size=1, max_size=80).map(sorted),
    failing=st.tuples(st.sampled_from([0.0, 0.05, 0.3]), st.integers(0, 2**32 - 1)),
    threshold=st.floats(0.5, 100),
    gates=st.tuples(st.integers(1, 20), st.integers(1, 4)),
    window=st.tuples(st.integers(1, 20), st.booleans()),
)
def test_every_block_has_the_same_maximum(
    ends: list[int],
    failing: tuple[float, int],
    threshold: float,
    gates: tuple[int, int],
    window: tuple[int, bool],
) -> None:
    end = np.array(ends, np.int64)
    share, seed = failing
    failed = np.random.default_rng(seed).random(len(ends)) < share
    size, counted = window
    gate = Gate(float(size), threshold, gates[0], gates[0] * gates[1], counted=counted)
    exposure = Exposure(end, failed, np.zeros(len(end), np.int64), 60.0)
    found = exposure.block_maxima(gate, None, threshold)
    plain = plainly(ends, failed.tolist(), gate)
    assert found.blocks == len(plain)
    if exposure.peaks(gate, None).bad.max(initial=0) <= 16:
        assert found.positive.tolist() == pytest.approx([margin for margin in plain if margin > 0])


def test_a_window_never_holds_calls_of_two_breakers() -> None:
    apart = np.array([0, 1, 2, 10**16, 10**16 + 1, 10**16 + 2]) * 1
    exposure = Exposure(apart, np.ones(6, np.bool_), np.zeros(6, np.int64), 60.0)
    for counted in (False, True):
        peaks = exposure.peaks(Gate(5.0, 50.0, 1, 1, counted=counted), None)
        assert peaks.bad.max() == 3
        wanting = Gate(5.0, 50.0, 1, 4, counted=counted)
        assert exposure.block_maxima(wanting, None, 50.0).positive.max() == 0.75


@given(
    margins=st.lists(st.sampled_from([0.0, 0.25, 0.5, 0.9, 1.0, 1.5]), max_size=60),
    most=st.integers(1, 40),
    factor=st.sampled_from([1.0, 1.3, 2.0]),
)
def test_the_largest_and_the_tripping_are_those_that_sorting_finds(
    margins: list[float], most: int, factor: float
) -> None:
    array = np.array(margins, np.float64)
    assert largest(array, most).tolist() == sorted(margins)[max(0, len(margins) - most) :]
    assert tripping(array, factor) == sum(margin * factor >= 1.0 for margin in margins)


@given(
    margins=st.lists(st.sampled_from([0.0, 0.3, 0.5, 0.7, 0.9, 1.0, 1.5]), max_size=60),
    most=st.integers(1, 40),
    factor=st.sampled_from([0.5, 1.0, 1.3]),
)
def test_the_pairs_that_meet_are_counted_among_the_largest_alone(
    margins: list[float], most: int, factor: float
) -> None:
    highest = [factor * margin for margin in sorted(margins)[-most:]]
    expected = sum(one >= 1.0 - other for one in highest for other in highest)
    assert meeting_pairs(np.array(margins, np.float64), most, factor) == expected
