"""A dialect: what one library's breaker is, as data. A new library is a new value, not a new machine.

`policies` says what the library does with the user's settings: a choice of variants of the five policies
(`policies.py`). `settings` says what its users write, in the library's own names and units, and which of
our words each is; from that follow its defaults, its rules, and reading and writing its configuration.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Any

from cbtool.breaker.checks import require
from cbtool.breaker.native import Setting, from_native, to_native
from cbtool.breaker.parts import WindowType

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cbtool.breaker.config import BreakerConfig
    from cbtool.breaker.policies import Policies


class Evidence(StrEnum):
    """How we know that a dialect behaves as its library does."""

    OURS = "ours"
    """It is our own semantics: docs/semantics.md."""
    RECORDED = "recorded"
    """The library's own answers were recorded, and every one is reproduced."""
    FROM_SOURCE = "from source"
    """Its source was read; it was not run."""
    DOCUMENTED = "documented"
    """Only its documentation was read."""


def nothing_to_check(config: BreakerConfig) -> None:
    """Accept every configuration: the library rejects none beyond its settings' own rules."""


def as_set(config: BreakerConfig) -> float | None:
    """Return `slow_call_duration_threshold`: the library compares exact durations with it."""
    return config.slow_call_duration_threshold


def no_timeout(config: BreakerConfig) -> float | None:
    """Return None: the library lets every call take its time."""


@dataclass(frozen=True)
class Dialect:
    """One library's breaker.

    Attributes:
        name: what `dialect` in a profile says.
        title: the library and the version that was recorded or read.
        evidence: how we know.
        source: where its source or documentation is.
        policies: makes the machine's policies of a configuration.
        settings: the library's own settings.
        words: our words that mean something to it beside those of its settings.
        fixed: our words whose values the library fixes, and these.
        check: raises `InvalidSettingError` for a configuration that the library would reject.
        read: turns native values that are not one of our words each (a trip rule written as text, say)
            into our words and values of `settings`; gets and returns a mapping by native name or word.
        write: the reverse of `read`: gets the configuration, returns native values.
        call_timeout: returns the seconds after which the library itself gives a call up, which then is a
            failure; None where it does not.
        slow_above: returns the seconds that a slow call takes longer than, where the library's clock or
            counters round durations; None: no call is slow.
        example: native settings that stand in for the defaults that the library does not have.
        note: what a user should know of how it is modelled.
    """

    name: str
    title: str
    evidence: Evidence
    source: str
    policies: Callable[[BreakerConfig], Policies]
    settings: tuple[Setting, ...] = ()
    words: frozenset[str] = frozenset()
    fixed: tuple[tuple[str, Any], ...] = ()
    check: Callable[[BreakerConfig], None] = nothing_to_check
    read: Callable[[Mapping[str, Any]], dict[str, Any]] | None = None
    write: Callable[[BreakerConfig], dict[str, Any]] | None = None
    call_timeout: Callable[[BreakerConfig], float | None] = no_timeout
    slow_above: Callable[[BreakerConfig], float | None] = as_set
    example: tuple[tuple[str, Any], ...] = ()
    note: str = ""

    @cached_property
    def known_words(self) -> frozenset[str]:
        """Every one of our words that means something to the library."""
        return (
            self.words
            | set(dict(self.fixed))
            | {setting.word for setting in self.settings if setting.word is not None}
        )

    @cached_property
    def option_defaults(self) -> dict[str, Any]:
        """The library's own options that are none of our words, with their defaults."""
        return {setting.name: setting.default for setting in self.settings if setting.word is None}

    @cached_property
    def defaults(self) -> dict[str, Any]:
        """The library's defaults as keyword arguments of `BreakerConfig`, without the dialect."""
        return self.from_native(dict(self.example))

    @property
    def window_type(self) -> WindowType:
        """The window that its users get where they choose none."""
        window: WindowType = self.defaults.get("sliding_window_type", WindowType.COUNT)
        return window

    def chosen(self, words: Mapping[str, Any], options: Mapping[str, Any]) -> dict[str, Any]:
        """Return arguments of `BreakerConfig`: what is given, and the library's defaults for the rest.

        Args:
            words: fields of `BreakerConfig`.
            options: the library's own options that are none of our words, by native name.

        Raises:
            InvalidSettingError: the library rejects a value.
        """
        for setting in self.settings:
            if setting.word is not None and setting.word in words:
                setting.to_word(setting.to_native(words[setting.word]))
            if setting.name in options:
                setting.to_word(options[setting.name])
        own = tuple(
            (name, options[name])
            for name, default in self.option_defaults.items()
            if options.get(name, default) != default
        )
        return self.defaults | dict(words) | {"dialect": self, "options": own}

    def from_native(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return keyword arguments of `BreakerConfig`, without the dialect, for native settings.

        Args:
            values: by native name, in native units; what is absent is the library's default.

        Raises:
            InvalidSettingError: a name is unknown, or a value is one that the library rejects.
        """
        return from_native(self.settings, values, self.read, self.known_words) | dict(self.fixed)

    def validate(self, config: BreakerConfig) -> None:
        """Raise `InvalidSettingError` for a configuration that the library would reject or cannot have."""
        for word, value in self.fixed:
            chosen = getattr(config, word)
            require(chosen == value, word, f"is always {value} in {self.name}", chosen)
        self.check(config)

    def to_native(self, config: BreakerConfig) -> dict[str, Any]:
        """Return every native setting of a configuration of this dialect, in native units."""
        return to_native(self.settings, config, self.write)
