"""What a library says by a setting of its own where another says it by one of our words."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from cbtool.breaker.parts import WindowType
from cbtool.units import exact_duration, format_duration

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Words = dict[str, Any]
    Lost = Iterator[tuple[str, str | None]]

_BUCKETS = 10
_DOUBLE = 2
_RISE = 2


def adapted(library: str, words: Words, options: dict[str, Any]) -> Lost:
    """Change a translation's words and options for one library.

    Yields:
        A word, and what is lost of it; None: nothing, since an option says it.
    """
    adapt = _ADAPT.get(library)
    if adapt is not None:
        yield from adapt(words, options)


def _gobreaker(words: Words, options: dict[str, Any]) -> Lost:
    """Counts are kept for `Interval`, in ten buckets of `BucketPeriod`."""
    if words["sliding_window_type"] is not WindowType.TIME:
        return
    size = words.pop("sliding_window_size")
    options["Interval"] = exact_duration(size)
    options["BucketPeriod"] = exact_duration(size / _BUCKETS)
    yield "sliding_window_size", f"the window of {format_duration(size)} moves by buckets of a tenth of it"


def _cb2(words: Words, options: dict[str, Any]) -> Lost:
    """A percentage and a number of errors are two strategies; the window is whole seconds."""
    if words.get("error_count_threshold") is not None:
        options["strategy"] = "rolling_window"
    return iter(())


def _traefik(words: Words, options: dict[str, Any]) -> Lost:
    """Reaching the threshold is enough, as an expression may say; there are no trials to count."""
    options["operator"] = ">="
    slow = words.get("slow_call_duration_threshold")
    if slow is not None:
        words["slow_call_duration_threshold"] = max(1, round(1000 * slow)) / 1000  # whole milliseconds
        words["slow_call_rate_threshold"] = min(words.get("slow_call_rate_threshold", 100.0), 99.0)
    words.pop("max_wait_duration_in_half_open_state", None)
    trials = words.pop("permitted_number_of_calls_in_half_open_state", None)
    if trials is not None:
        yield (
            "permitted_number_of_calls_in_half_open_state",
            "there are no trials: for 10s a share of the calls is let through that grows to a half",
        )


def _failsafe(words: Words, options: dict[str, Any]) -> Lost:
    """Trials are so many successes of so many calls; a minimum under 1 is none, so nothing is lost."""
    yield from _successes(words, options, "withSuccessThreshold", "withSuccessThreshold")


def _failsafe_go(words: Words, options: dict[str, Any]) -> Lost:
    yield from _successes(words, options, "WithSuccessThreshold", "WithSuccessThresholdRatio")


def _successes(words: Words, options: dict[str, Any], all_of: str, some_of: str) -> Lost:
    if "minimum_number_of_calls" in words:
        words["minimum_number_of_calls"] = max(1, words["minimum_number_of_calls"])
    trials = words.pop("permitted_number_of_calls_in_half_open_state")
    share = words.get("failure_rate_threshold", 0.0) / 100
    if words["sliding_window_type"] is WindowType.COUNT:
        share = words["error_count_threshold"] / words["sliding_window_size"]
    reopen = math.ceil(round(share * trials, 9))
    enough = trials - max(1, reopen) + 1
    options[all_of if enough == trials else some_of] = trials if enough == trials else [enough, trials]
    yield "permitted_number_of_calls_in_half_open_state", None


def _nginx(words: Words, options: dict[str, Any]) -> Lost:  # noqa: ARG001
    size = words.pop("sliding_window_size", None)
    wait = words["wait_duration_in_open_state"]
    if size is not None and size != wait:
        yield (
            "sliding_window_size",
            f"fail_timeout is both the wait (kept) and the window ({format_duration(size)} in the profile)",
        )


def _ejection(words: Words, options: dict[str, Any]) -> Lost:  # noqa: ARG001
    multiplier = words.get("wait_backoff_multiplier", 1)
    trials = words.pop("permitted_number_of_calls_in_half_open_state", None)
    if trials is not None:
        yield (
            "permitted_number_of_calls_in_half_open_state",
            "there are no trials: a host that comes back gets its whole traffic at once",
        )
    yield (
        "wait_backoff_multiplier",
        "the wait grows by itself with every ejection in a row (once, twice, three times the base)"
        + (f", not {multiplier:g}-fold" if multiplier != 1 else ""),
    )


def _linkerd(words: Words, options: dict[str, Any]) -> Lost:  # noqa: ARG001
    if words.get("wait_backoff_multiplier", 1) != _DOUBLE:
        yield "wait_backoff_multiplier", "the wait always doubles with every failed trial, up to max-penalty"
    words.setdefault("max_wait_duration_in_open_state", max(60.0, words["wait_duration_in_open_state"]))


def _resilience4j(words: Words, options: dict[str, Any]) -> Lost:  # noqa: ARG001
    if words.get("wait_backoff_multiplier", 1) != 1 and words.get("wait_jitter"):
        jitter = words.pop("wait_jitter")
        yield (
            "wait_jitter",
            f"wait_jitter = {jitter:g}: resilience4j's waits either grow or are spread, not both",
        )
    if "slow_call_duration_threshold" not in words:
        words["slow_call_duration_threshold"] = 60.0


def _sentinel(words: Words, options: dict[str, Any]) -> Lost:  # noqa: ARG001
    slow = words.pop("slow_call_duration_threshold", None)
    share = words.pop("slow_call_rate_threshold", 100.0)
    if slow is not None:
        yield "slow_call_rate_threshold", "a rule judges either slow calls or failures, by its grade"
        yield (
            "slow_call_duration_threshold",
            f"slow calls need a rule of grade 0, count {slow * 1000:g}, slowRatioThreshold {share / 100:g}",
        )
    yield (
        "permitted_number_of_calls_in_half_open_state",
        "one trial alone decides; the rates must be over their thresholds, not at them",
    )


def _haproxy(words: Words, options: dict[str, Any]) -> Lost:
    """A server that is down comes back after `rise` probes, `inter` apart."""
    wait = words["wait_duration_in_open_state"]
    options |= {"on-error": "mark-down", "inter": exact_duration(wait / _RISE)}
    for word in ("wait_duration_in_open_state", "permitted_number_of_calls_in_half_open_state"):
        words.pop(word, None)
    yield (
        "wait_duration_in_open_state",
        f"a server is back after {_RISE} good probes {format_duration(wait / _RISE)} apart, not by a wait",
    )
    yield (
        "permitted_number_of_calls_in_half_open_state",
        "there are no trials: probes decide, then all traffic",
    )


_ADAPT: dict[str, Callable[[Words, dict[str, Any]], Lost]] = {
    "gobreaker": _gobreaker,
    "cb2": _cb2,
    "failsafe": _failsafe,
    "failsafe-go": _failsafe_go,
    "traefik": _traefik,
    "nginx": _nginx,
    "nginx-plus": _nginx,
    "envoy": _ejection,
    "istio": _ejection,
    "linkerd": _linkerd,
    "resilience4j": _resilience4j,
    "sentinel": _sentinel,
    "haproxy": _haproxy,
}
