"""Studies and documents of small, made-up traffic, with a recommendation written by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from cbtool.breaker import BreakerConfig, Verdict, WindowType
from cbtool.profiles import Profile
from cbtool.recommend.findings import (
    Alternative,
    Estimate,
    HeldOut,
    Neighbour,
    Promise,
    Sensitivity,
    ToldBy,
    Track,
    Validation,
    Weight,
)
from cbtool.recommend.model import (
    Answer,
    Expected,
    Incident,
    IncidentKind,
    Recommendation,
    Regime,
    SettingReason,
)
from cbtool.report.grounds import ground_of
from cbtool.report.html.document import document_of
from cbtool.report.html.study import Settings, Study, study_of
from cbtool.traffic.calls import Calls
from cbtool.traffic.outcomes import DEFAULT_RULES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cbtool.logs.records import RunRecord

HOSTILE = "/<script>alert(1)</script>\x1b[31m\x00&amp;\"' | `$x^2$` </script>"
"""What a path, a host or a profile's name may hold."""
N = 3000
"""Calls, ten a second for five minutes; two of three fail from 100 s to 160 s, and are slow."""

SETTINGS = BreakerConfig(
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
TRACK = Track(3, 0, 1, 1, 0.7, 400, 360, 120, 20.0, 70.0)
CURRENT = Profile("today", BreakerConfig(), DEFAULT_RULES)


def traffic(**settings: Any) -> tuple[Calls, NDArray[np.uint8]]:
    number = np.arange(N)
    bad = (number >= 1000) & (number < 1600)
    failed = np.where(bad, number % 3 > 0, number % 97 == 0)
    duration = np.where(bad, 400_000_000, 20_000_000 + number % 50 * 1_000_000)
    calls = Calls(
        start_ns=number * 100_000_000,
        duration_ns=duration.astype(np.int64),
        status=np.where(failed, 503, 200).astype(np.int16),
        error=np.zeros(N, np.uint8),
        **settings,
    )
    return calls, np.where(failed, Verdict.FAILURE, Verdict.SUCCESS).astype(np.uint8)


def recommended(**changes: Any) -> Recommendation:
    answer = Recommendation(
        verdict=Answer.RECOMMENDED,
        profile=Profile("recommended", SETTINGS, DEFAULT_RULES),
        reasons=(
            SettingReason("failure_rate_threshold", 20.0, "healthy calls fail at 1 %", "2,400 healthy calls"),
            SettingReason("sliding_window_size", "10s", "holds about 100 calls", "load of one breaker"),
            SettingReason("minimum_number_of_errors", 6, "a window holds 1 failure", "the quietest load"),
        ),
        regimes=(
            Regime(
                "low",
                0.5,
                300,
                3,
                0.5,
                5.0,
                0.05,
                Estimate(None, None, None),
                Estimate(None, None, None),
                66.7,
            ),
            Regime(
                "high",
                20.0,
                2700,
                425,
                0.5,
                200.0,
                2.0,
                Estimate(0.3, 0.2, 0.5),
                Estimate(0.5, 0.4, 0.9),
                66.7,
            ),
        ),
        incidents=(
            Incident(100.0, 159.9, IncidentKind.BROWN_OUT, 600, 66.7, 100.0, actionable=True),
            Incident(230.0, 231.0, IncidentKind.OUTAGE, 9, 100.0, 0.0, actionable=False),
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
        calls=N,
        span=299.9,
        seed=0,
        timeout=2.0,
        sensitivity=(
            Sensitivity(
                "minimum_number_of_errors",
                6,
                Weight.EDGE,
                (Neighbour(4, 0.98, 0.32, within_budget=False),),
                6,
                8,
            ),
        ),
        alternatives=tuple(
            Alternative(
                name,
                replace(SETTINGS, minimum_number_of_errors=errors),
                Estimate(trips, 0.0, 2 * trips),
                1.0,
                TRACK,
            )
            for name, errors, trips in (
                ("more sensitive", 4, 0.3),
                ("recommended", 6, 0.01),
                ("calmer", 9, 0.0001),
            )
        ),
        current=Alternative(
            "today",
            BreakerConfig(sliding_window_type=WindowType.CONSECUTIVE),
            Estimate(None, 0.0, 84.0),
            None,
            TRACK,
            on_front=False,
            told_by=ToldBy.COUNT,
            healthy_days=1 / 24,
        ),
        validation=Validation(
            HeldOut(
                "first 60 %",
                0.0,
                180.0,
                SETTINGS,
                (),
                (Promise("detection_delay_s", Estimate(0.7, 0.5, 1.2), 0.9, kept=True),),
                TRACK,
                TRACK,
            ),
            (HeldOut("second half", 150.0, 300.0, None, ("100 more calls",), (), None, None),),
        ),
    )
    return replace(answer, **changes)


def refused(**changes: Any) -> Recommendation:
    nothing: dict[str, Any] = {
        "verdict": Answer.REFUSED,
        "profile": None,
        "reasons": (),
        "regimes": (Regime("low", 0.5, 300, 3, 0.5), Regime("high", 20.0, 2700, 425, 0.5)),
        "expected": None,
        "sensitivity": (),
        "alternatives": (),
        "current": None,
        "validation": None,
    }
    return recommended(**nothing, needs=("100 more calls",), **changes)


def study(
    answer: Recommendation | None = None,
    *,
    source: str = "access.log",
    title: str = "today",
    before: RunRecord | Profile | None = None,
) -> Study:
    calls, verdicts = traffic()
    assert np.array_equal(verdicts, DEFAULT_RULES.verdicts(calls))
    answer = answer or recommended()
    ground = ground_of(calls, DEFAULT_RULES, answer.seed, answer.instances)
    if before is None or isinstance(before, Profile):
        return study_of(ground, answer, source=source, before=Settings(before or CURRENT, title))
    return study_of(ground, answer, source=source, before=before)


def document(answer: Recommendation | None = None, **names: Any) -> dict[str, Any]:
    """Return the whole document of a page."""
    made = study(answer, **names)
    return document_of(made, (), f"cbtool report {made.source}")
