"""Calls of one instant in an order that their rows' order does not touch."""

from __future__ import annotations

import numpy as np

from cbtool.traffic.calls import Calls


def calls_at(start: list[int], duration: list[int], instance: list[int] | None = None) -> Calls:
    n = len(start)
    return Calls(
        np.array(start, np.int64),
        np.array(duration, np.int64),
        np.full(n, 200, np.int16),
        np.zeros(n, np.uint8),
        instance=None if instance is None else np.array(instance, np.int32),
        instances=("a", "b"),
    )


def test_calls_that_share_no_start_stay_as_they_are() -> None:
    assert calls_at([], []).in_one_order() is None
    assert calls_at([0, 1, 2], [3, 2, 1]).in_one_order() is None


def test_calls_of_one_instant_are_mixed_rather_than_sorted() -> None:
    """Sorted by outcome, the failures of each second would follow each other, as in an incident."""
    n = 20_000
    failed = np.random.default_rng(2).random(n) < 0.05
    start = np.repeat(np.arange(n // 200) * 10**9, 200)
    status = np.where(failed, 503, 200).astype(np.int16)
    calls = Calls(start, np.zeros(n, np.int64), status, np.zeros(n, np.uint8))
    order = calls.in_one_order()
    assert order is not None
    in_a_row = (np.diff(np.flatnonzero(calls.reordered(order).status == 503)) == 1).mean()
    assert 0.02 < in_a_row < 0.1


def test_any_order_of_one_instant_becomes_the_same() -> None:
    random = np.random.default_rng(1)
    start = np.sort(random.integers(0, 40, 200))
    duration, instance = random.integers(0, 5, 200), random.integers(0, 2, 200)
    seen = set()
    for _ in range(5):
        order = np.lexsort((random.random(200), start))
        calls = calls_at(start.tolist(), duration[order].tolist(), instance[order].tolist())
        settled = calls.in_one_order()
        assert settled is not None
        one = calls.reordered(settled)
        assert (one.start_ns == start).all()
        assert one.in_one_order() is None
        assert one.instance is not None
        seen.add((tuple(one.duration_ns.tolist()), tuple(one.instance.tolist())))
    assert len(seen) == 1
