"""What a translation lost without saying so yet: settings that did not come back as they were asked for."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from cbtool.breaker.native import Unit
from cbtool.breaker.parts import WindowType
from cbtool.units import exact_duration, format_duration

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from cbtool.breaker.config import BreakerConfig
    from cbtool.breaker.native import Setting

_OFF = {
    "minimum_number_of_errors": 1,
    "wait_backoff_multiplier": 1,
    "wait_jitter": 0,
    "max_wait_duration_in_half_open_state": 0,
}
_WITHOUT = {
    "wait_backoff_multiplier": "; every wait is {wait}",
    "wait_jitter": "; instances that open together try again together",
    "max_wait_duration_in_half_open_state": "; a trial that hangs is not given up",
    "slow_call_rate_threshold": "",
}
_CHOSEN = ("sliding_window_size", "failure_rate_threshold", "minimum_number_of_calls")


def unsaid(
    config: BreakerConfig,
    asked: Mapping[str, Any],
    chosen: Mapping[str, Any],
    back: BreakerConfig,
    told: Collection[str],
) -> Iterator[str]:
    """Yield a sentence for every setting that is lost and not in `told`.

    Args:
        config: the profile's.
        asked: its settings, by our word.
        chosen: what the translation made of them.
        back: what the library then has.
        told: the words that a sentence speaks of already.
    """
    known = back.dialect.known_words
    for word in _CHOSEN:
        meant, got = chosen.get(word), getattr(back, word)
        if word in told and word in known and meant not in {None, got}:
            there, here = (shown(word, each, back.sliding_window_type) for each in (got, meant))
            yield f"{word} is {there} there, and not {here}"
    slow_told = config.slow_call_duration_threshold is None
    for word, value in asked.items():
        got = getattr(back, word)
        slow = word.startswith("slow_")
        if word in told or value in {got, None, _OFF.get(word)} or (slow and slow_told):
            continue
        if word == "max_wait_duration_in_open_state" and back.wait_backoff_multiplier == 1:
            continue
        slow_told = slow_told or slow
        yield _sentence(config, back, word, value)
    longest = back.slow_call_duration_threshold
    if config.slow_call_duration_threshold is None and longest is not None:
        yield f"slow calls cannot be switched off: those over {format_duration(longest)} count as slow"


def _sentence(config: BreakerConfig, back: BreakerConfig, word: str, value: Any) -> str:
    name, text = back.dialect.name, f"{word} = {shown(word, value, config.sliding_window_type)}"
    if word.startswith("slow_") and word not in back.dialect.known_words:
        limit = format_duration(config.slow_call_duration_threshold or 0)
        return f"{text}: {name} knows no slow calls; give the call a timeout of {limit}, a failure"
    if word in back.dialect.known_words:
        return f"{text}: {name} uses {shown(word, getattr(back, word), back.sliding_window_type)}"
    effect = _WITHOUT.get(word, "").format(wait=format_duration(config.wait_duration_in_open_state))
    return f"{text}: {name} has no such setting{effect}"


def rule(setting: Setting, value: Any, *, seconds: bool) -> str:
    """Return why a setting does not take a value: it wants whole numbers, or the value is out of its bounds.

    Args:
        setting: the library's.
        value: in its own unit.
        seconds: whether it counts seconds.
    """
    if setting.unit is Unit.COUNT and not float(value).is_integer() and setting.allows(math.ceil(value)):
        return "takes whole seconds" if seconds else "takes whole numbers"
    return setting.rule()


def in_seconds(word: str, window: WindowType) -> bool:
    """Return whether one of our words is of a duration."""
    timed = word == "sliding_window_size" and window is WindowType.TIME
    return timed or "duration" in word


def shown(word: str, value: Any, window: WindowType = WindowType.COUNT) -> str:
    """Return a value of one of our words for people, where the window is of that type."""
    if isinstance(value, WindowType):
        return value.value
    if in_seconds(word, window) and isinstance(value, (int, float)):
        return exact_duration(float(value))
    return f"{value:g}" if isinstance(value, float) else str(value)
