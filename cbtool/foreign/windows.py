"""Windows in another library's terms: one of its own kind where it has that, else what comes nearest.

A run of failures becomes a rate of 100 %, calls become time at the load that one breaker sees, and where a
library knows neither run nor rate, the fewest failures with which the profile may open are counted.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from cbtool.breaker.config import BreakerConfig
from cbtool.breaker.parts import WindowType
from cbtool.errors import InvalidSettingError
from cbtool.units import format_duration

if TYPE_CHECKING:
    from cbtool.foreign.draft import Draft

_ASSUMED_WINDOW = 10.0  # seconds, where neither the profile nor its load tells


def translate_window(draft: Draft) -> None:
    """Say the profile's window in the target's terms, and with it what opens the breaker."""
    kind, target = draft.config.sliding_window_type, draft.target.name
    if kind is WindowType.COUNT and _counts_errors_of_calls(draft):
        _rate_as_errors(draft)
        return
    if _speaks(draft, kind) and (kind is WindowType.CONSECUTIVE or _rates(draft)):
        _count_or_rate(draft, kind)
        return
    if kind is WindowType.CONSECUTIVE:
        _run_as_rate(draft)
    elif _rates(draft) and (_speaks(draft, WindowType.TIME) or _speaks(draft, WindowType.COUNT)):
        _other_window(draft, WindowType.TIME if kind is WindowType.COUNT else WindowType.COUNT)
    elif _speaks(draft, WindowType.CONSECUTIVE):
        least = _least_errors(draft)
        draft.words |= {"sliding_window_type": WindowType.CONSECUTIVE, "sliding_window_size": least}
        draft.lose(
            "sliding_window_type",
            f"{target} counts failures in a row only: {least} of them, the fewest with which the profile"
            " may open. Failures with successes between them, however many, never open it",
        )
        draft.told |= {
            "sliding_window_size",
            "failure_rate_threshold",
            "minimum_number_of_calls",
            "minimum_number_of_errors",
        }
    else:
        _count_of_errors(draft)


def _speaks(draft: Draft, kind: WindowType) -> bool:
    """Return whether the target has a window of this kind: whether it comes back from native form."""
    fixed = dict(draft.target.fixed)
    if fixed.get("sliding_window_type", kind) is not kind:
        return False
    size = 10.0 if kind is WindowType.TIME else 10
    words: dict[str, Any] = {"sliding_window_type": kind, "sliding_window_size": size} | fixed
    known = {w: v for w, v in words.items() if w in draft.target.known_words}
    if kind is WindowType.CONSECUTIVE and "sliding_window_size" not in draft.target.known_words:
        return False
    try:
        native = draft.target.to_native(BreakerConfig.of(draft.target, known))
        back = draft.target.from_native(native)
    except (InvalidSettingError, ValueError, TypeError, KeyError):
        return False
    return back.get("sliding_window_type", WindowType.COUNT) is kind


def _rates(draft: Draft) -> bool:
    """Return whether the target trips on a failure rate."""
    return "failure_rate_threshold" in draft.target.known_words


def _counts_errors_of_calls(draft: Draft) -> bool:
    """Return whether the target has a window of calls, and counts errors in it where others judge a rate."""
    words = {
        "sliding_window_type": WindowType.COUNT,
        "sliding_window_size": 10,
        "failure_rate_threshold": 20.0,
        "error_count_threshold": None,
    }
    if not words.keys() <= draft.target.known_words or not _speaks(draft, WindowType.COUNT):
        return False
    back = draft.target.from_native(draft.target.to_native(BreakerConfig.of(draft.target, words)))
    return back.get("error_count_threshold") is not None


def _rate_as_errors(draft: Draft) -> None:
    """Say a rate over the last calls as the errors that a full window holds then."""
    config = draft.config
    if config.error_count_threshold is not None:
        return
    full = math.ceil(round(config.window_size * config.failure_rate_threshold / 100, 9))
    errors = max(full, config.minimum_number_of_errors)
    draft.words["error_count_threshold"] = errors
    early = max(config.minimum_number_of_errors, math.ceil(config.minimum_calls * full / config.window_size))
    lost = "; while fewer calls are in, it opens later than the profile" if early < errors else ""
    draft.lose(
        "failure_rate_threshold",
        f"{draft.target.name} knows no rate of the last {int(config.window_size)} calls, but a number of"
        f" failures among them: {errors}, as many as open the profile when that many calls are in{lost}",
    )
    for word in ("failure_rate_threshold", "minimum_number_of_calls"):
        draft.words.pop(word)
    draft.told |= {"minimum_number_of_calls", "minimum_number_of_errors"}


def _count_or_rate(draft: Draft, kind: WindowType) -> None:
    """Keep one of an error count and a rate, where a library trips on either and not on both."""
    if kind is WindowType.TIME and draft.config.error_count_threshold is None:
        _rate_alone(draft)
    if kind is WindowType.CONSECUTIVE:
        draft.told |= {"failure_rate_threshold", "minimum_number_of_calls"}
        for word in ("failure_rate_threshold", "minimum_number_of_calls", "slow_call_rate_threshold"):
            draft.words.pop(word, None)


def _rate_alone(draft: Draft) -> None:
    """Have a rate take the place of the library's own number of errors."""
    draft.words.pop("error_count_threshold", None)
    if "error_count_threshold" in draft.target.defaults:
        draft.words["error_count_threshold"] = None


def _least_errors(draft: Draft) -> int:
    """Return the fewest failures with which the profile itself may open."""
    config = draft.config
    if config.consecutive_failures is not None:
        return config.consecutive_failures
    if config.error_count_threshold is not None:
        return config.error_count_threshold
    by_rate = math.ceil(round(config.minimum_calls * config.failure_rate_threshold / 100, 9))
    return max(1, by_rate, config.minimum_number_of_errors)


def _run_as_rate(draft: Draft) -> None:
    run = draft.config.consecutive_failures or 1
    kind = WindowType.COUNT if _speaks(draft, WindowType.COUNT) else WindowType.TIME
    size: float = run if kind is WindowType.COUNT else _time_for(draft, run)
    if not _rates(draft):
        _count_of_errors(draft)
        return
    draft.words |= {
        "sliding_window_type": kind,
        "sliding_window_size": size,
        "failure_rate_threshold": 100.0,
        "minimum_number_of_calls": run,
    }
    exact = kind is WindowType.COUNT
    lost = "" if exact else ". A success within the window before the run keeps it closed for longer"
    draft.lose(
        "sliding_window_type",
        f"{run} failures in a row become 100 % failures of at least {run} calls in the window{lost}",
    )
    draft.told |= {"sliding_window_size", "failure_rate_threshold", "minimum_number_of_calls"}


def _other_window(draft: Draft, kind: WindowType) -> None:
    size = draft.config.window_size
    if kind is WindowType.TIME:
        seconds = _time_for(draft, int(size))
        known = f"at {draft.rate:g} calls/s" if draft.rate else "assumed: name the load with --rate"
        draft.words |= {"sliding_window_type": kind, "sliding_window_size": seconds}
        if draft.config.error_count_threshold is None:
            _rate_alone(draft)
        text = f"the last {int(size)} calls become the last {format_duration(seconds)} ({known})"
    else:
        calls = max(draft.config.minimum_calls, round(size * draft.rate) if draft.rate else 0)
        known = f"at {draft.rate:g} calls/s" if draft.rate else "the minimum: name the load with --rate"
        draft.words |= {"sliding_window_type": kind, "sliding_window_size": calls}
        text = f"the last {format_duration(size)} become the last {calls} calls ({known})"
    draft.lose("sliding_window_type", f"{text}; at another load that is another time")
    draft.told.add("sliding_window_size")


def _time_for(draft: Draft, calls: int) -> float:
    if not draft.rate:
        return _ASSUMED_WINDOW
    return max(1.0, float(math.ceil(calls / draft.rate)))


def _count_of_errors(draft: Draft) -> None:
    """Where a library knows neither a run nor a rate: a number of failures."""
    config, least = draft.config, _least_errors(draft)
    why = "the fewest with which the profile may open"
    if draft.rate and config.sliding_window_type is WindowType.TIME and not config.error_count_threshold:
        usual = math.ceil(draft.rate * config.window_size * config.failure_rate_threshold / 100)
        if usual > least:
            least, why = usual, f"the profile's rate at {draft.rate:g} calls/s"
    timed = config.sliding_window_type is WindowType.TIME
    size = config.window_size if timed else _time_for(draft, int(config.window_size))
    draft.words |= {
        "error_count_threshold": least,
        "sliding_window_type": WindowType.TIME,
        "sliding_window_size": size,
    }
    if config.error_count_threshold != least:
        draft.lose(
            "failure_rate_threshold",
            f"{draft.target.name} counts failures and knows no rate: {least} of them, {why}. At more"
            " load than that it opens at a lower rate",
        )
    draft.told |= {"minimum_number_of_calls", "minimum_number_of_errors", "sliding_window_type"}
