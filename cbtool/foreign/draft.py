"""A translation under way: what the other library is to be told, and what it cannot be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cbtool.breaker.config import BreakerConfig
    from cbtool.breaker.dialect import Dialect


class Draft:
    """A profile on its way into another library's terms.

    Args:
        config: the profile's.
        target: the library's dialect.
        rate: calls a second that one breaker sees; None: unknown.
        losses: a sentence for each thing that is known to be lost already.

    Attributes:
        words: settings by our words, so far; of the profile's to begin with.
        options: the library's own settings.
        told: the words of which a loss tells.
    """

    def __init__(self, config: BreakerConfig, target: Dialect, rate: float | None, losses: list[str]) -> None:
        self.config = config
        self.target = target
        self.rate = rate
        self.losses = losses
        self.told: set[str] = set()
        self.words: dict[str, Any] = {}
        self.options: dict[str, Any] = {}

    def lose(self, word: str, sentence: str | None) -> None:
        """Note what the library cannot say of a word; None: it says all, otherwise."""
        self.told.add(word)
        if sentence is not None:
            self.losses.append(sentence)
