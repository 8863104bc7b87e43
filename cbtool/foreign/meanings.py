"""Why a setting has its value, where nobody gave a reason: what it does, in a few words."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cbtool.breaker.config import BreakerConfig
    from cbtool.breaker.native import Setting

_OF_WORDS = {
    "failure_rate_threshold": "opens at this rate of failures",
    "slow_call_rate_threshold": "opens at this rate of slow calls",
    "slow_call_duration_threshold": "a call that takes longer is slow",
    "sliding_window_type": "what the window counts",
    "sliding_window_size": "the window that failures are counted in",
    "minimum_number_of_calls": "no rate is judged over fewer calls",
    "minimum_number_of_errors": "nothing opens it on fewer failures",
    "error_count_threshold": "opens at this many failures",
    "wait_duration_in_open_state": "how long open lasts before trials",
    "wait_backoff_multiplier": "each further opening in a row lasts this many times longer",
    "max_wait_duration_in_open_state": "the longest that open grows to",
    "wait_jitter": "spreads the wait, so that instances do not try together",
    "permitted_number_of_calls_in_half_open_state": "trials before it closes",
    "max_wait_duration_in_half_open_state": "trials that take longer are given up",
}
_TRIALS = "permitted_number_of_calls_in_half_open_state"
_OTHERS = {
    "ReadyToTrip": ("failure_rate_threshold", "when it opens"),
    "Interval": ("sliding_window_size", "the window that failures are counted in"),
    "BucketPeriod": ("", "the steps in which the window moves"),
    "slidingWindowType": ("sliding_window_type", "what the window counts"),
    "enableExponentialBackoff": ("", "each further opening in a row lasts longer"),
    "exponentialBackoffMultiplier": ("wait_backoff_multiplier", "so many times longer"),
    "exponentialMaxWaitDurationInOpenState": ("max_wait_duration_in_open_state", "the longest of them"),
    "enableRandomizedWait": ("", "waits are spread, so that instances do not try together"),
    "randomizedWaitFactor": ("wait_jitter", "by this share"),
    "BreakDurationGenerator": ("wait_backoff_multiplier", "each further opening in a row lasts longer"),
    "grade": ("", "0: slow calls, 1: share of failures, 2: number of failures"),
    "count": ("failure_rate_threshold", "what the grade holds the calls to"),
    "failure-accrual": ("sliding_window_type", "how failures are counted"),
    "interval": ("", "how often hosts are looked at"),
    "waitThreshold": ("minimum_number_of_calls", "no rate is judged over fewer calls"),
    "bucketSpan": ("sliding_window_size", "the window is so many milliseconds times bucketNum"),
    "strategy": ("sliding_window_type", "what the window counts"),
    "breaker": ("failure_rate_threshold", "when it opens"),
    "halfOpenAfter": ("wait_duration_in_open_state", "how long open lasts before trials"),
    "halfOpenSampling": (_TRIALS, "trials before it closes"),
    "policy": ("sliding_window_type", "how failures are counted"),
    "requiredSuccessRate": ("failure_rate_threshold", "opens under this rate of successes"),
    "window": ("sliding_window_size", "the window that failures are counted in"),
    "minRequestThreshold": ("minimum_number_of_calls", "no rate is judged over fewer calls"),
    "numFailures": ("sliding_window_size", "opens at this many failures in a row"),
    "markDeadFor": ("wait_duration_in_open_state", "how long open lasts before a trial, and how it grows"),
    "on-error": ("", "what the failures in a row do"),
    "inter": ("wait_duration_in_open_state", "probes so far apart end it"),
    "failure-accrual-consecutive-max-failures": (
        "sliding_window_size",
        "opens at this many failures in a row",
    ),
    "failure-accrual-success-rate-min-requests": (
        "minimum_number_of_calls",
        "no rate is judged over fewer calls",
    ),
    "failure-accrual-success-rate-threshold": (
        "failure_rate_threshold",
        "opens under this rate of successes",
    ),
    "failure-accrual-success-rate-window": (
        "sliding_window_size",
        "the window that failures are counted in",
    ),
    "WithTripFunc": ("failure_rate_threshold", "when it opens"),
    "WithCounterResetInterval": ("sliding_window_size", "the window that failures are counted in"),
    "WithOpenTimeout": ("wait_duration_in_open_state", "how long open lasts before trials"),
    "WithOpenTimeoutBackOff": ("wait_backoff_multiplier", "how long open lasts, and how it grows"),
    "expression": ("failure_rate_threshold", "when it opens"),
    "exceptionsAllowedBeforeBreaking": ("sliding_window_size", "opens at this many failures in a row"),
    "samplingDuration": ("sliding_window_size", "the window that failures are counted in"),
    "minimumThroughput": ("minimum_number_of_calls", "no rate is judged over fewer calls"),
    "failureThreshold": ("failure_rate_threshold", "opens at this rate of failures"),
    "threshold": ("failure_rate_threshold", "opens at this rate, or number, of failures"),
    "error_timeout": ("wait_duration_in_open_state", "how long open lasts before trials"),
    "error_threshold_timeout": ("sliding_window_size", "the window that failures are counted in"),
    "half_open_resource_timeout": ("", "the client's timeout while trials run"),
    "exponential_backoff_error_timeout": ("", "whether each further opening in a row lasts longer"),
    "exponential_backoff_initial_timeout": ("wait_duration_in_open_state", "how long the first open lasts"),
    "exponential_backoff_multiplier": (
        "wait_backoff_multiplier",
        "each further opening in a row lasts this many times longer",
    ),
}
_FAILSAFE = {
    "FailureThreshold": "opens at so many failures (of so many calls, within so long)",
    "FailureThresholdRatio": "opens at so many failures of so many calls",
    "FailureThresholdPeriod": "opens at so many failures within so long",
    "FailureRateThreshold": "opens at this rate of failures, of so many calls at least, within so long",
}
_SUCCESSES = {
    "SuccessThreshold": "so many successes (of so many trials) close it",
    "SuccessThresholdRatio": "so many successes of so many trials close it",
}
_OTHERS |= {
    first + name: (word, text)
    for first in ("with", "With")
    for word, texts in (("failure_rate_threshold", _FAILSAFE), (_TRIALS, _SUCCESSES))
    for name, text in texts.items()
}


def meaning(config: BreakerConfig, name: str, setting: Setting | None, reasons: Mapping[str, str]) -> str:
    """Return the reason of a native setting's value.

    Args:
        config: in the library's dialect.
        name: the setting's native name.
        setting: its declaration; None: the dialect writes it itself.
        reasons: by our word, what is known of it.
    """
    word, text = _OTHERS.get(name, ("", ""))
    if setting is not None and setting.word is not None:
        word, text = setting.word, setting.meaning or _OF_WORDS.get(setting.word, "")
        if word == "sliding_window_size" and config.consecutive_failures is not None:
            text = "opens at this many failures in a row"
    return reasons.get(word) or text or (setting.meaning if setting is not None else "")
