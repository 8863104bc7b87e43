"""A profile passes `verify` on the traffic that it was just recommended from: what was chosen is no fault."""

from __future__ import annotations

import pytest
from traffic_cases import phase, recommended, traffic, with_bursts

from cbtool.profiles import dump_profile, parse_profile
from cbtool.recommend import Budget, Recommendation
from cbtool.toml.tables import Source
from cbtool.traffic.calls import Calls
from cbtool.verifying import verify


@pytest.fixture(scope="module")
def brown_outs_at_low_load() -> tuple[Calls, Recommendation]:
    """Bursts of seven at 2/s: gates that ride them out open after ten seconds more often than not."""
    day = [
        phase("calm", 7200, 2.0),
        phase("bad", 1000, 2.0, failure_rate=48.0),
        phase("calm", 7200, 2.0),
        phase("bad", 1200, 2.0, failure_rate=50.0),
        phase("calm", 7200, 2.0),
    ]
    calls = with_bursts(traffic(*day, seed=3), every=1200, size=7, seed=3)
    return calls, recommended(calls)


def test_it_passes_on_its_own_log(brown_outs_at_low_load: tuple[Calls, Recommendation]) -> None:
    calls, answer = brown_outs_at_low_load
    assert answer.profile is not None
    again = parse_profile(Source(dump_profile(answer.profile), "again.toml"), "again")
    found = verify(again, again.verify, source="its own log", calls=calls)
    assert not [check for check in found.checks if not check.passed]


def test_it_says_how_late_an_outage_may_be_noticed_where_that_is_later_than_usual(
    brown_outs_at_low_load: tuple[Calls, Recommendation],
) -> None:
    _, answer = brown_outs_at_low_load
    assert answer.profile is not None
    [regime] = answer.regimes
    assert regime.outage_delay is not None
    assert regime.outage_delay.high is not None
    late = answer.profile.verify.high_load_detection_delay
    usual = max(10.0, 20 / regime.rate)
    if 1.5 * regime.outage_delay.high > usual:
        assert late == pytest.approx(1.5 * regime.outage_delay.high, abs=1.0)
    else:
        assert late is None


def test_what_is_asked_for_is_written_only_where_it_is_kept() -> None:
    calls = traffic(
        phase("calm", 900, 10.0),
        phase("down", 120, 10.0, failure_rate=100.0),
        phase("calm", 900, 10.0),
        seed=5,
    )
    kept, hopeless = (recommended(calls, budget=Budget(detection_delay=delay)) for delay in (7.0, 0.02))
    assert kept.profile is not None
    assert hopeless.profile is not None
    assert kept.profile.verify.detection_delay == 7.0
    assert hopeless.profile.verify.detection_delay is None
