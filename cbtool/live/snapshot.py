"""The engine's state as the dashboard's view."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

from cbtool.breaker import State
from cbtool.live.tally import open_share
from cbtool.metrics.view import LiveView
from cbtool.units import NANOSECONDS

if TYPE_CHECKING:
    from cbtool.live.engine import Engine
    from cbtool.live.plan import Column

SHOWN_TRANSITIONS = 100


def view_of(engine: Engine, now: float) -> LiveView:
    """Return what a run looks like at `now`. From the loop's thread."""
    plan, tally = engine.plan, engine.tally
    breakers = tuple(lane.view(now) for lane in engine.lanes)
    latency = {
        name: tally.from_intended.percentile(percent) or 0.0
        for name, percent in (("p50", 50.0), ("p95", 95.0), ("p99", 99.0), ("max", 100.0))
    }
    spent = [lane.time_in_state(now) for lane in engine.lanes]
    return LiveView(
        title=plan.title,
        elapsed=now,
        total=plan.duration,
        config=plan.config,
        shadow=plan.shadow,
        breakers=breakers,
        target_rate=_target_rate(plan.schedule, now, plan.duration),
        rate=tally.rate.latest,
        counts=tally.counts(len(engine.flights)),
        latency=latency,
        trips=tally.trips,
        time_in_state={state: sum(each[state] for each in spent) for state in State},
        transitions=tuple(tally.transitions)[-SHOWN_TRANSITIONS:],
        seconds=tally.seconds.latest(open_share([each.state for each in breakers])),
        notice="stopping …" if engine.interrupted else "",
    )


def _target_rate(schedule: Column, now: float, duration: float) -> float:
    """Return the calls due in the second around `now`, which at the ends is cut to the run."""
    start, end = max(0.0, now - 0.5), min(duration, now + 0.5)
    if end <= start:
        return 0.0
    first, last = (bisect_left(schedule, int(edge * NANOSECONDS)) for edge in (start, end))
    return float(last - first) / (end - start)
