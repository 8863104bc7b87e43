"""What a call costs in each dialect, compiled, as a ratio to our own semantics in the same run."""

from __future__ import annotations

import time

import numpy as np

from cbtool.breaker import BreakerConfig
from cbtool.breaker.dialects import NAMES, dialect_named
from cbtool.simulation.fast import run_brief
from cbtool.simulation.traffic import Traffic, traffic_of

CALLS = 1_000_000
ROUNDS = 5
CALLS_A_SECOND = 200.0


def traffic() -> Traffic:
    """Two hundred calls a second with 1 % failures, every fourth 50,000 with half of them."""
    random = np.random.default_rng(1)
    start = np.cumsum(random.exponential(1e9 / CALLS_A_SECOND, CALLS)).astype(np.int64)
    duration = random.lognormal(np.log(20e6), 0.6, CALLS).astype(np.int64)
    failing = np.where((np.arange(CALLS) // 50_000) % 4 == 3, 0.5, 0.01)
    return traffic_of(start - start[0], duration, (random.random(CALLS) < failing).astype(np.uint8))


def nanoseconds(calls: Traffic, name: str) -> float:
    """Return the best of several rounds, a call; the first round, which may compile, is not counted."""
    config = BreakerConfig.of(dialect_named(name))
    run_brief(calls, config)
    best = float("inf")
    for _ in range(ROUNDS):
        began = time.process_time()
        run_brief(calls, config)
        best = min(best, time.process_time() - began)
    return 1e9 * best / len(calls)


def main() -> None:
    """Print a line a dialect."""
    calls = traffic()
    ours = nanoseconds(calls, "default")
    for name in NAMES:
        cost = nanoseconds(calls, name)
        print(f"{name:24} {cost:7.1f} ns/call {cost / ours:7.1f} x default")


if __name__ == "__main__":
    main()
