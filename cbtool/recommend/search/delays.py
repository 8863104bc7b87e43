"""How long incidents of a given level go unnoticed at a given load: simulated, from a warm window.

Expected without chance: an incident in which a share l of the calls fails, at a load of λ calls a second,
fills the errors gate k after k / (λl) seconds, and lifts the rate of a window of W seconds to the threshold
θ after θW / l. The later of the two opens the breaker, one call's duration after that (a result is known
when it is complete). Where λW calls are fewer than a gate asks for, only chance can fill it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from cbtool.jit import compiled
from cbtool.recommend.findings import Estimate

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cbtool.recommend.candidates.gates import Gate
    from cbtool.recommend.found import Found
    from cbtool.recommend.model import Regime

_TRIES = (40, 200)
_DRAWS = 600_000  # random numbers for all tries of one level at one load
_WINDOWS = 20.0  # of calls that a gate which only chance can fill is waited for


def outage_seconds(gate: Gate, rate: float) -> float:
    """Return the seconds until a total outage opens the breaker, without chance; infinite where never.

    Args:
        gate: when the breaker opens.
        rate: calls a second.
    """
    if gate.holds(rate) < max(gate.errors, gate.calls):
        return float("inf")
    return max(gate.errors, gate.threshold * gate.holds(rate) / 100) / rate


def with_delays(found: Found) -> tuple[Regime, ...]:
    """Return the regimes of load with what a window holds there, and how late incidents are noticed."""
    gate, healthy, takes = found.candidate.gate, found.healthy.failure_rate, found.failing_takes
    regimes = []
    for number, regime in enumerate(found.regimes):
        outage, brown_out = (
            _estimate(_delays(gate, regime.rate, healthy, level, (found.seed, 53, number, place)), takes)
            for place, level in enumerate((1.0, found.brown_out))
        )
        regimes.append(
            replace(
                regime,
                window_calls=gate.holds(regime.rate),
                window_errors=gate.holds(regime.rate) * healthy,
                outage_delay=outage,
                brown_out_delay=brown_out,
                brown_out_percent=100.0 * found.brown_out,
                slow_delay=_slow_delay(found, regime.rate, number),
                slow_percent=None if gate.slow_from is None else 100.0 * found.slow_incident[0],
                within_delay_budget=outage.value is not None and outage.value <= found.budget.detection_delay,
            )
        )
    return tuple(regimes)


def brown_out_at(found: Found, rate: float, level: float) -> Estimate:
    """Return how late a share of failures, 0 to 1, opens the breaker at a load, as `Regime` tells it."""
    gate, percent = found.candidate.gate, round(100 * level)
    delays = _delays(gate, rate, found.healthy.failure_rate, level, (found.seed, 53, percent, 3))
    return _estimate(delays, found.failing_takes)


def _slow_delay(found: Found, rate: float, number: int) -> Estimate | None:
    """How late slow calls open the breaker: none of them is known to be slow before it is complete."""
    gate = found.candidate.gate
    if gate.slow_from is None:
        return None
    level, takes = found.slow_incident
    if takes <= gate.slow_from:
        return Estimate(None, None, None)
    share = float(found.healthy.slower_than(gate.slow_from).mean()) if len(found.healthy) else 0.0
    seed = (found.seed, 53, number, 2)
    late = _delays(gate._replace(threshold=gate.slow_threshold), rate, share, level, seed, pause=takes)
    return _estimate(late, 0.0)


def _estimate(delays: NDArray[np.float64], takes: float) -> Estimate:
    """The median and the middle 80 %; None for what never ends."""
    values = np.sort(delays) + takes
    places = (np.array([0.1, 0.5, 0.9]) * (len(values) - 1)).round().astype(int)
    low, value, high = (None if np.isinf(values[place]) else float(values[place]) for place in places)
    return Estimate(value, low, high)


def _delays(
    gate: Gate, rate: float, healthy: float, level: float, seed: tuple[int, ...], *, pause: float = 0.0
) -> NDArray[np.float64]:
    """Return the seconds from an incident's start to the opening, one a try; infinite where it never came.

    For so many seconds of a `pause` nothing completes, as when each call takes longer than before.
    """
    holds = gate.holds(rate)
    needed = max(gate.errors / level, gate.calls, gate.threshold / 100 * holds / level)
    sure = holds * level >= 2 * gate.errors and holds >= 2 * gate.calls and 100 * level > 1.2 * gate.threshold
    during = int(
        min(5 * needed + 50, 50_000) if sure else min(max(5 * needed, _WINDOWS * holds) + 50, 50_000)
    )
    before = int(min(1.2 * holds + 10, 50_000))
    tries = int(np.clip(_DRAWS / (before + during), *_TRIES))
    random = np.random.default_rng(list(seed))
    found = np.empty(tries)
    for number in range(tries):
        gaps = random.exponential(1.0 / max(rate, 1e-12), before + during)
        time = np.cumsum(gaps)
        chance = np.concatenate((np.full(before, healthy), np.full(during, level)))
        bad = random.random(before + during) < chance
        gates = (gate.threshold, gate.errors, gate.calls)
        time -= time[before - 1]
        time[before:] += pause
        found[number] = _first_trip(time, bad, before, gate.window, gate.counted, *gates)
    return found


@compiled()
def _first_trip(  # noqa: PLR0917  # compiled code takes no keywords
    time: NDArray[np.float64],
    bad: NDArray[np.bool_],
    first: int,
    window: float,
    counted: bool,
    threshold: float,
    errors: int,
    calls: int,
) -> float:
    oldest, failed = 0, 0
    for i in range(len(time)):
        failed += bad[i]
        while i - oldest >= window if counted else time[i] - time[oldest] >= window:
            failed -= bad[oldest]
            oldest += 1
        inside = i - oldest + 1
        if i >= first and failed >= errors and inside >= calls and 100.0 * failed >= threshold * inside:
            return time[i]  # type: ignore[no-any-return]
    return np.inf
