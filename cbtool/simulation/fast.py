"""The compiled engine behind the same interface as the readable one."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from cbtool.breaker import BreakerConfig, State
from cbtool.breaker.machine import transition_of
from cbtool.breaker.memory import LOG_COLUMNS
from cbtool.breaker.policies import ResetRule
from cbtool.errors import ConfigurationError
from cbtool.simulation.history import History
from cbtool.simulation.kernel import run_kernel
from cbtool.simulation.parameters import parameters_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cbtool.simulation.traffic import Traffic


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
    n = len(traffic)
    permitted = np.zeros(n, np.uint8)
    before, after = (np.zeros(n if tracing else 0, np.uint8) for _ in range(2))
    until = traffic.end if end_ns is None else end_ns
    log = _run(traffic, config, seed, epoch, until, permitted, before, after)
    rows = log.tolist()
    return History(
        permitted=permitted,
        state_before=before,
        state_after=after,
        transitions=tuple(transition_of(row[:LOG_COLUMNS], ResetRule.WAIT) for row in rows),
        time_to_open=tuple(row[0] / 1e9 - row[9] / 1e9 for row in rows if row[9] >= 0),
    )


class Brief(NamedTuple):
    """What a search over many configurations asks of a run.

    Attributes:
        permitted: uint8, by call: 1 where it was let through.
        trips_ns: int64: when the closed breaker opened.
    """

    permitted: NDArray[np.uint8]
    trips_ns: NDArray[np.int64]


def run_brief(traffic: Traffic, config: BreakerConfig, *, seed: int = 0, epoch: float = 0.0) -> Brief:
    """Return the brief result of a run, without the states before and after each call.

    Raises:
        ConfigurationError: the configuration has a health check.
    """
    permitted = np.zeros(len(traffic), np.uint8)
    nothing = np.empty(0, np.uint8)
    log = _run(traffic, config, seed, epoch, traffic.end, permitted, nothing, nothing, timing=False)
    return Brief(permitted, log[(log[:, 1] == State.CLOSED) & (log[:, 2] == State.OPEN), 0])


def _run(  # noqa: PLR0917  # the kernels' own arguments
    traffic: Traffic,
    config: BreakerConfig,
    seed: int,
    epoch: float,
    end_ns: int,
    permitted: NDArray[np.uint8],
    before: NDArray[np.uint8],
    after: NDArray[np.uint8],
    *,
    timing: bool = True,
) -> NDArray[np.int64]:
    """Fill in `permitted`, and the states where there is room for them; return the log of transitions.

    The log has the columns of `kernel.COLUMNS`, whichever kernel wrote it.
    """
    if config.health_check is not None:
        raise ConfigurationError("the kernel knows no health checks; use --engine machine")
    traffic = traffic.seen_by(config)
    p = parameters_of(config.policies, seed)
    results = traffic.results(config.slow_above)
    if p is None:
        from cbtool.simulation.stepwise import run_stepwise  # noqa: PLC0415  # compiles for seconds

        return run_stepwise(
            traffic,
            config,
            results.outcomes,
            seed,
            epoch,
            end_ns,
            permitted,
            before,
            after,
            timing=timing,
        )
    log: NDArray[np.int64] = run_kernel(
        traffic.start_ns,
        traffic.call_of,
        traffic.end_ns,
        traffic.started,
        traffic.settled,
        results,
        p,
        end_ns,
        permitted,
        before,
        after,
        int(len(before) > 0),
    )
    return log
