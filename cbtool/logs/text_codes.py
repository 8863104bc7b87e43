"""Texts of calls as whole numbers, which is what is kept of them where calls do not fit in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from cbtool.traffic.formats.assembly import NOBODY
from cbtool.traffic.grouping import By, endpoints

if TYPE_CHECKING:
    from collections.abc import Collection

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
        numbers = np.array([self._number(text) for text in different], np.int32)
        return texts.replace_strict(different, pl.Series(numbers), return_dtype=pl.Int32).to_numpy()

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


def codes_of(texts: Collection[str]) -> dict[str, TextCodes]:
    """Return what keeps texts, by name."""
    return {name: TextCodes(name) for name in KEPT if name in texts}
