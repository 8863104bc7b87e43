"""A whole sweep of a thousand settings, beside a plain list breaker that tries one of them.

    python benchmarks/sweep.py [CALLS ...]    default: 1,000,000 10,000,000

What is timed is `run_sweep`: traffic ordered, incidents found, every setting simulated and judged, the Pareto
front marked. The peer simulates one setting on a share of the calls; its time for all of them is reckoned.
"""

from __future__ import annotations

import resource
import sys
import time

import numpy as np
from kernel import PEER_SHARE, run_list

from cbtool.breaker import BreakerConfig, WindowType
from cbtool.simulation.run import fleet_of
from cbtool.sweeping.running import plan_of, run_sweep
from cbtool.traffic.calls import Calls
from cbtool.traffic.outcomes import DEFAULT_RULES

BASE = BreakerConfig(
    sliding_window_type=WindowType.TIME,
    sliding_window_size=10.0,
    minimum_number_of_calls=20,
    slow_call_duration_threshold=0.1,
    wait_duration_in_open_state=5.0,
)
POINTS = [
    {"failure_rate_threshold": float(rate), "minimum_number_of_errors": errors}
    for rate in range(5, 105, 5)
    for errors in range(1, 51)
]


def traffic(n: int, share: float) -> Calls:
    random = np.random.default_rng(1)
    start = np.cumsum(random.exponential(1e6, n)).astype(np.int64)
    duration = (20e6 * np.exp(0.7 * random.standard_normal(n))).astype(np.int64)
    status = np.where(random.random(n) < share, 503, 200).astype(np.int16)
    return Calls(start - start[0], duration, status, np.zeros(n, np.uint8))


def swept(n: int, share: float) -> float:
    calls = traffic(n, share)
    began = time.perf_counter()
    run_sweep(calls, DEFAULT_RULES.verdicts(calls), plan_of(BASE, POINTS), ())
    return time.perf_counter() - began


def listed(n: int, share: float) -> float:
    """Return the seconds that the list breaker would take for all points, reckoned from one."""
    calls = traffic(n // PEER_SHARE, share)
    [(_, few)] = fleet_of(calls, DEFAULT_RULES.verdicts(calls)).members
    began = time.perf_counter()
    run_list(few, BASE)
    return (time.perf_counter() - began) * PEER_SHARE * len(POINTS)


def main() -> None:
    sizes = [int(word) for word in sys.argv[1:]] or [1_000_000, 10_000_000]
    swept(10_000, 0.01)  # compiles what is not in the cache yet
    print(f"{len(POINTS):,} settings on both cores")
    for n in sizes:
        for share in (0.01, 0.05):
            ours, peer = swept(n, share), listed(n, share)
            row = f"{n:>12,} calls, {share:.0%} failures {ours:8.2f} s"
            print(f"{row}; a list {peer:8,.0f} s ({peer / ours:,.0f} x)")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB")


if __name__ == "__main__":
    main()
