"""The printed recommendation as it looks: golden files, rewritten by CBTOOL_UPDATE_GOLDEN=1."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
from test_recommendation import ANSWER, CONFIG, REFUSED

from cbtool.breaker import BreakerConfig, WindowType
from cbtool.profiles import Profile
from cbtool.profiles.evidence import ProfileEvidence
from cbtool.recommend.findings import (
    Alternative,
    Estimate,
    HeldOut,
    Neighbour,
    Promise,
    Sensitivity,
    Timeline,
    ToldBy,
    Track,
    Validation,
    Weight,
)
from cbtool.report.explanation import explanation_text
from cbtool.report.recommendation import recommendation_text
from cbtool.traffic.outcomes import DEFAULT_RULES

TRY = (
    "cbtool recommend access.log --output recommended.toml",
    "cbtool simulate access.log --profile recommended.toml",
    "cbtool report access.log --output report.html",
)
GOLDEN = Path(__file__).parent.parent / "golden" / "recommend"


def track(**changes: object) -> Track:
    usual = Track(3, 0, 2, 2, 0.8, 3600, 3400, 900, 1.25, 425.0)
    return replace(usual, **changes)  # type: ignore[arg-type]


def alternative(name: str, errors: int, high: float, delay: float | None, **changes: object) -> Alternative:
    config = replace(CONFIG, minimum_number_of_errors=errors)
    return Alternative(name, config, Estimate(high / 2, 0.0, high), delay, track(**changes))


CURRENT = Alternative(
    "five-in-a-row-of-ours",
    BreakerConfig(sliding_window_type=WindowType.CONSECUTIVE, sliding_window_size=5),
    Estimate(48.0, 15.8, 109.0),
    0.8,
    track(trips=9, false_trips=4, caught=1, delay=None, shed=0),
    on_front=False,
    told_by=ToldBy.LIKENESS,
    healthy_days=1 / 12,
)
SENSITIVITY = (
    Sensitivity(
        "failure_rate_threshold",
        20.0,
        Weight.MATTERS,
        (Neighbour(25.0, 1.12, 0.002, within_budget=True),),
        20.0,
        25.0,
    ),
    Sensitivity("sliding_window_size", "10s", Weight.HARDLY_MATTERS, (), "10s", "10s"),
    Sensitivity(
        "minimum_number_of_errors",
        6,
        Weight.EDGE,
        (Neighbour(5, 0.98, 0.4, within_budget=False), Neighbour(7, 1.02, 0.01, within_budget=True)),
        6,
        8,
    ),
)
FIRST = HeldOut(
    "first 70 %",
    0.0,
    5040.0,
    CONFIG,
    (),
    (
        Promise("false_trips_per_day", Estimate(0.01, 0.0, 0.02), 0.0, kept=True),
        Promise("detection_delay_s", Estimate(0.7, 0.5, 1.2), 2.0, kept=False),
        Promise("bad_calls_shed_percent", Estimate(92.0, 88.0, 95.0), None, kept=None),
    ),
    track(),
    track(cost=410.0),
)
SECOND_HALF = HeldOut("second half", 3600.0, 7200.0, None, ("90 more calls",), (), None, None)
FULL = replace(
    ANSWER,
    profile=Profile(
        "recommended",
        CONFIG,
        DEFAULT_RULES,
        evidence=ProfileEvidence(
            "0.1.0", 3, 721_800, 7200.0, healthy_calls=709_000, healthy_failure_rate=1.0,
            healthy_failure_rate_low=0.97, healthy_failure_rate_high=1.04, healthy_p99=0.07,
            healthy_p99_low=0.069, healthy_p99_high=0.072,
        ),
    ),
    reasons=tuple(
        replace(reason, formula=formula)
        for reason, formula in zip(
            ANSWER.reasons,
            ("r/(1+r) = 0.25/1.25 = 20 %.", "W = 10s.", "P(Poisson(0.05) ≥ 6) = 2.1e-11."),
            strict=True,
        )
    ),
    regimes=tuple(
        replace(
            regime,
            window_calls=10 * regime.rate,
            window_errors=0.1 * regime.rate,
            outage_delay=Estimate(delay, delay / 2, 2 * delay),
            brown_out_delay=brown_out,
            brown_out_percent=30.0,
            within_delay_budget=delay < 10,
        )
        for regime, delay, brown_out in zip(
            ANSWER.regimes, (12.0, 2.0), (Estimate(None, 30.0, None), Estimate(6.5, 6.0, 7.0)), strict=True
        )
    ),
    sensitivity=SENSITIVITY,
    alternatives=(
        alternative("more sensitive", 4, 0.3, 1.5, shed=3500, cost=390.0),
        alternative("recommended", 6, 0.02, 2.0),
        alternative("calmer", 9, 0.002, None, shed=3000),
    ),
    current=CURRENT,
    timeline=Timeline(120.0, (60, 24_000, 24_000), (0, 7200, 12), (1, 0, 0), (0.0, 40.0, 0.0)),
    validation=Validation(FIRST, (replace(FIRST, name="first half"), SECOND_HALF)),
)  # fmt: skip


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("full", recommendation_text(FULL, "access.log", commands=TRY)),
        ("refused", recommendation_text(REFUSED, "access.log", commands=TRY)),
        ("explained", explanation_text(FULL)),
    ],
)
def test_the_report_looks_as_it_did(name: str, text: str) -> None:
    path = GOLDEN / f"{name}.txt"
    if os.environ.get("CBTOOL_UPDATE_GOLDEN"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text + "\n")
    assert text + "\n" == path.read_text()
    assert max(map(len, text.splitlines())) <= 80
