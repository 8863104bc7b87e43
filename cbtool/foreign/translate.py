"""A profile in another library's terms: the nearest settings that it has, and what is lost.

What a library can say is found by asking its dialect: settings go out in native form and come back, and one
that doesn't come back as it went is a loss. The nearest settings follow from one thought: the translated
breaker should open on the same outage, no later and no more easily than the profile's own gates allow.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from cbtool.breaker.config import BreakerConfig
from cbtool.breaker.dialects import dialect_named
from cbtool.breaker.parts import WhenOpenAction, WindowType
from cbtool.errors import ConfigurationError, InvalidSettingError
from cbtool.foreign import losses
from cbtool.foreign.fit import fitted
from cbtool.foreign.library_words import adapted
from cbtool.units import format_duration

if TYPE_CHECKING:
    from cbtool.breaker.dialect import Dialect

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
_ASSUMED_WINDOW = 10.0  # seconds, where neither the profile nor its load tells
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
    return _Translator(config, target, rate, around).run()


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


class _Translator:
    def __init__(self, config: BreakerConfig, target: Dialect, rate: float | None, lost: list[str]) -> None:
        self._config = config
        self._target = target
        self._rate = rate
        self._losses = lost
        self._told: set[str] = set()
        self._words: dict[str, Any] = {}
        self._options: dict[str, Any] = {}

    def run(self) -> Translation:
        asked = {word: getattr(self._config, word) for word in _WORDS}
        self._words = {word: value for word, value in asked.items() if value is not None}
        for name, value in self._config.options:
            self._lose(name, f"{name} = {value} is {self._config.dialect.name}'s own and has no counterpart")
        self._windows()
        self._error_gate()
        for line in adapted(self._target.name, self._words, self._options):
            self._lose(*line)
        self._fit()
        self._fixed()
        config = self._reachable(self._built())
        back = BreakerConfig(**self._target.from_native(self._target.to_native(config)), dialect=self._target)
        unsaid = losses.unsaid(self._config, asked, self._words, back, self._told)
        return Translation(back, (*self._losses, *unsaid))

    def _lose(self, word: str, sentence: str) -> None:
        self._told.add(word)
        self._losses.append(sentence)

    def _built(self) -> BreakerConfig:
        known = {word: value for word, value in self._words.items() if word in self._target.known_words}
        while True:
            try:
                return BreakerConfig.of(self._target, known, self._options)
            except InvalidSettingError as error:
                word = next((s.word for s in self._target.settings if s.name == error.field), error.field)
                if word not in known:
                    raise
                self._lose(str(word), f"{word} = {known.pop(word)}: {error.field} {error.rule}; its default")

    def _speaks(self, kind: WindowType) -> bool:
        """Return whether the target has a window of this kind: whether it comes back from native form."""
        fixed = dict(self._target.fixed)
        if fixed.get("sliding_window_type", kind) is not kind:
            return False
        size = 10.0 if kind is WindowType.TIME else 10
        words: dict[str, Any] = {"sliding_window_type": kind, "sliding_window_size": size} | fixed
        known = {w: v for w, v in words.items() if w in self._target.known_words}
        if kind is WindowType.CONSECUTIVE and "sliding_window_size" not in self._target.known_words:
            return False
        try:
            native = self._target.to_native(BreakerConfig.of(self._target, known))
            back = self._target.from_native(native)
        except (InvalidSettingError, ValueError, TypeError, KeyError):
            return False
        return back.get("sliding_window_type", WindowType.COUNT) is kind

    def _rates(self) -> bool:
        """Return whether the target trips on a failure rate."""
        return "failure_rate_threshold" in self._target.known_words

    def _windows(self) -> None:
        kind, target = self._config.sliding_window_type, self._target.name
        if self._speaks(kind) and (kind is WindowType.CONSECUTIVE or self._rates()):
            self._count_or_rate(kind)
            return
        if kind is WindowType.CONSECUTIVE:
            self._run_as_rate()
        elif self._rates() and (self._speaks(WindowType.TIME) or self._speaks(WindowType.COUNT)):
            self._other_window(WindowType.TIME if kind is WindowType.COUNT else WindowType.COUNT)
        elif self._speaks(WindowType.CONSECUTIVE):
            least = self._least_errors()
            self._words |= {"sliding_window_type": WindowType.CONSECUTIVE, "sliding_window_size": least}
            self._lose(
                "sliding_window_type",
                f"{target} counts failures in a row only: {least} of them, the fewest with which the profile"
                " may open. Failures with successes between them, however many, never open it",
            )
            self._told |= {
                "sliding_window_size",
                "failure_rate_threshold",
                "minimum_number_of_calls",
                "minimum_number_of_errors",
            }
        else:
            self._count_of_errors()

    def _count_or_rate(self, kind: WindowType) -> None:
        """Keep one of an error count and a rate, where a library trips on either and not on both."""
        if kind is WindowType.TIME and self._config.error_count_threshold is None:
            self._words.pop("error_count_threshold", None)
            if "error_count_threshold" in self._target.defaults:  # which a rate takes the place of
                self._words["error_count_threshold"] = None
        if kind is WindowType.CONSECUTIVE:
            self._told |= {"failure_rate_threshold", "minimum_number_of_calls"}
            for word in ("failure_rate_threshold", "minimum_number_of_calls", "slow_call_rate_threshold"):
                self._words.pop(word, None)

    def _least_errors(self) -> int:
        """Return the fewest failures with which the profile itself may open."""
        config = self._config
        if config.consecutive_failures is not None:
            return config.consecutive_failures
        if config.error_count_threshold is not None:
            return config.error_count_threshold
        by_rate = math.ceil(round(config.minimum_calls * config.failure_rate_threshold / 100, 9))
        return max(1, by_rate, config.minimum_number_of_errors)

    def _run_as_rate(self) -> None:
        run = self._config.consecutive_failures or 1
        kind = WindowType.COUNT if self._speaks(WindowType.COUNT) else WindowType.TIME
        size: float = run if kind is WindowType.COUNT else self._time_for(run)
        if not self._rates():
            self._count_of_errors()
            return
        self._words |= {
            "sliding_window_type": kind,
            "sliding_window_size": size,
            "failure_rate_threshold": 100.0,
            "minimum_number_of_calls": run,
        }
        exact = kind is WindowType.COUNT
        lost = "" if exact else ". A success within the window before the run keeps it closed for longer"
        self._lose(
            "sliding_window_type",
            f"{run} failures in a row become 100 % failures of at least {run} calls in the window{lost}",
        )
        self._told |= {"sliding_window_size", "failure_rate_threshold", "minimum_number_of_calls"}

    def _other_window(self, kind: WindowType) -> None:
        size = self._config.window_size
        if kind is WindowType.TIME:
            seconds = self._time_for(int(size))
            known = f"at {self._rate:g} calls/s" if self._rate else "assumed: name the load with --rate"
            self._words |= {"sliding_window_type": kind, "sliding_window_size": seconds}
            text = f"the last {int(size)} calls become the last {format_duration(seconds)} ({known})"
        else:
            calls = max(self._config.minimum_calls, round(size * self._rate) if self._rate else 0)
            known = f"at {self._rate:g} calls/s" if self._rate else "the minimum: name the load with --rate"
            self._words |= {"sliding_window_type": kind, "sliding_window_size": calls}
            text = f"the last {format_duration(size)} become the last {calls} calls ({known})"
        self._lose("sliding_window_type", f"{text}; at another load that is another time")
        self._told.add("sliding_window_size")

    def _time_for(self, calls: int) -> float:
        if not self._rate:
            return _ASSUMED_WINDOW
        return max(1.0, float(math.ceil(calls / self._rate)))

    def _count_of_errors(self) -> None:
        """Where a library knows neither a run nor a rate: a number of failures."""
        config, least = self._config, self._least_errors()
        why = "the fewest with which the profile may open"
        if self._rate and config.sliding_window_type is WindowType.TIME and not config.error_count_threshold:
            usual = math.ceil(self._rate * config.window_size * config.failure_rate_threshold / 100)
            if usual > least:
                least, why = usual, f"the profile's rate at {self._rate:g} calls/s"
        timed = config.sliding_window_type is WindowType.TIME
        size = config.window_size if timed else self._time_for(int(config.window_size))
        self._words |= {
            "error_count_threshold": least,
            "sliding_window_type": WindowType.TIME,
            "sliding_window_size": size,
        }
        if config.error_count_threshold != least:
            self._lose(
                "failure_rate_threshold",
                f"{self._target.name} counts failures and knows no rate: {least} of them, {why}. At more"
                " load than that it opens at a lower rate",
            )
        self._told |= {"minimum_number_of_calls", "minimum_number_of_errors", "sliding_window_type"}

    def _error_gate(self) -> None:
        """Say the absolute gate by a minimum of calls, which nearly every library has."""
        gate, word = self._config.minimum_number_of_errors, "minimum_number_of_errors"
        if gate <= 1 or word in self._told or word in self._target.known_words:
            return
        if "minimum_number_of_calls" not in self._target.known_words:
            self._lose(word, f"{word} = {gate}: {self._target.name} has no minimum at all")
            return
        share = self._words.get("failure_rate_threshold", 100.0) / 100
        calls = max(self._config.minimum_calls, math.ceil(round(gate / share, 9)))
        size = self._words.get("sliding_window_size")
        if self._words["sliding_window_type"] is WindowType.COUNT and size is not None:
            calls = min(calls, int(size))
        self._words["minimum_number_of_calls"] = calls
        self._told.add("minimum_number_of_calls")
        self._lose(
            word,
            f"{word} = {gate}: {self._target.name} has no minimum of errors. {calls} calls at least come"
            f" nearest ({gate} errors at {share * 100:g} %): fewer calls with {gate} errors among them no"
            " longer open it" + self._unreachable(calls),
        )

    def _unreachable(self, calls: int) -> str:
        size = self._words.get("sliding_window_size")
        if not self._rate or size is None or self._words["sliding_window_type"] is not WindowType.TIME:
            return ""
        seen = self._rate * size
        if seen >= calls:
            return ""
        return f". At {self._rate:g} calls/s its window holds only {seen:.0f}: IT WOULD NEVER OPEN"

    def _reachable(self, config: BreakerConfig) -> BreakerConfig:
        """Lower a rate of all calls where the library opens above its threshold only, which none reaches."""
        word = "failure_rate_threshold"
        asks_all = self._words.get(word) == _ALL and word in self._target.known_words
        if not asks_all or not config.policies.trip.failure_above:
            return config
        self._words[word] = _NEARLY_ALL
        self._lose(
            word, f"{self._target.name} opens above its threshold only: 100 % becomes {_NEARLY_ALL:g} %"
        )
        return replace(config, failure_rate_threshold=_NEARLY_ALL)

    def _fixed(self) -> None:
        """Take what the library fixes as it is."""
        for word, value in self._target.fixed:
            meant = self._words.get(word, value)
            if meant != value and word not in self._told:
                shown = losses.shown(word, meant)
                self._lose(
                    word, f"{word} = {shown}: always {losses.shown(word, value)} in {self._target.name}"
                )
            self._words[word] = value

    def _fit(self) -> None:
        """Move values to the nearest that the library takes."""
        for setting in self._target.settings:
            word = setting.word
            if word is None or word not in self._words:
                continue
            value = fitted(setting, self._words[word])
            if value != self._words[word]:
                was = self._words[word]
                change = f"{word} = {losses.shown(word, was)} becomes {losses.shown(word, value)}"
                self._lose(word, f"{change}: {setting.name} {losses.rule(setting)}")
                self._words[word] = value
