"""A profile in another library's terms: the nearest settings that it has, and what is lost.

What a library can say is found by asking its dialect: settings go out in native form and come back, and one
that doesn't come back as it went is a loss. The nearest settings follow from one thought: the translated
breaker should open on the same outage, no later and no more easily than the profile's own gates allow.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from cbtool.breaker.config import BreakerConfig
from cbtool.breaker.dialects import dialect_named
from cbtool.breaker.parts import WhenOpenAction, WindowType
from cbtool.errors import ConfigurationError, InvalidSettingError
from cbtool.foreign import losses
from cbtool.foreign.draft import Draft
from cbtool.foreign.fit import fitted
from cbtool.foreign.library_words import adapted
from cbtool.foreign.windows import translate_window

_WORDS = (
    "failure_rate_threshold",
    "slow_call_rate_threshold",
    "slow_call_duration_threshold",
    "sliding_window_type",
    "sliding_window_size",
    "minimum_number_of_calls",
    "minimum_number_of_errors",
    "error_count_threshold",
    "wait_duration_in_open_state",
    "wait_backoff_multiplier",
    "max_wait_duration_in_open_state",
    "wait_jitter",
    "permitted_number_of_calls_in_half_open_state",
    "max_wait_duration_in_half_open_state",
)
_REFUSES_A_SHARE = ("semian-adaptive", "sre-throttling", "envoy-admission-control")
_ALL, _NEARLY_ALL = 100.0, 99.0  # percent


@dataclass(frozen=True)
class Translation:
    """A configuration of the target's dialect, and a sentence for each thing that it can't say."""

    config: BreakerConfig
    losses: tuple[str, ...]


def translated(config: BreakerConfig, library: str, rate: float | None = None) -> Translation:
    """Return the nearest configuration of a library.

    Args:
        config: of any dialect; one of the library's own is returned as it is.
        library: the target dialect's name.
        rate: calls a second that one breaker sees; None: unknown.

    Raises:
        ConfigurationError: the library's breaker does not open at all.
    """
    target = dialect_named(library)
    around = _around_the_breaker(config, library)
    if config.dialect == target:
        return Translation(config, tuple(around))
    if library in _REFUSES_A_SHARE:
        raise ConfigurationError(
            f"{library} refuses a share of the calls and never opens; no profile of another library says that"
        )
    return _translated(Draft(config, target, rate, around))


def _around_the_breaker(config: BreakerConfig, library: str) -> list[str]:
    lost = []
    if config.when_open.action is not WhenOpenAction.REJECT:
        lost.append(
            f"when_open redirects to {config.when_open.target}: {library} refuses the call; redirect in its"
            " caller's fallback"
        )
    if config.health_check is not None:
        lost.append(
            f"health_check of {config.health_check.path}: not among these settings; the wait alone ends open"
        )
    return lost


def _translated(draft: Draft) -> Translation:
    asked = {word: getattr(draft.config, word) for word in _WORDS}
    draft.words = {word: value for word, value in asked.items() if value is not None}
    for name, value in draft.config.options:
        draft.lose(name, f"{name} = {value} is {draft.config.dialect.name}'s own and has no counterpart")
    translate_window(draft)
    _error_gate(draft)
    for line in adapted(draft.target.name, draft.words, draft.options):
        draft.lose(*line)
    _fit(draft)
    _fixed(draft)
    config = _reachable(draft, _built(draft))
    back = BreakerConfig(**draft.target.from_native(draft.target.to_native(config)), dialect=draft.target)
    unsaid = losses.unsaid(draft.config, asked, draft.words, back, draft.told)
    return Translation(back, (*draft.losses, *unsaid))


def _built(draft: Draft) -> BreakerConfig:
    known = {word: value for word, value in draft.words.items() if word in draft.target.known_words}
    while True:
        try:
            return BreakerConfig.of(draft.target, known, draft.options)
        except InvalidSettingError as error:
            word = next((s.word for s in draft.target.settings if s.name == error.field), error.field)
            if word not in known:
                raise
            draft.lose(str(word), f"{word} = {known.pop(word)}: {error.field} {error.rule}; its default")


def _error_gate(draft: Draft) -> None:
    """Say the absolute gate by a minimum of calls, which nearly every library has."""
    gate, word = draft.config.minimum_number_of_errors, "minimum_number_of_errors"
    if gate <= 1 or word in draft.told or word in draft.target.known_words:
        return
    if "minimum_number_of_calls" not in draft.target.known_words:
        draft.lose(word, f"{word} = {gate}: {draft.target.name} has no minimum at all")
        return
    share = draft.words.get("failure_rate_threshold", 100.0) / 100
    calls = max(draft.config.minimum_calls, math.ceil(round(gate / share, 9)))
    size = draft.words.get("sliding_window_size")
    if draft.words["sliding_window_type"] is WindowType.COUNT and size is not None:
        calls = min(calls, int(size))
    draft.words["minimum_number_of_calls"] = calls
    draft.told.add("minimum_number_of_calls")
    draft.lose(
        word,
        f"{word} = {gate}: {draft.target.name} has no minimum of errors. {calls} calls at least come"
        f" nearest ({gate} errors at {share * 100:g} %): fewer calls with {gate} errors among them no"
        " longer open it" + _unreachable(draft, calls),
    )


def _unreachable(draft: Draft, calls: int) -> str:
    size = draft.words.get("sliding_window_size")
    if not draft.rate or size is None or draft.words["sliding_window_type"] is not WindowType.TIME:
        return ""
    seen = draft.rate * size
    if seen >= calls:
        return ""
    return f". At {draft.rate:g} calls/s its window holds only {seen:.0f}: IT WOULD NEVER OPEN"


def _reachable(draft: Draft, config: BreakerConfig) -> BreakerConfig:
    """Lower a rate of all calls where the library opens above its threshold only, which none reaches."""
    word = "failure_rate_threshold"
    asks_all = draft.words.get(word) == _ALL and word in draft.target.known_words
    if not asks_all or not config.policies.trip.failure_above:
        return config
    draft.words[word] = _NEARLY_ALL
    draft.lose(word, f"{draft.target.name} opens above its threshold only: 100 % becomes {_NEARLY_ALL:g} %")
    return replace(config, failure_rate_threshold=_NEARLY_ALL)


def _fixed(draft: Draft) -> None:
    """Take what the library fixes as it is."""
    for word, value in draft.target.fixed:
        meant = draft.words.get(word, value)
        if meant != value and word not in draft.told:
            shown = losses.shown(word, meant)
            draft.lose(word, f"{word} = {shown}: always {losses.shown(word, value)} in {draft.target.name}")
        draft.words[word] = value


def _fit(draft: Draft) -> None:
    """Move values to the nearest that the library takes."""
    for setting in draft.target.settings:
        word = setting.word
        if word is None or word not in draft.words:
            continue
        value = fitted(setting, draft.words[word])
        if value != draft.words[word]:
            was, window = draft.words[word], draft.words["sliding_window_type"]
            why = losses.rule(setting, setting.to_native(was), seconds=losses.in_seconds(word, window))
            before, after = (losses.shown(word, each, window) for each in (was, value))
            draft.lose(word, f"{word} = {before} becomes {after}: {setting.name} {why}")
            draft.words[word] = value
