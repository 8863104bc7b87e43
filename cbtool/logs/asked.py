"""What calls asked for, a method and a path each, on disk in the order in which they were read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from cbtool.scratch import Scratch

if TYPE_CHECKING:
    from numpy.typing import NDArray

_BETWEEN = "\0"
_APART = 4096  # calls; what lies farther apart is read by itself


class Asked:
    """See above. Of a call that does not say it, a GET of `/`."""

    def __init__(self) -> None:
        self._text = Scratch(np.uint8)
        self._ends = Scratch(np.int64)

    def add(self, frame: pl.DataFrame) -> None:
        """Add a block of rows.

        Raises:
            UnreachableError: there is no room on the disk.
        """
        texts = _column(frame, "method", "GET") + _BETWEEN + _column(frame, "path", "/")
        ends = len(self._text) + np.cumsum(texts.str.len_bytes().to_numpy().astype(np.int64))
        self._text.append(np.frombuffer(str(texts.str.join("").item()).encode(), np.uint8))
        self._ends.append(ends)

    def of(self, positions: NDArray[np.int64]) -> list[tuple[str, str]]:
        """Return the method and the path of calls by where they stood, in the order of `positions`."""
        found: list[tuple[str, str]] = [("", "")] * len(positions)
        order = np.argsort(positions, kind="stable")
        cuts = np.flatnonzero(np.diff(positions[order]) > _APART) + 1
        for run in np.split(order, cuts):
            if not len(run):
                continue
            first, last = int(positions[run[0]]), int(positions[run[-1]])
            ends = self._ends.read(max(0, first - 1), last + 1)
            ends = ends if first else np.concatenate(([0], ends))
            text = self._text.read(int(ends[0]), int(ends[-1])).tobytes()
            edges = (ends - ends[0]).tolist()
            for number, place in zip(run.tolist(), (positions[run] - first).tolist(), strict=True):
                method, _, path = text[edges[place] : edges[place + 1]].decode().partition(_BETWEEN)
                found[number] = (method, path)
        return found

    def close(self) -> None:
        """Give the disk's room back."""
        self._text.close()
        self._ends.close()


def _column(frame: pl.DataFrame, name: str, usual: str) -> Any:
    if name not in frame.columns:
        return pl.Series([usual], dtype=pl.String).new_from_index(0, len(frame))
    return frame[name].cast(pl.String).fill_null(usual)
