from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cbtool.errors import InvalidSettingError
from cbtool.traffic.thinning import split, thin


def test_thinning_keeps_its_share() -> None:
    # 100,000 draws: five standard deviations are 0.5 %.
    assert thin(100_000, 0.1, 1).mean() == pytest.approx(0.1, abs=0.005)


def test_the_whole_load_keeps_everything() -> None:
    assert thin(1000, 1, 5).all()


def test_less_load_keeps_some_of_what_more_load_keeps() -> None:
    little, more = thin(10_000, 0.01, 3), thin(10_000, 0.1, 3)
    assert not (little & ~more).any()


@pytest.mark.parametrize("share", [0, -0.1, 1.5, float("nan")])
def test_no_such_share(share: float) -> None:
    with pytest.raises(InvalidSettingError, match="load must be over 0"):
        thin(10, share, 1)


@given(st.integers(0, 300), st.integers(1, 50), st.integers(-(2**70), 2**70))
def test_every_call_goes_to_one_of_the_breakers(n: int, instances: int, seed: int) -> None:
    which = split(n, instances, seed)
    assert which.dtype == np.int32
    assert len(which) == n
    assert ((which >= 0) & (which < instances)).all()
    assert which.tolist() == split(n, instances, seed).tolist()


def test_each_breaker_sees_its_share() -> None:
    counts = np.bincount(split(80_000, 8, 1))
    # Binomial with mean 10,000 and deviation 94: five of them.
    assert np.abs(counts - 10_000).max() < 470


def test_no_breaker_at_all() -> None:
    with pytest.raises(InvalidSettingError, match="instances must be at least 1"):
        split(10, 0, 1)


def test_thinning_and_splitting_draw_apart() -> None:
    # Were they correlated, the kept calls would go to the lower-numbered breakers.
    kept = split(100_000, 2, 9)[thin(100_000, 0.5, 9)]
    assert kept.mean() == pytest.approx(0.5, abs=0.01)
