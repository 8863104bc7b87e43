"""Traffic that does not fit in memory is checked as traffic that does: the same document, bit for bit."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from test_fleets import PROFILE, failing_at, served, traffic

from cbtool.errors import ConfigurationError, InsufficientDataError
from cbtool.metrics.thresholds import Threshold
from cbtool.profiles.verify_rules import NO_RULES, VerifyRules
from cbtool.recommend import recommend
from cbtool.recommend.incidents import excerpt
from cbtool.recommend.reading import columns
from cbtool.simulation import long
from cbtool.traffic.calls import Calls
from cbtool.traffic.labels import Label
from cbtool.traffic.parts import Held
from cbtool.traffic.selection import Moment
from cbtool.verifying import verify

RULES = VerifyRules(thresholds=(Threshold.parse("trips<9"), Threshold.parse("failure_rate<=3%")))


@pytest.fixture(autouse=True)
def _small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(long, "PART", 7001)
    monkeypatch.setattr(columns, "PIECE", 5003)


@pytest.fixture(scope="module")
def calls() -> Calls:
    """Eight instances, one of which is down for a while; an outage of all; ignored and timed-out calls."""
    made = traffic(40.0, 2000.0)
    draw = np.random.default_rng(3)
    kind = draw.random(len(made))
    status = np.where(kind < 0.02, 404, made.status).astype(np.int16)
    made = replace(
        made,
        status=status,
        error=(kind > 0.999).astype(np.uint8),
        duration_ns=(draw.lognormal(-3.5, 0.8, len(made)) * 1e9).astype(np.int64),
    )
    down = failing_at(served(made, 8), 700.0, 900.0, only=3)
    return failing_at(failing_at(down, 1400.0, 1430.0), 300.0, 301.0)


def both(calls: Calls, **options: Any) -> list[dict[str, Any]]:
    made = [verify(PROFILE, RULES, source="the log", calls=each, **options) for each in (calls, Held(calls))]
    return [each.to_json() for each in made]


@pytest.mark.parametrize("instances", [1, 3, None])
def test_the_document_is_that_of_memory(instances: int | None, calls: Calls) -> None:
    here, there = both(calls, instances=instances, seed=4)
    assert here["checks"][0]["name"] == "false trips a day"
    assert "incidents caught" in [check["name"] for check in here["checks"]]
    assert there == here


def test_named_incidents_are_those_of_memory(calls: Calls) -> None:
    label = Label(Moment(1400.0, relative=True), Moment(1435.0, relative=True))
    here, there = both(calls, labels=[label])
    assert there == here


def test_drift_is_that_of_memory(calls: Calls) -> None:
    profile = recommend(calls).profile
    assert profile is not None
    worse = failing_at(calls, 100.0, 102.0)
    here, there = (
        verify(profile, NO_RULES, source="the log", calls=each).to_json() for each in (worse, Held(worse))
    )
    assert [check["name"] for check in here["checks"] if check["group"] == "drift"][-2:] == [
        "healthy failure rate",
        "healthy p99",
    ]
    assert there == here


def test_of_more_than_an_excerpt_only_what_is_to_be_expected_is_an_estimate(
    calls: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(excerpt, "MOST", 30_000)
    here, there = both(calls)
    names = [check["name"] for check in here["checks"]]
    assert names == [check["name"] for check in there["checks"]]
    pairs = zip(names, here["checks"], there["checks"], strict=True)
    assert [name for name, one, other in pairs if one != other] == ["false trips to expect a day"]


def test_refusals_are_those_of_memory() -> None:
    few = traffic(1.0, 60.0)
    for given in (few, Held(few)):
        with pytest.raises(InsufficientDataError, match="cannot say whether mine is right"):
            verify(PROFILE, NO_RULES, source="the log", calls=given)
        with pytest.raises(ConfigurationError, match="--instances auto: the log does not name instances"):
            verify(PROFILE, NO_RULES, source="the log", calls=given, instances=None)
