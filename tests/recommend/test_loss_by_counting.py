"""The compiled loss beside a count call by call, on arenas with incidents and settings that trip often."""

from __future__ import annotations

import numpy as np
import pytest
from traffic_cases import phase, traffic

from cbtool.breaker import BreakerConfig, WindowType
from cbtool.recommend.reading.trace import trace_of
from cbtool.recommend.search.arena import Arena, build
from cbtool.recommend.search.loss import Court
from cbtool.recommend.search.spells import Spell
from cbtool.simulation.fast import run_brief
from cbtool.simulation.traffic import traffic_of
from cbtool.traffic.outcomes import DEFAULT_RULES

SECOND = 10**9
GRACE = (2 * SECOND, 60 * SECOND)
REJECT, FALSE_TRIP, SLOW_FROM = 0.3, 7.0, 0.08


def arena_of(seed: int) -> Arena:
    calls = traffic(phase("healthy", 1500, 10), seed=seed)
    brown = Spell(40.0, np.full(50, 90_000_000), np.arange(50) % 2 < 1)
    return build(trace_of(calls, DEFAULT_RULES.verdicts(calls)), [brown] * 4, 1.0, 20_000, seed)


def counted(arena: Arena, config: BreakerConfig) -> float:
    """What `Court.judge` must say, one call and one trip after the other."""
    trace, cost, trips = arena.trace, 0.0, 0
    run = run_brief(traffic_of(trace.start, trace.duration, trace.verdicts()), config)
    for call, at in enumerate(trace.start):
        inside = any(begin <= at < end for begin, end in arena.spans)
        bad = trace.failed[call] or trace.duration[call] > SLOW_FROM * SECOND
        if run.permitted[call]:
            cost += bool(inside and bad)
        elif not bad:
            cost += float(np.float32(REJECT)) if inside else 1.0
    for at in run.trips_ns:
        last = max((span for span in arena.spans if span[0] <= at), key=lambda span: span[0], default=None)
        trips += last is None or at > last[1] + np.clip(last[1] - last[0], *GRACE)
    return cost + FALSE_TRIP * trips


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("errors", "wait"), [(2, 0.5), (4, 6.0), (500, 6.0)])
def test_the_loss_is_what_counting_call_by_call_gives(seed: int, errors: int, wait: float) -> None:
    arena = arena_of(seed)
    config = BreakerConfig(
        failure_rate_threshold=20,
        sliding_window_type=WindowType.TIME,
        sliding_window_size=5.0,
        minimum_number_of_calls=1,
        minimum_number_of_errors=errors,
        wait_duration_in_open_state=wait,
        permitted_number_of_calls_in_half_open_state=1,
    )
    judged = Court(arena, SLOW_FROM, REJECT, FALSE_TRIP).judge(config)
    assert judged.loss == pytest.approx(counted(arena, config), rel=1e-9)
    assert (judged.shed > 0) == (errors < 500)


def test_recovering_takes_as_long_as_the_trials_on_average() -> None:
    """Trials that were let through while calls were slow are waited for after the incident, too."""
    calls = traffic(phase("healthy", 1500, 10), seed=1)
    healthy = trace_of(calls, DEFAULT_RULES.verdicts(calls))
    slow = Spell(200.0, np.full(50, 40 * SECOND), np.zeros(50, np.bool_))
    config = BreakerConfig(
        failure_rate_threshold=50,
        sliding_window_type=WindowType.TIME,
        sliding_window_size=5.0,
        minimum_number_of_calls=1,
        minimum_number_of_errors=4,
        slow_call_duration_threshold=2.0,
        slow_call_rate_threshold=50,
        wait_duration_in_open_state=4.0,
        permitted_number_of_calls_in_half_open_state=2,
    )
    courts = [Court(build(healthy, [slow], 1.0, 20_000, seed), SLOW_FROM, REJECT) for seed in range(40)]
    seen = np.mean([court.judge(config).loss for court in courts])
    assert np.mean([court.loss(config) for court in courts]) == pytest.approx(seen, rel=0.15)
