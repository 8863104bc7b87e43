"""A table while its blocks come: these are put together now and then, and what they took serves the next."""

from __future__ import annotations

import polars as pl

from cbtool.traffic.formats import PIECE


class Pieces:
    """A table that grows block by block, in pieces of about `PIECE` rows."""

    def __init__(self) -> None:
        self._whole: list[pl.DataFrame] = []
        self._blocks: list[pl.DataFrame] = []
        self._rows = 0

    def add(self, block: pl.DataFrame) -> None:
        """Add some rows."""
        self._blocks.append(block)
        self._rows += len(block)
        if self._rows >= PIECE:
            self._join()

    def taken(self) -> pl.DataFrame:
        """Return the table, of at least one block, and keep nothing of it."""
        if self._blocks:
            self._join()
        whole, self._whole = self._whole, []
        return pl.concat(whole)

    def _join(self) -> None:
        self._whole.append(pl.concat(self._blocks).rechunk())
        self._blocks, self._rows = [], 0
