"""Thresholds: how they are written, and how a run is held against them."""

from __future__ import annotations

import pytest

from cbtool.errors import ConfigurationError
from cbtool.metrics.thresholds import UNITS, Threshold


@pytest.mark.parametrize(
    ("text", "value", "passed"),
    [
        ("opens==0", 0, True),
        ("opens == 0", 1, False),
        ("trips!=0", 1, True),
        ("p95<500ms", 0.4999, True),
        ("p95<500ms", 0.5, False),
        ("p95<=500ms", 0.5, True),
        ("p99.9<2s", 1.0, True),
        ("time_to_open<5s", 6.0, False),
        ("failure_rate<1%", 0.99, True),
        ("failure_rate<1%", 1.0, False),
        ("rejected>=0.5%", 0.5, True),
        ("rate>100/s", 101.0, True),
        ("rate>6000/m", 99.0, False),
        ("schedule_lag_p99<=5ms", 0.005, True),
        ("calls>1000", 1000, False),
    ],
)
def test_a_run_is_held_against_a_limit(text: str, value: float, passed: bool) -> None:
    threshold = Threshold.parse(text)
    check = threshold.check({threshold.name: value})
    assert check.passed is passed
    assert check.value == value
    assert check.limit == threshold.limit


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("p95", "not a threshold"),
        ("p95 500ms", "not a threshold"),
        ("p95<", "not a threshold"),
        ("p95=<5ms", "not a threshold"),
        ("p42<5ms", "unknown number 'p42'"),
        ("p95<fast", "a duration"),
        ("opens==-1", "a whole number"),
        ("opens<1.5", "a whole number"),
        ("failure_rate<0.01", "a percentage with its sign"),
        ("failure_rate<101%", "a percentage with its sign"),
        ("rate>1/x", "a rate"),
        ("p95<5ms; rm -rf", "a duration"),
    ],
)
def test_a_mistake_is_named(text: str, word: str) -> None:
    with pytest.raises(ConfigurationError, match=word):
        Threshold.parse(text)


@pytest.mark.parametrize("name", sorted(UNITS))
def test_a_number_that_was_not_measured_does_not_pass(name: str) -> None:
    limit = {"COUNT": "5", "DURATION": "5s", "PERCENT": "5%", "RATE": "5/s"}[UNITS[name].name]
    check = Threshold.parse(f"{name}<{limit}").check({})
    assert (check.passed, check.value) == (False, None)


def test_what_was_measured_is_shown_in_its_unit() -> None:
    values = {"p95": 0.0123, "failure_rate": 12.5, "rate": 250.0, "opens": 1234.0}
    shown = [
        Threshold.parse(text).check(values).measured
        for text in ("p95<1s", "failure_rate<1%", "rate>1/s", "opens==0")
    ]
    assert shown == ["12.3ms", "12.5 %", "250/s", "1,234"]
    assert Threshold.parse("time_to_open<5s").check({}).measured == "never opened"
