"""Each setting's neighbours: the values beside the chosen one that the search would try."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from cbtool.recommend.candidates.forms import TRIALS, nice_duration
from cbtool.recommend.candidates.moves import with_errors
from cbtool.recommend.search.backoff import GROWTHS
from cbtool.units import exact_duration

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cbtool.recommend.candidates.gates import Candidate
    from cbtool.recommend.search.ground import Ground

ERRORS_GATE = "minimum_number_of_errors"
_STEPS = 2  # to either side


class Axis(NamedTuple):
    """One setting's values in their order, the chosen one among them."""

    setting: str
    values: Sequence[float]
    at: float
    write: Callable[[float], Any]
    moved: Callable[[float], Candidate]

    def near(self) -> list[float]:
        """Return the values up to two steps to either side that a window can hold, and the chosen one."""
        possible = (value for value in {*self.values, self.at} if self.moved(value).gate.possible)
        ordered = sorted(possible)
        place = ordered.index(self.at)
        return ordered[max(0, place - _STEPS) : place + _STEPS + 1]


def axes_of(ground: Ground, at: Candidate) -> list[Axis]:
    """Return the axes of all settings that a candidate has.

    Args:
        ground: what the search knows of the traffic.
        at: the candidate in their middle.
    """
    gate = at.gate

    def of_gate(name: str) -> Callable[[float], Candidate]:
        def moved(value: float) -> Candidate:
            change: dict[str, Any] = {name: int(value) if name == "calls" else value}
            return at._replace(gate=gate._replace(**change))

        return moved

    def errors(value: float) -> Candidate:
        return at._replace(gate=with_errors(gate, int(value)))

    percent, seconds = _plain, exact_duration
    size = int if gate.counted else seconds
    axes = [
        Axis(
            "failure_rate_threshold",
            ground.thresholds(),
            gate.threshold,
            percent,
            of_gate("threshold"),
        )
    ]
    if gate.slow_from is not None:
        slow = [max(10.0, gate.slow_threshold - 10), min(100.0, gate.slow_threshold + 10)]
        axes += [
            Axis("slow_call_rate_threshold", slow, gate.slow_threshold, percent, of_gate("slow_threshold")),
            Axis(
                "slow_call_duration_threshold",
                ground.slow_durations(),
                gate.slow_from,
                seconds,
                of_gate("slow_from"),
            ),
        ]
    waits = [nice_duration(at.wait * factor) for factor in (0.25, 0.5, 2.0, 4.0)]
    more = [max(gate.errors, round(gate.calls * factor)) for factor in (0.5, 2.0)]
    axes += [
        Axis("sliding_window_size", ground.sizes(gate), gate.window, size, of_gate("window")),
        Axis("minimum_number_of_calls", more, gate.calls, int, of_gate("calls")),
        Axis(ERRORS_GATE, _around(gate.errors), gate.errors, int, errors),
        Axis(
            "wait_duration_in_open_state",
            [wait for wait in waits if at.longest is None or wait <= at.longest],
            at.wait,
            seconds,
            lambda value: at._replace(wait=value),
        ),
        *_growing_axes(at),
        Axis(
            "permitted_number_of_calls_in_half_open_state",
            list(TRIALS),
            at.trials,
            int,
            lambda value: at._replace(trials=int(value)),
        ),
    ]
    return axes


def _growing_axes(at: Candidate) -> list[Axis]:
    """How the wait grows, where it does."""
    if at.growth <= 1 or at.longest is None:
        return []
    longer = [nice_duration(at.longest * factor) for factor in (0.5, 2.0, 4.0)]
    return [
        Axis(
            "wait_backoff_multiplier",
            [1.0, *GROWTHS],
            at.growth,
            _plain,
            lambda value: at._replace(growth=value, longest=at.longest if value > 1 else None),
        ),
        Axis(
            "max_wait_duration_in_open_state",
            [longest for longest in longer if longest > at.wait],
            at.longest,
            exact_duration,
            lambda value: at._replace(longest=value),
        ),
    ]


def _around(errors: int) -> list[float]:
    step = max(1, round(errors * 0.2))
    return [float(max(1, errors + times * step)) for times in (-2, -1, 1, 2)]


def _plain(value: float) -> float:
    return float(f"{value:.6g}")
