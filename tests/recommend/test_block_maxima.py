"""How near a window came to tripping in each block of time: the quick way against the plain one."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from cbtool.recommend.exposure import _block_maxima, _slide

SECOND = 1_000_000_000


def plainly(
    ends: list[int], calls: list[int], bad: list[int], threshold: float, errors: int, least: int, block: int
) -> list[float]:
    best: dict[int, float] = {}
    for end, inside, failed in zip(ends, calls, bad, strict=True):
        margin = min(failed / errors, 100.0 * failed / (threshold * inside), inside / least)
        best[end // block] = max(best.get(end // block, 0.0), margin if failed else 0.0)
    return list(best.values())


@given(
    ends=st.lists(st.integers(0, 60 * SECOND), min_size=1, max_size=80).map(sorted),
    failing=st.sampled_from([0.0, 0.05, 0.5, 1.0]),
    seed=st.integers(0, 2**32 - 1),
    threshold=st.floats(0.5, 100),
    errors=st.integers(1, 20),
    least=st.integers(1, 30),
    window=st.integers(SECOND // 10, 20 * SECOND),
)
def test_every_block_has_the_same_maximum_to_the_last_bit(
    ends: list[int], failing: float, seed: int, threshold: float, errors: int, least: int, window: int
) -> None:
    end = np.array(ends, np.int64)
    calls, bad = _slide(end, np.random.default_rng(seed).random(len(ends)) < failing, window)
    made = _block_maxima(end, calls, bad, threshold, errors, least, 2 * window)
    plain = plainly(ends, calls.tolist(), bad.tolist(), threshold, errors, least, 2 * window)
    assert made.tolist() == plain
