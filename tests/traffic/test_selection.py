"""Which calls of a log are looked at."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from cbtool.errors import ConfigurationError, InsufficientDataError, InvalidSettingError
from cbtool.traffic.calls import Calls, ErrorKind
from cbtool.traffic.selection import Moment, Selection

EPOCH = 1_795_514_400.0  # 2026-11-24 10:00 UTC
CALLS = Calls(
    start_ns=np.arange(6, dtype=np.int64) * 60_000_000_000,
    duration_ns=np.full(6, 1_000_000, np.int64),
    status=np.array([200, 503, 404, 0, 200, 500], np.int16),
    error=np.array([0, 0, 0, ErrorKind.TIMEOUT, 0, 0], np.uint8),
    epoch=EPOCH,
    instance=np.array([0, 1, 0, 1, 0, 1], np.int32),
    instances=("10.0.0.1:80", "10.0.0.2:80"),
    method=pl.Series(["GET", "POST", "GET", "GET", None, "GET"]),
    path=pl.Series(["/api/orders/1?x=/static", "/api/orders/2", "/static/a.js", "/api", "/api/a+b", None]),
    host=pl.Series(["Shop.Example.org"] * 3 + ["pay.example.org"] * 3),
    upstream=pl.Series(["orders"] * 4 + [None, "pay"]),
)


def kept(**asked: object) -> list[int]:
    chosen = Selection(**asked).of(CALLS)  # type: ignore[arg-type]
    first = (chosen.epoch - EPOCH) / 60
    return [int(first + at / 60e9) for at in chosen.start_ns]


@pytest.mark.parametrize(
    ("asked", "numbers"),
    [
        ({"path": ("/api/orders/*",)}, [0, 1]),
        ({"path": ("/api",)}, [3]),
        ({"path": ("/api/a+b", "/static/*")}, [2, 4]),
        ({"path": ("*",)}, [0, 1, 2, 3, 4]),
        ({"path": ("*/static",)}, []),
        ({"host": ("shop.*",)}, [0, 1, 2]),
        ({"method": ("get",)}, [0, 2, 3, 5]),
        ({"status": ("5xx",)}, [1, 5]),
        ({"status": ("404", "timeout")}, [2, 3]),
        ({"upstream": ("pay",)}, [5]),
        ({"instance": ("10.0.0.2:*",)}, [1, 3, 5]),
        ({"since": Moment(EPOCH + 120)}, [2, 3, 4, 5]),
        ({"until": Moment(120, relative=True)}, [0, 1]),
        ({"since": Moment(60, relative=True), "until": Moment(EPOCH + 180)}, [1, 2]),
        ({"path": ("/api/*",), "status": ("5xx",)}, [1]),
    ],
)
def test_what_is_asked_for_is_kept(asked: dict[str, object], numbers: list[int]) -> None:
    if numbers:
        assert kept(**asked) == numbers
    else:
        with pytest.raises(InsufficientDataError, match="none of 6 calls is --path"):
            kept(**asked)


def test_times_count_from_the_first_call_that_is_kept() -> None:
    chosen = Selection(method=("POST",)).of(CALLS)
    assert (chosen.start_ns.tolist(), chosen.epoch) == ([0], EPOCH + 60)
    assert chosen.host is not None
    assert chosen.host.to_list() == ["Shop.Example.org"]
    assert chosen.notes == ("1 of 6 calls are looked at: --method POST",)


def test_nothing_asked_for_changes_nothing() -> None:
    assert Selection().of(CALLS) is CALLS
    assert not Selection()


def test_what_a_log_does_not_say_cannot_be_asked_for() -> None:
    for name in ("path", "host", "upstream", "instance", "method"):
        silent = replace(CALLS, **{name: None})
        with pytest.raises(ConfigurationError, match=f"--{name}: the log does not say"):
            Selection(**{name: ("x",)}).of(silent)
    with pytest.raises(ConfigurationError, match="write --since and --until as"):
        Selection(since=Moment(EPOCH)).of(replace(CALLS, epoch=0.0))


def test_a_status_that_is_none_is_named() -> None:
    with pytest.raises(InvalidSettingError, match="--status must list statuses"):
        Selection(status=("7xx",)).of(CALLS)
