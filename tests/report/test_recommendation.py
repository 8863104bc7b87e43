"""A recommendation as text and as a profile."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cbtool.breaker import BreakerConfig, WindowType
from cbtool.profiles import Profile, parse_profile
from cbtool.recommend.findings import Estimate
from cbtool.recommend.model import (
    Answer,
    Budget,
    Expected,
    Incident,
    IncidentKind,
    Recommendation,
    Regime,
    SettingReason,
)
from cbtool.report.explanation import explanation_text
from cbtool.report.recommendation import profile_text, recommendation_text
from cbtool.toml.tables import Source
from cbtool.traffic.outcomes import DEFAULT_RULES

CONFIG = BreakerConfig(
    failure_rate_threshold=20,
    slow_call_rate_threshold=50,
    slow_call_duration_threshold=0.14,
    sliding_window_type=WindowType.TIME,
    sliding_window_size=10.0,
    minimum_number_of_calls=6,
    minimum_number_of_errors=6,
    wait_duration_in_open_state=2.0,
    permitted_number_of_calls_in_half_open_state=3,
)
ANSWER = Recommendation(
    verdict=Answer.RECOMMENDED,
    profile=Profile("recommended", CONFIG, DEFAULT_RULES),
    reasons=(
        SettingReason("failure_rate_threshold", 20.0, "healthy calls fail at 1 %", "1,000 healthy calls"),
        SettingReason("sliding_window_size", "10s", "holds about 5 to 2,000 calls", "load of one breaker"),
        SettingReason("minimum_number_of_errors", 6, "at 0.5/s a window holds 5 calls", "the quietest load"),
    ),
    regimes=(Regime("low", 0.5, 1800, 18, 0.5), Regime("high", 200.0, 720_000, 7_000, 0.5)),
    incidents=(
        Incident(60.0, 120.0, IncidentKind.BROWN_OUT, 12_000, 30.0, 1.0, actionable=True),
        Incident(300.0, 302.0, IncidentKind.OUTAGE, 400, 100.0, 0.0, actionable=False),
    ),
    expected=Expected(
        false_trips_per_day=Estimate(0.01, 0.0, 0.02),
        false_trips_bound=0.02,
        detection_delay_s=Estimate(0.7, 0.5, 1.2),
        bad_calls_shed_percent=Estimate(92.0, 88.0, 95.0),
        detected_percent=100.0,
    ),
    needs=(),
    notes=("Valid for the load that ONE breaker sees.",),
    instances=1,
    calls=721_800,
    span=7200.0,
    seed=3,
)
TRY = "cbtool simulate access.log --profile recommended.toml"
REFUSED = replace(
    ANSWER, verdict=Answer.REFUSED, profile=None, reasons=(), expected=None, needs=("100 more calls",)
)


def test_the_report_says_what_why_and_how_to_try_it_in_80_columns() -> None:
    text = recommendation_text(ANSWER, "access.log", commands=[TRY])
    assert text.startswith("Recommended: access.log, 721,800 calls in 2h (seed 3)\n")
    assert "  minimum_number_of_errors  6\n      at 0.5/s a window holds 5 calls" in text
    assert "low   0.5/s" in text
    assert "brown_out  +1m" in text
    assert "acted on" in text
    assert "ridden through" in text
    assert "one in 100 days (up to one in 50 days)" in text
    assert "700ms (500ms to 1.2s)" in text
    assert "cbtool simulate access.log --profile recommended.toml" in text
    assert max(map(len, text.splitlines())) <= 80


def test_the_times_of_a_log_that_knows_them_are_times_of_day() -> None:
    text = recommendation_text(replace(ANSWER, started=1_700_000_000.0), "access.log")
    assert "2023-11-14 22:14:20Z" in text


@pytest.mark.parametrize("started", [1e18, -5.0, float("nan")])
def test_any_year_that_a_log_may_say_is_shown_somehow(started: float) -> None:
    assert "+1m" in recommendation_text(replace(ANSWER, started=started), "access.log")


def test_a_name_from_outside_cannot_control_the_terminal() -> None:
    text = recommendation_text(ANSWER, "a\x1b[2J\nb.log")
    assert "\x1b" not in text
    assert text.splitlines()[0].startswith("Recommended: a")


@pytest.mark.parametrize("breakers", [2, 8])
def test_the_split_over_breakers_is_told(breakers: int) -> None:
    text = recommendation_text(replace(ANSWER, instances=breakers), "a.log")
    assert f"split over {breakers} breakers" in text
    assert "\nLoads of ONE breaker\n" in text
    assert "Try it" not in text
    assert "\nLoads seen\n" in recommendation_text(ANSWER, "a.log")


def test_a_refusal_lists_what_is_missing_and_no_settings() -> None:
    text = recommendation_text(REFUSED, "access.log", commands=[TRY])
    assert text.startswith("Refused: access.log")
    assert "Needs\n- 100 more calls" in text
    assert "Settings" not in text
    assert "Try it" not in text


def test_the_profile_reads_back_with_its_evidence_and_reasons_as_comments() -> None:
    text = profile_text(replace(ANSWER, notes=("x " * 200,)), "evil\n[breaker]")
    assert 90 < max(map(len, text.splitlines())) <= 100
    assert text.startswith("# Recommended: evil")
    assert "# Load low: 0.5/s for 50 % of the time." in text
    assert "# at 0.5/s a window holds 5 calls (the quietest load)\nminimum_number_of_errors = 6" in text
    assert parse_profile(Source(text, "recommended.toml"), "recommended") == ANSWER.profile


@pytest.mark.parametrize(
    ("least", "asked", "said"),
    [
        (10.0, None, "at least 10s (the usual 10s,"),
        (40.0, None, "at least 40s (twice the usual length of the stretches under a minute that keep coming"),
        (20.0, 20.0, "at least 20s (as --shortest-incident says)"),
        (0.0, None, "Named, not looked for."),
    ],
)
def test_the_explanation_says_what_made_incidents_of_bad_stretches(
    least: float, asked: float | None, said: str
) -> None:
    answer = replace(ANSWER, acted_on_from=least, budget=Budget(shortest_incident=asked))
    text = " ".join(explanation_text(answer).split())
    assert "bad stretches = 1 acted on, 1 ridden through" in text
    assert "bad in more than 20 % of its calls" in text
    assert said in text


def test_a_refusal_has_no_profile() -> None:
    with pytest.raises(ValueError, match="refused"):
        profile_text(REFUSED, "access.log")
