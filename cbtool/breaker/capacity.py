"""What a dependency that is down costs its caller, though the breaker is open: Shopify's utilisation formula.

An open breaker still sends trials, and each holds one of the caller's threads until its timeout. Of N
breakers whose upstreams are all down, and a worker's threads that share them, that takes

    N · trials · half-open timeout ÷ (threads · wait)

of the worker's time (Damian Polan, "Your circuit breaker is misconfigured", shopify.engineering, 2020; the
form follows from its two worked examples, 263 % and 4 %). Beyond 100 % the worker never catches up.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cbtool.breaker.opening import errors_to_open, is_least
from cbtool.breaker.policies import Admission, TrialsVerdict

if TYPE_CHECKING:
    from cbtool.breaker.config import BreakerConfig

WASTEFUL = 5.0
"""Percent of a worker's time from which a setting deserves another look."""


@dataclass(frozen=True, slots=True)
class Capacity:
    """The cost of dependencies that are down.

    Attributes:
        breakers: how many are open at once, each with its own dependency.
        threads: of the worker, which share the breakers.
        trial: seconds that one trial holds a thread.
        trials: how many are sent before the breaker opens again.
        wait: seconds between rounds of trials.
        timeout: seconds that a call holds a thread while the breaker is still closed.
        errors: failed calls after which it opens.
        at_least: whether it may take more, since nobody said how many calls the window holds.
    """

    breakers: int
    threads: int
    trial: float
    trials: int
    wait: float
    timeout: float
    errors: int
    at_least: bool = False

    @property
    def extra_utilisation(self) -> float:
        """Percent of the worker's time that trials take; infinite without a wait."""
        if not self.wait:
            return math.inf
        return 100.0 * self.breakers * self.trials * self.trial / (self.threads * self.wait)

    @property
    def opening_cost(self) -> float:
        """Seconds of each thread that go by before all breakers are open."""
        return self.breakers * self.errors * self.timeout / self.threads

    def wait_for(self, percent: float) -> float:
        """Return the wait, in seconds, at which trials take that share of the worker's time."""
        return 100.0 * self.breakers * self.trials * self.trial / (self.threads * percent)

    def trial_for(self, percent: float) -> float:
        """Return the timeout of a trial, in seconds, at which trials take that share."""
        return percent * self.threads * self.wait / (100.0 * self.breakers * self.trials)

    def to_json(self) -> dict[str, Any]:
        """Return the numbers and what they were computed from."""
        return {
            "extra_utilisation": self.extra_utilisation if self.wait else None,
            "opening_cost": self.opening_cost,
            "breakers": self.breakers,
            "threads": self.threads,
            "trial": self.trial,
            "trials": self.trials,
            "wait": self.wait,
            "timeout": self.timeout,
            "errors": self.errors,
            "at_least": self.at_least,
        }


def capacity_of(
    config: BreakerConfig,
    *,
    timeout: float,
    breakers: int = 1,
    threads: int = 1,
    rate: float | None = None,
) -> Capacity:
    """Return what a configuration costs while its dependencies are down.

    Args:
        config: the settings of each breaker.
        timeout: seconds after which the caller gives a call up. A trial is given up after that, too, unless
            the library has a shorter timeout for trials.
        breakers: dependencies that are down at once.
        threads: of one worker.
        rate: calls a second that each breaker sees before, which a window of time is full of.
    """
    shorter = config.option("half_open_resource_timeout")
    return Capacity(
        breakers=breakers,
        threads=threads,
        trial=timeout if shorter is None else float(shorter),
        trials=_trials(config),
        wait=_longest_wait(config),
        timeout=timeout,
        errors=errors_to_open(config, rate=rate, failing=timeout),
        at_least=is_least(config, rate=rate),
    )


def _trials(config: BreakerConfig) -> int:
    """Return the failing trials that it takes to open again: they run at once, where several may."""
    p = config.policies.trials
    if p.verdict == TrialsVerdict.RATES:
        return p.enough
    one_by_one = p.admission == Admission.BUDGET and p.permits == 1
    return 1 if one_by_one or p.failures <= 1 else min(p.failures, p.permits)


def _longest_wait(config: BreakerConfig) -> float:
    """Return the wait that an outage comes to: the cap of a growing one."""
    grows = config.wait_backoff_multiplier > 1 and config.max_wait_duration_in_open_state is not None
    longest = config.max_wait_duration_in_open_state if grows else None
    return config.wait_duration_in_open_state if longest is None else longest
