"""The benchmark's judge shares no code with the simulator; here they are held to each other."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from cbtool.breaker import BreakerConfig, WindowType
from cbtool.simulation.engine import Engine
from cbtool.simulation.run import simulate
from cbtool.traffic.calls import Calls
from cbtool.traffic.outcomes import DEFAULT_RULES

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks" / "recommend"))
from judge import Judge, Setting
from processes import Baseline, Load, Process, Trouble

TROUBLES = (
    Trouble("outage", 1, (20, 40)),
    Trouble("brown-out", 1, (30, 60), (0.3, 0.5)),
    Trouble("slow", 1, (30, 60), (0.9, 1.0)),
    Trouble("timeout", 1, (20, 40), (0.8, 1.0), 3.0),
    Trouble("flap", 1, (30, 60), factor=5.0),
)
PROCESS = Process("all of it", 900, Load(20, wobble=0.3), Baseline(0.01, bursts_an_hour=20), TROUBLES)


def drawn_settings(count: int) -> list[BreakerConfig]:
    r = np.random.default_rng(3)
    kinds = [WindowType.TIME, WindowType.COUNT]
    return [
        BreakerConfig(
            failure_rate_threshold=float(r.choice([10, 25, 50, 100])),
            slow_call_rate_threshold=float(r.choice([30, 60])),
            slow_call_duration_threshold=float(r.choice([0.1, 0.5])) if r.random() < 0.7 else None,
            sliding_window_type=kinds[i % 2],
            sliding_window_size=float(r.choice([2, 10, 40])),
            minimum_number_of_calls=int(r.integers(1, 3)),
            minimum_number_of_errors=int(r.integers(1, 3)),
            wait_duration_in_open_state=float(r.choice([0.5, 3, 20])),
            wait_backoff_multiplier=float(r.choice([1, 2])),
            max_wait_duration_in_open_state=60.0,
            permitted_number_of_calls_in_half_open_state=int(r.integers(1, 5)),
        )
        for i in range(count)
    ]


@pytest.mark.parametrize("config", drawn_settings(40))
def test_the_judge_opens_when_the_simulator_does_and_lets_the_same_calls_through(
    config: BreakerConfig,
) -> None:
    draw = PROCESS.draw(1)
    permitted, trips = Judge(draw).run(Setting.of(config))
    first = draw.start_ns[0]
    calls = Calls(draw.start_ns - first, draw.duration_ns, draw.status, np.zeros(len(draw), np.uint8))
    result = simulate(calls, DEFAULT_RULES.verdicts(calls), config, engine=Engine.KERNEL)
    opened = [c.transition.time for c in result.summary.transitions if c.transition.trips]
    assert (result.permitted == permitted).all()
    assert trips - first / 1e9 == pytest.approx(opened)
    assert len(trips) > 0 or config.minimum_calls > 1
