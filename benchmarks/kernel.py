"""What simulating a call costs: the compiled kernel beside the readable machine and a plain list breaker.

python benchmarks/kernel.py [CALLS]    default: 1,000,000
"""

from __future__ import annotations

import sys
import time
from collections import deque
from typing import TYPE_CHECKING

import numpy as np

from cbtool.breaker import BreakerConfig, WindowType
from cbtool.simulation.engine import Engine
from cbtool.simulation.readable import run_readable
from cbtool.simulation.run import Fleet, fleet_of, simulate_fleet
from cbtool.simulation.sweep import sweep
from cbtool.traffic.calls import Calls

if TYPE_CHECKING:
    from collections.abc import Callable

    from cbtool.simulation.traffic import Traffic

HOLD = 10.0  # ns a call a configuration
ROUNDS = 5
PEER_SHARE = 20  # the slow peers get one call in so many, from the traffic's start
CONFIGURATIONS = 100


def main() -> None:
    calls = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    fleet, few = traffic(calls), traffic(calls // PEER_SHARE)
    print(f"{calls:,} calls at 1,000/s: 1 % failures, 40 % in a tenth of the time; best of {ROUNDS}\n")
    print(f"{'window':<22}{'kernel':>9}{'machine':>11}{'list':>11}   machine/kernel  list/kernel")
    for name, config in configurations().items():
        kernel = best(lambda c=config: simulate_fleet(fleet, c, engine=Engine.KERNEL, tracing=False), calls)
        machine = best(lambda c=config: run_readable(few.members[0][1], c), len(few.verdicts), 1)
        plain = best(lambda c=config: run_list(few.members[0][1], c), len(few.verdicts), 1)
        mark = "" if kernel <= HOLD else f"   over {HOLD:g} ns"
        ratios = f"{machine / kernel:>14,.0f} ×{plain / kernel:>10,.0f} ×"
        print(f"{name:<22}{kernel:>6.2f} ns{machine:>8,.0f} ns{plain:>8,.0f} ns{ratios}{mark}")
    many = sweep_configurations(CONFIGURATIONS)
    whole = best(
        lambda: deque(sweep(fleet, many, lambda result: result.summary.trips), 0), calls * len(many), 1
    )
    print(f"\nsweep of {len(many)} configurations on all cores: {whole:.2f} ns a call a configuration")
    print(f"  so 1,000 of them on 1 M calls take {whole:.1f} s (hold: 5 s)")


def traffic(n: int) -> Fleet:
    random = np.random.default_rng(1)
    start = np.cumsum(random.exponential(1e6, n)).astype(np.int64)
    duration = (20e6 * np.exp(0.7 * random.standard_normal(n))).astype(np.int64)
    incident = np.arange(n) * 10 // n % 10 == 5
    failing = random.random(n) < np.where(incident, 0.4, 0.01)
    nothing = np.zeros(n, np.uint8)
    calls = Calls(start - start[0], duration, nothing.astype(np.int16), nothing)
    fleet = fleet_of(calls, failing.astype(np.uint8))
    fleet.members[0][1].results(SLOW)
    return fleet


SLOW = 0.1


def configurations() -> dict[str, BreakerConfig]:
    common = {"slow_call_duration_threshold": SLOW, "wait_duration_in_open_state": 5.0}
    timed = {"sliding_window_type": WindowType.TIME, "minimum_number_of_calls": 20}
    return {
        "count 100, at 50 %": BreakerConfig(sliding_window_size=100, **common),
        "count 1000, at 20 %": BreakerConfig(sliding_window_size=1000, failure_rate_threshold=20.0, **common),
        "count 100, at 5 %": BreakerConfig(sliding_window_size=100, failure_rate_threshold=5.0, **common),
        "time 1 s, at 20 %": BreakerConfig(
            sliding_window_size=1.0, failure_rate_threshold=20.0, **timed, **common
        ),
        "time 10 s, at 50 %": BreakerConfig(sliding_window_size=10.0, **timed, **common),
        "time 60 s, at 5 %": BreakerConfig(
            sliding_window_size=60.0, failure_rate_threshold=5.0, **timed, **common
        ),
        "consecutive 5": BreakerConfig(sliding_window_type=WindowType.CONSECUTIVE, **common),
    }


def sweep_configurations(number: int) -> list[BreakerConfig]:
    random = np.random.default_rng(2)
    return [
        BreakerConfig(
            sliding_window_type=WindowType.TIME,
            sliding_window_size=float(random.choice((1.0, 5.0, 10.0, 30.0, 60.0))),
            failure_rate_threshold=float(random.integers(2, 100)),
            minimum_number_of_calls=int(random.integers(1, 200)),
            minimum_number_of_errors=int(random.integers(1, 50)),
            slow_call_duration_threshold=SLOW,
            wait_duration_in_open_state=float(random.choice((1.0, 5.0, 30.0))),
        )
        for _ in range(number)
    ]


def best(run: Callable[[], object], calls: int, rounds: int = ROUNDS) -> float:
    """Return nanoseconds a call, the best of some rounds."""
    took = []
    for _ in range(rounds):
        began = time.perf_counter()
        run()
        took.append(time.perf_counter() - began)
    return min(took) / calls * 1e9


def run_list(traffic: Traffic, config: BreakerConfig) -> int:
    """A breaker as one writes it in an afternoon: a list of results, recounted; half-open lets one through.

    Returns:
        Its trips; a peer for speed, not for results.
    """
    outcomes, ends = traffic.results(SLOW).outcomes.tolist(), traffic.end_ns.tolist()
    timed = config.sliding_window_type is WindowType.TIME
    length = int(config.window_size * 1e9)
    window: deque[tuple[int, int]] = deque(maxlen=None if timed else int(config.window_size))
    open_until, trips, failures = 0, 0, 0
    for end, outcome in zip(ends, outcomes, strict=True):
        if end < open_until:
            continue
        if not timed and len(window) == window.maxlen:
            failures -= window[0][1]
        window.append((end, outcome & 1))
        failures += outcome & 1
        while timed and end - window[0][0] >= length:
            failures -= window.popleft()[1]
        if (
            len(window) >= config.minimum_calls
            and 100.0 * failures / len(window) >= config.failure_rate_threshold
        ):
            trips += 1
            open_until = end + int(config.wait_duration_in_open_state * 1e9)
            window.clear()
            failures = 0
    return trips


if __name__ == "__main__":
    main()
