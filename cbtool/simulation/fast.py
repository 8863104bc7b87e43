"""The compiled engine behind the same interface as the readable one."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from cbtool.breaker import State
from cbtool.breaker.machine import transition_of
from cbtool.breaker.memory import LOG_COLUMNS
from cbtool.breaker.policies import ResetRule
from cbtool.simulation.history import History
from cbtool.simulation.kernel import CARRIED, run_kernel
from cbtool.simulation.parameters import parameters_of
from cbtool.simulation.runs import run_of
from cbtool.simulation.sections import whole

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cbtool.breaker import BreakerConfig, StateTransition
    from cbtool.simulation.traffic import Traffic

_UNTRACED = np.zeros(0, np.uint8)


def run_fast(
    traffic: Traffic,
    config: BreakerConfig,
    *,
    seed: int = 0,
    end_ns: int | None = None,
    epoch: float = 0.0,
    tracing: bool = True,
) -> History:
    """Return what `run_readable` returns, some thousand times as fast.

    Args:
        traffic: the calls, in the order of events.
        config: the breaker's settings.
        seed: of the wait's jitter.
        end_ns: until when the breaker is watched; None: the last completion.
        epoch: Unix seconds of time 0.
        tracing: whether the states around each call are wanted; they are empty otherwise.

    Raises:
        ConfigurationError: the configuration has a health check.
    """
    until = traffic.end if end_ns is None else end_ns
    run = run_of(config, seed=seed, epoch=epoch, tracing=tracing)
    step = run.advance(whole(traffic.seen_by(config)), until)
    return History(
        permitted=step.permitted,
        state_before=step.before,
        state_after=step.after,
        transitions=transitions_of(step.log),
        time_to_open=times_to_open(step.log),
    )


def transitions_of(log: NDArray[np.int64]) -> tuple[StateTransition, ...]:
    """Return the transitions that a log of the kernel's `COLUMNS` tells."""
    return tuple(transition_of(row[:LOG_COLUMNS], ResetRule.WAIT) for row in log.tolist())


def times_to_open(log: NDArray[np.int64]) -> tuple[float, ...]:
    """Return the seconds from the start of each trip's bad stretch, of the same log."""
    return tuple(row[0] / 1e9 - row[9] / 1e9 for row in log.tolist() if row[9] >= 0)


class Brief(NamedTuple):
    """What a search over many configurations asks of a run.

    Attributes:
        permitted: uint8, by call: 1 where it was let through.
        log: int64, `kernel.COLUMNS` wide: the transitions.
    """

    permitted: NDArray[np.uint8]
    log: NDArray[np.int64]

    @property
    def trips_ns(self) -> NDArray[np.int64]:
        """When the closed breaker opened, int64."""
        times, source, target = self.log.T[:3]
        found: NDArray[np.int64] = times[(source == State.CLOSED) & (target == State.OPEN)]
        return found


def run_brief(traffic: Traffic, config: BreakerConfig, scratch: NDArray[np.uint8] | None = None) -> Brief:
    """Return the brief result of a run, without the states before and after each call.

    Args:
        traffic: the calls, in the order of events.
        config: the breaker's settings.
        scratch: uint8, at least as long as the traffic: what `permitted` may lie in, until the next run. New
            memory costs as much as a run does, and is handed out under the interpreter's lock.

    Raises:
        ConfigurationError: the configuration has a health check.
    """
    traffic = traffic.seen_by(config)
    p = None if config.health_check is not None else parameters_of(config.policies, 0)
    if p is None:
        step = run_of(config, timing=False).advance(whole(traffic), traffic.end)
        return Brief(step.permitted, step.log)
    if scratch is None:
        permitted = np.zeros(len(traffic), np.uint8)
    else:
        permitted = scratch[: len(traffic)]
        permitted.fill(0)
    log = run_kernel(
        traffic.start_ns,
        traffic.call_of,
        traffic.end_ns,
        traffic.started,
        traffic.settled,
        traffic.results(config.slow_above),
        p,
        traffic.end,
        permitted,
        _UNTRACED,
        _UNTRACED,
        0,
        np.zeros(len(CARRIED), np.int64),
    )
    return Brief(permitted, log)


class Spells(NamedTuple):
    """What a breaker let through, and when it was not closed.

    Attributes:
        permitted: uint8, by call: 1 where it was let through.
        opened_ns: int64: when the closed breaker opened.
        closed_ns: int64: when it was closed again; fewer by one where it never was.
    """

    permitted: NDArray[np.uint8]
    opened_ns: NDArray[np.int64]
    closed_ns: NDArray[np.int64]


def run_spells(traffic: Traffic, config: BreakerConfig, *, seed: int = 0, epoch: float = 0.0) -> Spells:
    """Return when the breaker was open, without the states before and after each call.

    Raises:
        ConfigurationError: the configuration has a health check.
    """
    run = run_of(config, seed=seed, epoch=epoch, timing=False)
    step = run.advance(whole(traffic.seen_by(config)), traffic.end)
    log = step.log
    source, target = log[:, 1], log[:, 2]
    leaving = (source == State.CLOSED) & (target != State.CLOSED)
    coming = (source != State.CLOSED) & (target == State.CLOSED)
    return Spells(step.permitted, log[leaving, 0], log[coming, 0])
