# ruff: noqa: PLR0917  # the kernel's own arguments
"""The compiled state machine over a traffic, and how long it took to notice each bad stretch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from cbtool.breaker import Outcome, State, window
from cbtool.breaker.adaptive.policy import ThrottleKind
from cbtool.breaker.memory import LOG_COLUMNS
from cbtool.breaker.policies import LateResults, WindowKind
from cbtool.simulation.compiled_rules import RECORD, packed
from cbtool.simulation.steps_kernel import run_steps

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cbtool.breaker import BreakerConfig
    from cbtool.simulation.traffic import Traffic

_ROWS = 4096
"""Transitions that the compiled machine may log before they are read."""


def run_stepwise(
    traffic: Traffic,
    config: BreakerConfig,
    outcomes: NDArray[np.uint8],
    seed: int,
    epoch: float,
    end_ns: int,
    permitted: NDArray[np.uint8],
    before: NDArray[np.uint8],
    after: NDArray[np.uint8],
    *,
    timing: bool = True,
) -> NDArray[np.int64]:
    """Run any dialect; see `fast._run`.

    Args:
        traffic: n calls.
        config: the breaker's settings.
        outcomes: uint8, by completion.
        seed: of the wait's jitter.
        epoch: Unix seconds of time 0.
        end_ns: until when the breaker is watched.
        permitted: uint8, by call, zeros: filled in.
        before: the same, or empty.
        after: the same, or empty.
        timing: whether it is wanted when the bad stretches began that tripped.
    """
    n = len(traffic)
    p = config.policies
    memory = np.zeros(1, RECORD)
    memory["seed"] = np.uint64(seed & (2**64 - 1))
    memory["epoch"] = round(epoch * 1e6) * 1000
    room = max(32, 2 * n) if p.window.kind == WindowKind.TIME else window.room(p.window)
    counted = np.zeros(n if timing else 0, np.uint8)
    order = traffic.start_ns, traffic.call_of, traffic.end_ns, traffic.started
    store, log = np.zeros(room, np.int64), np.zeros(_ROWS * LOG_COLUMNS, np.int64)
    position = np.zeros(5, np.int64)
    common = (memory, store, log, packed(p), end_ns, permitted, before, after)
    if p.throttle.kind == ThrottleKind.NONE:
        remembers = np.zeros(n if p.late.judge == LateResults.ADMITTING_STATE else 0, np.uint8)
        run: Any = run_steps
        arguments: tuple[Any, ...] = (
            *order,
            traffic.settled,
            outcomes,
            *common,
            remembers,
            counted,
            position,
        )
    else:
        # Imported where it is needed: it compiles apart.
        from cbtool.simulation.throttle_kernel import run_throttle as run  # noqa: PLC0415

        arguments = (*order, outcomes, *common, counted, position)
    told, ended = [], False
    while not ended:
        ended = run(*arguments)
        told.append(log[: memory["logged"][0] * LOG_COLUMNS].copy())
        memory["logged"] = 0
    rows = np.concatenate(told).reshape(-1, LOG_COLUMNS)
    begun = np.full((len(rows), 1), -1, np.int64)
    if not len(counted):
        return np.hstack((rows, begun))
    which = np.flatnonzero(counted)
    ends, bad = traffic.end_ns[which], (outcomes[which] & 3) != Outcome.SUCCESS
    for row in np.flatnonzero((rows[:, 1] == State.CLOSED) & (rows[:, 2] == State.OPEN)):
        begun[row] = _began(
            ends, bad, int(rows[row, 0]), int(rows[row, 4]), config.failure_rate_threshold / 200.0
        )
    return np.hstack((rows, begun))


def _began(ends: NDArray[np.int64], bad: NDArray[np.bool_], tripped: int, calls: int, share: float) -> int:
    """Return when the bad stretch that caused a trip began; see `cbtool.metrics.opening`."""
    last = int(np.searchsorted(ends, tripped, side="right"))
    seen = np.flatnonzero(bad[max(0, last - calls) : last])[::-1]
    if not len(seen):
        return tripped
    size = min(calls, last)
    score = np.arange(1, len(seen) + 1) - share * (size - seen)
    best = len(score) - 1 - int(np.argmax(score[::-1]))
    return int(ends[max(0, last - calls) + seen[best]])
