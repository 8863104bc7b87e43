"""How near a window came to tripping in each block of time: the quick way against the plain one."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from cbtool.recommend.exposure import _block_maxima, _slide

SECOND = 1_000_000_000
Gates = tuple[float, int, int]


def plainly(ends: list[int], counts: list[tuple[int, int]], gates: Gates, block: int) -> list[float]:
    threshold, errors, least = gates
    best: dict[int, float] = {}
    for end, (calls, bad) in zip(ends, counts, strict=True):
        margin = min(bad / errors, 100.0 * bad / (threshold * calls), calls / least)
        best[end // block] = max(best.get(end // block, 0.0), margin if bad else 0.0)
    return list(best.values())


@settings(deadline=None)  # the first call compiles
@given(
    ends=st.lists(st.integers(0, 60 * SECOND), min_size=1, max_size=80).map(sorted),
    failing=st.tuples(st.sampled_from([0.0, 0.05, 0.5, 1.0]), st.integers(0, 2**32 - 1)),
    gates=st.tuples(st.floats(0.5, 100), st.integers(1, 20), st.integers(1, 30)),
    window=st.integers(SECOND // 10, 20 * SECOND),
)
def test_every_block_has_the_same_maximum_to_the_last_bit(
    ends: list[int], failing: tuple[float, int], gates: Gates, window: int
) -> None:
    end = np.array(ends, np.int64)
    share, seed = failing
    calls, bad = _slide(end, np.random.default_rng(seed).random(len(ends)) < share, window)
    made = _block_maxima(end, calls, bad, *gates, 2 * window)
    counts = list(zip(calls.tolist(), bad.tolist(), strict=True))
    assert made.tolist() == plainly(ends, counts, gates, 2 * window)
