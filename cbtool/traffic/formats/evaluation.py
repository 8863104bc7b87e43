"""Expressions over fields, worked out over the few different words where they speak of nothing else."""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from cbtool.traffic.formats.fields import Words, gathered, word_of
from cbtool.traffic.scanning import texts
from cbtool.traffic.scanning.lines import Spans

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from cbtool.traffic.formats.fields import Field

_MOST = 4096
"""Combinations of words above which only those that there are are looked at."""

_FAR_TOO_MANY = 1 << 31


def evaluated(
    parts: Mapping[str, Spans], fields: Mapping[str, Field], expressions: Mapping[str, pl.Expr], length: int
) -> dict[str, pl.Series]:
    """Return a column for each expression; only fields that these speak of are read.

    Args:
        parts: of n lines.
        fields: how a field is made of a part; one that is not here is the part of its name, a word.
        expressions: by column.
        length: n.
    """
    read = _Fields(parts, fields, length)
    made: dict[str, pl.Series] = {}
    # Columns of the same words are worked out together, and those that are a field as it is, not at all.
    groups: dict[tuple[str, ...], dict[str, pl.Expr]] = {}
    for name, expression in expressions.items():
        roots = _roots(expression)
        few = bool(roots) and read.combinations(roots) < _FAR_TOO_MANY
        if expression.meta.is_column():
            made[name] = read.series(roots[0])
        else:
            groups.setdefault(roots if few else (), {})[name] = expression
    for roots, own in groups.items():
        made |= _over_words(read, roots, own) if roots else _over_lines(read, own)
    return made


def _roots(expression: pl.Expr) -> tuple[str, ...]:
    return tuple(sorted(set(expression.meta.root_names())))


class _Fields:
    """The fields of a block, each made when it is first asked for."""

    def __init__(self, parts: Mapping[str, Spans], fields: Mapping[str, Field], length: int) -> None:
        self.length = length
        self._parts = dict(parts)
        self._fields = fields
        self._shared = {of for of, count in Counter(each.of for each in fields.values()).items() if count > 1}
        self._made: dict[str, pl.Series | Words] = {}

    def column(self, name: str) -> pl.Series | Words:
        if name not in self._made:
            self._made[name] = self._read(name)
        return self._made[name]

    def series(self, name: str) -> pl.Series:
        column = self.column(name)
        return column.series() if isinstance(column, Words) else column

    def combinations(self, names: tuple[str, ...]) -> int:
        """How many ways there are to combine the words of these fields; many if one is no word."""
        number = 1
        for name in names:
            column = self.column(name)
            number *= len(column.values) if isinstance(column, Words) else _FAR_TOO_MANY
        return number

    def _read(self, name: str) -> pl.Series | Words:
        field = self._fields.get(name)
        of = name if field is None else field.of
        spans = self._parts.get(of)
        if spans is None:  # the file has no such column
            spans = Spans.nowhere(self.length)
        if of in self._shared:
            spans = self._parts[of] = texts.plain(spans)
        return word_of(spans) if field is None else field.read(spans)


def _over_lines(read: _Fields, expressions: Mapping[str, pl.Expr]) -> dict[str, pl.Series]:
    roots = {root for expression in expressions.values() for root in _roots(expression)}
    # Expressions that speak of no field would give one row alone.
    frame = pl.DataFrame({name: read.series(name) for name in roots} | {"": np.zeros(read.length, np.uint8)})
    made = frame.select("", **expressions)
    return {name: made[name] for name in expressions}


def _over_words(
    read: _Fields, roots: tuple[str, ...], expressions: Mapping[str, pl.Expr]
) -> dict[str, pl.Series]:
    """Work expressions out for each combination of words, and give each line what its own one has."""
    words = [column for column in map(read.column, roots) if isinstance(column, Words)]
    sizes = [len(each.values) for each in words]
    codes: NDArray[np.uint32] = words[0].codes
    for each, size in zip(words[1:], sizes[1:], strict=True):
        codes = codes * np.uint32(size) + each.codes
    if math.prod(sizes) <= _MOST:
        table = _of_all(roots, words, expressions)
    else:
        combined, which = np.unique(codes, return_inverse=True)
        codes = which.astype(np.uint32)
        table = _of(roots, words, np.unravel_index(combined, sizes), expressions)
    return {name: gathered(table[name], codes) for name in expressions}


_REMEMBERED = 256
_tables: dict[tuple[Any, ...], tuple[Any, pl.DataFrame]] = {}
"""By what they were worked out of, which is held here: none of these can become another with its identity."""


def _of_all(
    roots: tuple[str, ...], words: Sequence[Words], expressions: Mapping[str, pl.Expr]
) -> pl.DataFrame:
    """Work expressions out for all combinations; most blocks have the words of the one before."""
    held = (*(each.values for each in words), *expressions.values())
    key = (roots, tuple(expressions), *map(id, held))
    known = _tables.get(key)
    if known is not None:
        return known[1]
    sizes = [len(each.values) for each in words]
    table = _of(roots, words, np.unravel_index(np.arange(math.prod(sizes)), sizes), expressions)
    if all(each.usual for each in words):
        if len(_tables) >= _REMEMBERED:
            _tables.clear()
        _tables[key] = (held, table)
    return table


def _of(
    roots: tuple[str, ...],
    words: Sequence[Words],
    places: Sequence[NDArray[np.intp]],
    expressions: Mapping[str, pl.Expr],
) -> pl.DataFrame:
    columns = zip(roots, words, places, strict=True)
    table = pl.DataFrame({root: each.values.gather(place) for root, each, place in columns})
    return table.select(pl.lit(0).alias(""), **expressions)
