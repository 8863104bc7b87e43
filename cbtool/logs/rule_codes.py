"""Which of a guard's rules turns calls away, as whole numbers that are kept of calls on disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from cbtool.logs.text_codes import TextCodes
from cbtool.traffic.guarding import rules_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from cbtool.breaker.refusal import Guard
    from cbtool.logs.stored import StoredCalls

RULE = "rule"
"""What the numbers are called beside those of texts."""


class RuleCodes(TextCodes):
    """The rules, numbered in the order in which they are asked; −1 stands for calls that are let through.

    Attributes:
        methods: whether any call says its method.
        paths: whether any says its path.
    """

    def __init__(self, guard: Guard) -> None:
        super().__init__(RULE)
        self.texts = [rule.name for rule in guard.rules]
        self.known = True
        self.methods = False
        self.paths = False
        self._guard = guard

    def of(self, frame: pl.DataFrame) -> NDArray[np.int32]:
        """Return the numbers of a block's calls."""
        method, path = (frame[name] if name in frame.columns else None for name in ("method", "path"))
        self.methods = self.methods or _said(method)
        self.paths = self.paths or _said(path)
        rules = rules_of(self._guard, method, path, len(frame))
        numbers = pl.Series(range(len(self.texts)), dtype=pl.Int32)
        told = rules.replace_strict(self.texts, numbers, default=-1, return_dtype=pl.Int32)
        return told.fill_null(-1).to_numpy()


def let_through(calls: StoredCalls) -> StoredCalls:
    """Return the calls that no rule turns away, at their own times.

    Raises:
        UnreachableError: there is no room on the disk.
    """
    chosen = calls.like(calls.epoch)
    for part, numbers in calls.numbered():
        keep = numbers[RULE] < 0
        chosen.append(part.take(keep), {name: own[keep] for name, own in numbers.items()})
    return chosen


def _said(texts: pl.Series | None) -> bool:
    return texts is not None and texts.null_count() < len(texts)
