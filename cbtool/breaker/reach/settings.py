"""Settings beside the trip rules that do nothing, or hardly what they say: waits, trials, minima."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cbtool.breaker.policies import Admission, LeaveOpen, TrialsVerdict, WindowKind
from cbtool.breaker.reach.model import Finding, Load, Reach
from cbtool.units import format_duration, format_rate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cbtool.breaker.config import BreakerConfig
    from cbtool.breaker.policies import TrialsPolicy

_PERMITTED = "permitted_number_of_calls_in_half_open_state"


def load_findings(config: BreakerConfig, load: Load) -> Iterator[Finding]:
    """Give what depends on the load: whether the trials can be had in time."""
    trials, wait = config.policies.trials, config.policies.wait
    needed = trials_needed(trials)
    if not needed or wait.skips_trials or trials.limit_closes:
        return
    # The first trial is the call that ends the wait, or the first one after the timer that did.
    gaps = needed - 1 if wait.leave != LeaveOpen.TIMER else needed
    seconds = gaps * load.spacing / 1e9
    why = (
        f"at {format_rate(load.rate)}, a call every {format_duration(load.spacing / 1e9)},"
        f" {f'{needed} trials' if needed > 1 else 'the trial'} take{'s' * (needed == 1)}"
        f" {format_duration(seconds)}"
    )
    if trials.limit and gaps and seconds >= trials.limit / 1e9:
        limit = format_duration(trials.limit / 1e9)
        why += f"; half-open ends after {limit}, so it opens again and never closes"
        from_rate = gaps * 1e9 / trials.limit
        yield Finding(_PERMITTED, Reach.UNREACHABLE, why, load.rate, reached_from=from_rate)
    elif needed > 1 and seconds > wait.seconds:
        why += f", longer than the wait of {format_duration(wait.seconds)}: that is how late it closes"
        yield Finding(_PERMITTED, Reach.CAUTION, why, load.rate)
    else:
        yield Finding(_PERMITTED, Reach.FINE, why, load.rate)


def constant_findings(config: BreakerConfig, timeout: float | None) -> Iterator[Finding]:
    """Give what holds at any load.

    Args:
        config: the settings.
        timeout: the caller's, in seconds; None: unknown.
    """
    yield from _capped_minimum(config)
    yield from _capped_wait(config)
    if timeout is not None and config.opens:
        yield from _trial_times(config, timeout)


def trials_needed(trials: TrialsPolicy) -> int:
    """Return how many good trials close the breaker; 0 where none is needed."""
    match trials.verdict:
        case TrialsVerdict.RATES | TrialsVerdict.ALL_IN:
            return trials.enough
        case TrialsVerdict.COUNTS:
            return trials.successes
        case TrialsVerdict.TRIP_RULES:
            return 1
        case _:
            return 0


def _capped_minimum(config: BreakerConfig) -> Iterator[Finding]:
    window, effective = config.policies.window, config.policies.trip.minimum_calls
    if window.kind == WindowKind.CALLS and config.minimum_calls > window.size >= effective:
        yield Finding(
            "minimum_number_of_calls",
            Reach.CAUTION,
            f"{config.minimum_calls:,} is more than the window of {window.size:,} calls; "
            f"{config.dialect.name} silently takes {effective:,}",
        )


def _capped_wait(config: BreakerConfig) -> Iterator[Finding]:
    wait = config.policies.wait
    if 0 <= wait.longest < wait.seconds:
        yield Finding(
            "max_wait_duration_in_open_state",
            Reach.CAUTION,
            f"it caps even the first wait: {format_duration(wait.seconds)} becomes"
            f" {format_duration(wait.longest)}",
        )


def _trial_times(config: BreakerConfig, timeout: float) -> Iterator[Finding]:
    own = config.option("half_open_resource_timeout")
    trial = timeout if own is None else float(own)
    if own is not None and trial >= timeout:
        yield Finding(
            "half_open_resource_timeout",
            Reach.CAUTION,
            f"a trial may take {format_duration(trial)}, as long as any other call"
            f" ({format_duration(timeout)}): it saves nothing; set it by the healthy p99",
        )
    wait = config.policies.wait
    if config.health_check is None and not wait.skips_trials and wait.seconds < trial:
        more = (
            ", so the next trial starts before the last one has ended"
            if config.policies.trials.admission == Admission.ONE_PER_WAIT
            else ": while the upstream hangs, it is tried for longer than it is left alone"
        )
        yield Finding(
            "wait_duration_in_open_state",
            Reach.CAUTION,
            f"the wait of {format_duration(wait.seconds)} is shorter than one trial may take,"
            f" {format_duration(trial)}{more}",
        )
