"""Texts of calls as whole numbers, which is what is kept of them where calls do not fit in memory."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from cbtool.traffic.formats.assembly import NOBODY
from cbtool.traffic.grouping import By, endpoints

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from numpy.typing import NDArray

MOST = 1_000_000
"""Different texts that are told apart; all are in memory."""

KEPT = (*(by.value for by in By), "method")
"""Texts that are kept; of paths, the endpoints."""


class TextCodes:
    """The different texts that calls have under one name, numbered as they appear.

    Args:
        name: one of `KEPT`.

    Attributes:
        texts: by number.
        known: whether any call says it.
        full: whether there were more than `MOST`; those that came later have no number.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.texts: list[str] = []
        self.known = False
        self.full = False
        self._numbers: dict[str, int] = {}

    def of(self, frame: pl.DataFrame) -> NDArray[np.int32]:
        """Return the numbers of a block's texts; −1 where a call has none."""
        if self.name not in frame.columns:
            texts = pl.Series([None], dtype=pl.String).new_from_index(0, len(frame))
        else:
            texts = frame[self.name].cast(pl.String)
            self.known = self.known or self.name != By.INSTANCE or texts.null_count() < len(texts)
        if self.name == By.INSTANCE:
            texts = texts.fill_null(NOBODY)
        elif self.name == By.PATH:
            texts = endpoints(texts)
        different = texts.unique()
        numbers = self.numbers_of(different)
        return texts.replace_strict(different, pl.Series(numbers), return_dtype=pl.Int32).to_numpy()

    def numbers_of(self, texts: Iterable[str | None]) -> NDArray[np.int32]:
        """Return the numbers of some texts as they are; −1 where there is none, or no room."""
        return np.array([self._number(text) for text in texts], np.int32)

    def _number(self, text: str | None) -> int:
        if text is None:
            return -1
        number = self._numbers.get(text)
        if number is None:
            if len(self.texts) >= MOST:
                self.full = True
                return -1
            number = self._numbers[text] = len(self.texts)
            self.texts.append(text)
        return number


class Decoded:
    """Numbers as the texts that they stand for.

    Args:
        code: of which no number comes any more.
    """

    def __init__(self, code: TextCodes) -> None:
        self._code = code

    def columns(self, numbers: NDArray[np.int32]) -> dict[str, Any]:
        """Return the texts of numbers as `Calls` has them."""
        if self._code.name != By.INSTANCE:
            # Those that calls lack stand last.
            where = np.where(numbers < 0, len(self._code.texts), numbers)
            return {self._code.name: self._series.gather(pl.Series(where))}
        if self._code.full:  # some have no number
            return {}
        return {"instance": self._ranks[numbers], "instances": self._sorted}

    @cached_property
    def _series(self) -> pl.Series:
        return pl.Series([*self._code.texts, None], dtype=pl.String)

    @cached_property
    def _sorted(self) -> tuple[str, ...]:
        return tuple(sorted(self._code.texts))

    @cached_property
    def _ranks(self) -> NDArray[np.int32]:
        place = {text: rank for rank, text in enumerate(self._sorted)}
        return np.array([place[text] for text in self._code.texts], np.int32)


def codes_of(texts: Collection[str]) -> dict[str, TextCodes]:
    """Return what keeps texts, by name."""
    return {name: TextCodes(name) for name in KEPT if name in texts}
