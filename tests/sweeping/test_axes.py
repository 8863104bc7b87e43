"""What `--vary` takes, and what it refuses."""

from __future__ import annotations

from typing import Any

import pytest

from cbtool.breaker import BreakerConfig, WindowType
from cbtool.breaker.dialects import NAMES
from cbtool.errors import ConfigurationError, InvalidSettingError
from cbtool.sweeping.axes import config_at, parse_axes


def values(text: str) -> tuple[Any, ...]:
    (axis,) = parse_axes([text])
    return axis.values


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("failure_rate_threshold=5..20:5", (5.0, 10.0, 15.0, 20.0)),
        ("failure_rate_threshold=0.1..0.3:0.1", (0.1, 0.2, 0.3)),
        ("failure_rate_threshold=10..14", (10.0, 11.0, 12.0, 13.0, 14.0)),
        ("failure_rate_threshold=10..15:2", (10.0, 12.0, 14.0)),
        ("minimum_number_of_errors=1..3", (1, 2, 3)),
        ("minimum_number_of_errors=1..100:x3", (1, 10, 100)),
        ("minimum_number_of_errors=1..4:x8", (1, 2, 3, 4)),
        ("wait_duration_in_open_state=500ms,5s,1m", (0.5, 5.0, 60.0)),
        ("wait_duration_in_open_state=1s..2s:500ms", (1.0, 1.5, 2.0)),
        ("wait_duration_in_open_state=1s..100s:x3", (1.0, 10.0, 100.0)),
        ("sliding_window_size=10,100,1000", (10, 100, 1000)),
        ("sliding_window_size=5s..15s:5s", (5.0, 10.0, 15.0)),
        ("sliding_window_type=count,time", (WindowType.COUNT, WindowType.TIME)),
        ("dialect=polly,semian,polly", ("polly", "semian")),
        ("dialect=all", NAMES),
    ],
)
def test_the_values_of_an_axis(text: str, expected: tuple[Any, ...]) -> None:
    assert values(text) == expected
    assert [type(each) for each in values(text)] == [type(each) for each in expected]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("failure_rate_threshold", "varies nothing; write SETTING=VALUES"),
        ("failure_rate_treshold=5", "did you mean 'failure_rate_threshold'"),
        ("failure_rate_threshold=60..5", "the first value is above the last"),
        ("failure_rate_threshold=5..60:0", "the step must be above 0"),
        ("failure_rate_threshold=5..60:-5", "the step must be above 0"),
        ("failure_rate_threshold=0..1:0.000001", "the values at most 100,000"),
        ("failure_rate_threshold=0..50:x5", "values that grow evenly start above 0"),
        ("failure_rate_threshold=1..50:x1", "are two or more"),
        ("failure_rate_threshold=five", "'five' is not a number"),
        ("failure_rate_threshold=nan", "'nan' is not a number"),
        ("failure_rate_threshold=1,,2", "'' is not a number"),
        ("wait_duration_in_open_state=five", "'five' is not a duration such as 500ms or 5s"),
        ("wait_duration_in_open_state=5s..60s", "needs a step"),
        ("minimum_number_of_errors=1.5", "takes whole numbers"),
        ("sliding_window_type=tumbling", "sliding_window_type takes count, time, consecutive"),
        ("dialect=poly", "'poly' is no dialect that cbtool knows"),
    ],
)
def test_what_is_no_axis_is_said(text: str, message: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        parse_axes([text])
    assert message in str(raised.value)


def test_a_setting_is_varied_once() -> None:
    with pytest.raises(ConfigurationError, match="varied twice"):
        parse_axes(["wait_jitter=0", "wait_jitter=0.5"])


def test_a_point_changes_what_it_names_and_nothing_else() -> None:
    base = BreakerConfig(wait_duration_in_open_state=7.0)
    made = config_at(base, {"failure_rate_threshold": 20.0})
    assert made == BreakerConfig(wait_duration_in_open_state=7.0, failure_rate_threshold=20.0)


def test_another_dialect_takes_what_it_knows() -> None:
    made = config_at(
        BreakerConfig(), {"dialect": "polly", "failure_rate_threshold": 20.0, "wait_jitter": 0.5}
    )
    assert (made.dialect.name, made.failure_rate_threshold, made.wait_jitter) == ("polly", 20.0, 0.0)


def test_values_that_do_not_go_together_are_refused() -> None:
    with pytest.raises(InvalidSettingError, match="minimum_number_of_calls"):
        config_at(BreakerConfig(), {"sliding_window_size": 10, "minimum_number_of_calls": 20})
