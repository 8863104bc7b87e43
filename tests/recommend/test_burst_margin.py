"""How often bursts to come exceed the margin above those that were seen: closed forms."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from cbtool.recommend.false_trips.margins import burst_margin

Floats = NDArray[np.float64]
SEEN, TO_COME = 6, 24


def uniform(x: Floats) -> Floats:
    """The share of sizes up to x, where they lie evenly between 1 and 3."""
    return np.clip((x - 1.0) / 2.0, 0.0, 1.0)


def exponential(x: Floats) -> Floats:
    return 1.0 - np.exp(-x)


def exceeded(share: Callable[[Floats], Floats], margin: float) -> float:
    """P(a burst to come exceeds the margin times the worst seen) = 1 − ∫ F(margin·x)^m dF(x)^n."""
    x = np.linspace(0.0, 60.0, 600_001)
    within = share(margin * x) ** TO_COME
    return 1.0 - float((np.diff(share(x) ** SEEN) * (within[1:] + within[:-1]) / 2).sum())


@pytest.mark.parametrize(
    ("share", "hurried", "low", "high"),
    [
        (uniform, True, 0.02, 0.03),
        (uniform, False, 0.005, 0.015),
        (exponential, True, 0.55, 0.65),  # nothing but a larger margin would help, and it would be endless
        (exponential, False, 0.45, 0.55),
    ],
)
def test_the_margin_is_exceeded_as_seldom_as_is_said(
    share: Callable[[Floats], Floats], hurried: bool, low: float, high: float
) -> None:
    assert low < exceeded(share, burst_margin(SEEN, hurried=hurried)) < high


def test_the_closed_form_agrees_with_simulation() -> None:
    sizes = np.random.default_rng(1).uniform(1.0, 3.0, (40_000, SEEN + TO_COME))
    margin = burst_margin(SEEN, hurried=True)
    often = (sizes[:, SEEN:].max(axis=1) > margin * sizes[:, :SEEN].max(axis=1)).mean()
    expected = exceeded(uniform, margin)
    assert often == pytest.approx(expected, abs=4 * math.sqrt(expected / len(sizes)))


def test_restarts_that_are_alike_never_exceed_it() -> None:
    sizes = np.random.default_rng(1).poisson(60, (5_000, SEEN + TO_COME))  # 3 s at 20/s, all failed
    margin = burst_margin(SEEN, hurried=True)
    assert (sizes[:, SEEN:].max(axis=1) > margin * sizes[:, :SEEN].max(axis=1)).mean() < 0.01


def test_fewer_bursts_ask_for_more_room_and_an_incident_for_less() -> None:
    margins = [burst_margin(bursts, hurried=True) for bursts in range(1, 10)]
    assert margins == sorted(margins, reverse=True)
    assert all(
        burst_margin(bursts, hurried=True) < burst_margin(bursts, hurried=False) for bursts in range(1, 10)
    )
