"""Calls by what they went to."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from cbtool.errors import ConfigurationError
from cbtool.traffic.calls import Calls
from cbtool.traffic.grouping import UNSAID, By, grouped, template


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/orders/17/items/4", "/orders/:id/items/:id"),
        ("/orders/17/18/19", "/orders/:id/:id/:id"),
        ("/u/550e8400-e29b-41d4-a716-446655440000", "/u/:id"),
        ("/blob/deadbeefdeadbeef", "/blob/:id"),
        ("/blob/DEADBEEFDEADBEEFAA/x", "/blob/:id/x"),
        ("/v2/users", "/v2/users"),
        ("/day/2026-11-24", "/day/:id"),
        ("/s/app.3f2a1b9c77.js", "/s/:id"),
        ("/decade/facade", "/decade/facade"),
        ("/", "/"),
        ("", ""),
    ],
)
def test_ids_in_a_path_are_one_endpoint(path: str, expected: str) -> None:
    assert pl.DataFrame({"path": [path]}).select(template(pl.col("path"))).item() == expected


def calls() -> Calls:
    n = 6
    return Calls(
        start_ns=np.arange(n, dtype=np.int64) * 1_000_000_000,
        duration_ns=np.zeros(n, np.int64),
        status=np.full(n, 200, np.int16),
        error=np.zeros(n, np.uint8),
        epoch=100.0,
        instance=np.array([0, 1, 1, 0, 1, 1], np.int32),
        instances=("a", "b"),
        path=pl.Series(["/o/1?x=2", "/o/2", "/s", "/s", "/o/3#y", None]),
        host=pl.Series(["A.x", "a.x", "b.x", "a.X", "b.x", "c.x"]),
    )


def test_the_largest_groups_come_first_and_the_rest_is_counted() -> None:
    groups, left, left_calls = grouped(calls(), By.PATH, most=2)
    assert [(group.name, len(group.calls)) for group in groups] == [("/o/:id", 3), ("/s", 2)]
    assert (left, left_calls) == (1, 1)
    assert [name for name, _ in grouped(calls(), By.PATH, 9)[0]] == ["/o/:id", "/s", UNSAID]


def test_each_group_counts_its_time_from_its_first_call() -> None:
    (_, second), _, _ = grouped(calls(), By.PATH, most=2)
    assert second.calls.start_ns.tolist() == [0, 1_000_000_000]
    assert second.calls.epoch == 102.0


def test_hosts_are_told_apart_whatever_their_case_and_instances_by_name() -> None:
    assert [(g.name, len(g.calls)) for g in grouped(calls(), By.HOST, 9)[0]] == [
        ("a.x", 3),
        ("b.x", 2),
        ("c.x", 1),
    ]
    assert [(g.name, len(g.calls)) for g in grouped(calls(), By.INSTANCE, 9)[0]] == [("b", 4), ("a", 2)]


def test_what_a_log_does_not_say_cannot_group_it() -> None:
    for by, silent in ((By.UPSTREAM, calls()), (By.INSTANCE, replace(calls(), instance=None))):
        with pytest.raises(ConfigurationError, match=f"--by {by.value}: the log does not say it"):
            grouped(silent, by, 9)
