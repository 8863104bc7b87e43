"""Recommended settings beside libraries' defaults, on traffic that neither has seen; and how long it takes.

Each scenario is recommended from on one seed and judged on others. The loss is in bad calls let through:
1 for each bad call admitted in an incident, 0.25 for each good call refused in one, 1 for each good call
refused outside, 10 for each trip outside. A ratio is (loss + 10) / (loss of the recommended settings + 10).

Run: python benchmarks/recommend.py
"""

from __future__ import annotations

import time
from typing import NamedTuple

import numpy as np

from cbtool.breaker import BreakerConfig, WindowType
from cbtool.recommend import recommend
from cbtool.recommend.arena import Arena
from cbtool.recommend.healthy import healthy_p99
from cbtool.recommend.loss import Court, Outcome
from cbtool.recommend.trace import trace_of
from cbtool.simulation.generate import calls_of
from cbtool.traffic.outcomes import DEFAULT_RULES
from cbtool.traffic.scenario import Phase, Scenario

REJECT_COST = 0.25
HELD_OUT = (11, 12, 13)
TIME, COUNT, RUN = WindowType.TIME, WindowType.COUNT, WindowType.CONSECUTIVE

# The libraries' documented defaults, in the semantics of this package.
DEFAULTS = {
    "resilience4j": BreakerConfig(),
    "hystrix": BreakerConfig(
        failure_rate_threshold=50,
        sliding_window_type=TIME,
        sliding_window_size=10,
        minimum_number_of_calls=20,
        wait_duration_in_open_state=5,
        permitted_number_of_calls_in_half_open_state=1,
    ),
    "polly": BreakerConfig(
        failure_rate_threshold=10,
        sliding_window_type=TIME,
        sliding_window_size=30,
        minimum_number_of_calls=100,
        wait_duration_in_open_state=5,
        permitted_number_of_calls_in_half_open_state=1,
    ),
    "envoy": BreakerConfig(
        sliding_window_type=RUN,
        sliding_window_size=5,
        wait_duration_in_open_state=30,
        permitted_number_of_calls_in_half_open_state=1,
    ),
}


class Case(NamedTuple):
    """Phases, and which of them are incidents that a breaker should act on."""

    phases: tuple[Phase, ...]
    incidents: frozenset[str]


def phase(name: str, duration: float, rate: float, **settings: object) -> Phase:
    return Phase(name, duration, rate, **({"failure_rate": 1.0} | settings))  # type: ignore[arg-type]


def around(rate: float, seconds: float, bad: Phase, *, acted_on: bool = True, base: float = 1.0) -> Case:
    """Healthy, bad, healthy, bad, healthy."""
    calm = [phase(f"calm {i}", seconds, rate, failure_rate=base) for i in range(3)]
    return Case((calm[0], bad, calm[1], bad, calm[2]), frozenset({bad.name} if acted_on else ()))


def day_and_night() -> Case:
    calm = [phase("day", 600, 200), phase("night", 7200, 0.5)]
    bad = [phase("bad day", 60, 200, failure_rate=30.0), phase("bad night", 300, 0.5, failure_rate=30.0)]
    return Case((calm[0], bad[0], calm[0], calm[1], bad[1], calm[1]), frozenset({"bad day", "bad night"}))


def demo() -> Case:
    quiet, busy = phase("quiet", 10, 5), phase("busy", 7, 250)
    return Case((quiet, busy, phase("bad", 6, 250, failure_rate=40.0), busy), frozenset({"bad"}))


def flapping() -> Case:
    flaps = [
        phase("bad" if i % 2 == 0 else "between", 10, 50, failure_rate=90.0 * (i % 2 == 0)) for i in range(12)
    ]
    calm = phase("calm", 900, 50)
    return Case((calm, *flaps, calm), frozenset({"bad", "between"}))


CASES = {
    "outage, 50/s": around(50, 900, phase("bad", 120, 50, failure_rate=100.0)),
    "outage, 5 % base, 1/s": around(1, 14400, phase("bad", 900, 1, failure_rate=100.0), base=5.0),
    "brown-out 30 %, 200/s": around(200, 300, phase("bad", 60, 200, failure_rate=30.0)),
    "brown-out 50 %, 1/s": around(1, 14400, phase("bad", 900, 1, failure_rate=50.0)),
    "slow x10, 20/s": around(20, 1200, phase("bad", 180, 20, latency_median=0.2, latency_p99=1.0)),
    "timeouts, 20/s": around(20, 1200, phase("bad", 120, 20, timeouts=60.0)),
    "ramp to 60 %, 50/s": around(50, 900, phase("bad", 300, 50, failure_rate=1.0, failure_rate_to=60.0)),
    "outage, 0.05/s": around(0.05, 172_800, phase("bad", 7200, 0.05, failure_rate=100.0)),
    "flapping, 50/s": flapping(),
    "day and night": day_and_night(),
    "half a minute": demo(),
    "nothing wrong, 20/s": Case((phase("calm", 3600, 20),), frozenset()),
    "blip of 2 s, 50/s": around(50, 900, phase("bad", 2, 50, failure_rate=100.0), acted_on=False),
    "1 of 8 bad, 50/s": around(50, 900, phase("bad", 300, 50, failure_rate=13.4), acted_on=False),
}


def spans(case: Case) -> np.ndarray:
    edges = np.cumsum([0.0, *(p.duration for p in case.phases)])
    found: list[list[float]] = []
    for p, begin, end in zip(case.phases, edges, edges[1:], strict=False):
        if p.name in case.incidents:
            if found and found[-1][1] == begin:
                found[-1][1] = end
            else:
                found.append([begin, end])
    return (np.array(found).reshape(-1, 2) * 1e9).astype(np.int64)


def total(courts: list[Court], config: BreakerConfig) -> Outcome:
    outcomes = [court.judge(config) for court in courts]
    return Outcome(
        loss=sum(o.loss for o in outcomes),
        false_trips=sum(o.false_trips for o in outcomes),
        delays=tuple(d for o in outcomes for d in o.delays),
        incidents=sum(o.incidents for o in outcomes),
        shed=sum(o.shed for o in outcomes),
        bad=sum(o.bad for o in outcomes),
    )


def main() -> None:
    head = ("calls", "time", "loss", "false", "missed", "delay", *DEFAULTS)
    print(f"{'scenario':24}" + "".join(f"{title:>13}" for title in head))
    ratios: dict[str, list[float]] = {name: [] for name in DEFAULTS}
    for name, case in CASES.items():
        scenario = Scenario(name="bench", phases=case.phases, seed=1, timeout=3.0)
        calls = calls_of(scenario, seed=1)
        verdicts = DEFAULT_RULES.verdicts(calls)
        began = time.perf_counter()
        answer = recommend(calls, verdicts)
        taken = time.perf_counter() - began
        if answer.config is None:
            print(f"{name:24}{len(calls):13,}{taken:12.1f}s  refused: {answer.needs}")
            continue
        p99 = healthy_p99(trace_of(calls, verdicts))
        held_out = [calls_of(scenario, seed=seed) for seed in HELD_OUT]
        courts = [
            Court(Arena(trace_of(c, DEFAULT_RULES.verdicts(c)), spans(case), 1.0), p99, REJECT_COST)
            for c in held_out
        ]
        ours = total(courts, answer.config)
        row = [f"{len(calls):,}", f"{taken:.1f}s", f"{ours.loss:,.0f}", str(ours.false_trips)]
        row.append(f"{ours.incidents - len(ours.delays)}/{ours.incidents}")
        row.append(f"{np.median(ours.delays):.2f}s" if ours.delays else "-")
        for library, config in DEFAULTS.items():
            ratio = (total(courts, config).loss + 10) / (ours.loss + 10)
            ratios[library].append(ratio)
            row.append(f"{ratio:.2f}x")
        print(f"{name:24}" + "".join(f"{cell:>13}" for cell in row))
    means = [f"{np.exp(np.mean(np.log(values))):.2f}x" for values in ratios.values()]
    print(f"{'geometric mean':24}" + " " * 13 * 6 + "".join(f"{mean:>13}" for mean in means))


if __name__ == "__main__":
    main()
