"""The quietest hour of a log, which a regime of load may average away."""

from __future__ import annotations

import numpy as np
from traffic_cases import phase, recommended, traced, traffic

from cbtool.recommend.surroundings.quietest import quietest_hour


def test_it_is_the_hour_with_the_fewest_calls() -> None:
    calls = traffic(
        phase("busy", 5 * 3600, 1.0), phase("quiet", 3600, 0.05), phase("busy", 2 * 3600, 1.0), seed=3
    )
    found = quietest_hour(traced(calls))
    assert found is not None
    start = traced(calls).start / 1e9
    assert found.begin == 5 * 3600
    assert found.calls == int(np.count_nonzero((start >= 5 * 3600) & (start < 6 * 3600)))


def test_hours_without_a_call_are_not_it() -> None:
    calls = traffic(phase("busy", 5 * 3600, 1.0), phase("busy", 3 * 3600, 1.0), seed=3)
    start = traced(calls).start / 1e9
    found = quietest_hour(traced(calls.take((start < 2 * 3600) | (start > 4 * 3600))))
    assert found is not None
    assert found.calls > 3000  # nor is that with the last ten minutes before the pause
    assert quietest_hour(traced(traffic(phase("short", 3 * 3600, 1.0), seed=3))) is None


def test_a_night_s_hour_that_the_low_load_averages_away_is_told_of() -> None:
    night = [phase("busy", 3 * 3600, 2.0), phase("night", 4 * 3600, 0.3), phase("dead", 3700, 0.06)]
    answer = recommended(traffic(*night, phase("busy", 3 * 3600, 2.0), seed=3))
    [told] = [note for note in answer.notes if note.startswith("In the quietest hour")]
    assert "a window holds" in told
    assert "an outage there opens the breaker after" in told or "would not open" in told
    steady = recommended(traffic(phase("busy", 6 * 3600, 0.5), seed=3))
    assert not any(note.startswith("In the quietest hour") for note in steady.notes)
