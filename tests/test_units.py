import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cbtool.errors import ConfigurationError
from cbtool.units import (
    exact_duration,
    format_duration,
    format_percent,
    format_rate,
    format_size,
    parse_duration,
    parse_percent,
    parse_rate,
)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("250ms", 0.25),
        ("30s", 30),
        ("5m", 300),
        ("1h30m", 5400),
        ("1.5s", 1.5),
        ("30", 30),
        (" 2 s ", 2),
        ("1d", 86400),
    ],
)
def test_durations_as_people_write_them(text: str, seconds: float) -> None:
    assert parse_duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "s", "10 parsecs", "-5s", "1h-", "5s5", "1e3s", "nan"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match="is not a duration"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("text", "per_second"),
    [("50/s", 50), ("300/m", 5), ("50", 50), ("50/1s", 50), ("0.5/s", 0.5), ("20/10s", 2)],
)
def test_rates_as_people_write_them(text: str, per_second: float) -> None:
    assert parse_rate(text) == per_second


@pytest.mark.parametrize("text", ["", "fast", "5/0s", "-1/s", "5/y"])
def test_what_is_no_rate_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match=r"is (not )?a rate"):
        parse_rate(text)


@pytest.mark.parametrize(("text", "percent"), [("10", 10), ("10%", 10), ("0.5 %", 0.5), ("100%", 100)])
def test_percentages_as_people_write_them(text: str, percent: float) -> None:
    assert parse_percent(text) == percent


@pytest.mark.parametrize("text", ["101", "-1", "half", ""])
def test_what_is_no_percentage_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match="percentage from 0 to 100"):
        parse_percent(text)


@given(st.integers(0, 10**18))
def test_an_exact_duration_reads_back_the_same(nanoseconds: int) -> None:
    assert parse_duration(exact_duration(nanoseconds / 1e9)) == pytest.approx(
        nanoseconds / 1e9, rel=1e-12, abs=1e-9
    )


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0s"),
        (0.00025, "250us"),
        (0.25, "250ms"),
        (2.5, "2.5s"),
        (90, "1m30s"),
        (7500, "2h5m"),
        (math.inf, "∞"),
        (-2, "-2s"),
    ],
)
def test_durations_for_people(seconds: float, text: str) -> None:
    assert format_duration(seconds) == text


def test_rates_and_percentages_for_people() -> None:
    assert [format_rate(rate) for rate in (200, 0.5, 0.05, 0.0005)] == ["200/s", "0.5/s", "3/m", "1.8/h"]
    assert [format_percent(percent) for percent in (0.5, 52, 99.951, 0)] == ["0.5 %", "52 %", "100 %", "0 %"]


def test_a_size_is_never_nothing_point_nothing() -> None:
    sizes = (0, 28_063, 99_499, 509_395, 5_000_000)
    assert [format_size(size) for size in sizes] == ["0 KB", "28 KB", "99 KB", "0.5 MB", "5.0 MB"]
