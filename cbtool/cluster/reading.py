"""From files to calls on a cluster: they stay with the workers, sorted into parts, or come here if few."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import polars as pl

from cbtool.cluster.calls import ClusterCalls
from cbtool.cluster.parsing import (
    Wanted,
    extent_of,
    frame_of,
    head_of,
    kept_of,
    merged,
    parsed,
    picked,
    placed,
)
from cbtool.errors import ConfigurationError
from cbtool.logs.gathering import LogRead, read_of, sound
from cbtool.logs.intake import described, names_of
from cbtool.logs.ranges import file_of, ranges_of
from cbtool.logs.row_arrays import Facts, check_known
from cbtool.logs.text_codes import codes_of
from cbtool.scratch import cuts
from cbtool.traffic import parts as all_parts
from cbtool.traffic.formats import Rows, assemble
from cbtool.traffic.formats.placing import Elsewhere

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from cbtool.breaker.refusal import Guard
    from cbtool.cluster.connection import Connection
    from cbtool.cluster.parsing import Extent, Head
    from cbtool.logs.ranges import Range
    from cbtool.logs.reading import File
    from cbtool.logs.text_codes import TextCodes
    from cbtool.traffic.calls import Calls
    from cbtool.traffic.selection import Selection

_SURELY = 4  # times as many calls as are asked for here, by a file's size: their texts will not be


class _Item(NamedTuple):
    """A file or range.

    Attributes:
        source: the number of its file.
        what: the file or range itself.
        share: how much of all bytes it is.
    """

    source: int
    what: str | Range
    share: float


def read(
    connection: Connection,
    named: Sequence[str],
    wanted: Wanted,
    sources: Sequence[str],
    many: float,
    *,
    guard: Guard | None = None,
) -> LogRead[Calls | ClusterCalls]:
    """Read files; see `logs.read_long_calls`.

    Args:
        connection: to the cluster.
        named: the files.
        wanted: what of them.
        sources: what the user named, for messages.
        many: how many calls come here, with their texts; more stay with the workers.
        guard: whose rules are to be asked about each call, here; None: there is none.

    Raises:
        ConfigurationError: there are more, and a guard.
        CbtoolError: as `logs.read_long_calls`.
    """
    items = _items(named, wanted)
    begun = [
        connection.begin(parsed, wanted._replace(many=_SURELY * many * item.share), item.what)
        for item in items
    ]
    heads = connection.results([connection.begin(head_of, each) for each in begun])
    found = [file_of_items(mine) for mine in _by_source(items, heads, len(named))]
    files, with_calls = sound(found, sources)
    calls: Calls | ClusterCalls
    if all(head.whole for head in heads) and sum(head.facts.calls for head in heads) <= many:
        frames = connection.results([connection.begin(frame_of, each) for each in begun])
        calls = wanted.which.of(assemble(_rows(items, heads, frames)))
    else:
        if guard is not None:
            raise ConfigurationError(
                f"with --scheduler, [refusal] rules are asked about at most {many:,} calls, and here are"
                " more: leave --scheduler out, which needs no more memory"
            )
        calls = _Sorting(connection, items, heads, begun, wanted.which).calls()
    calls = calls.noting(tuple(note for file in files for note in file.notes))
    return read_of(calls, files, with_calls)


def _items(named: Sequence[str], wanted: Wanted) -> list[_Item]:
    sizes = [max(1, Path(name).stat().st_size) for name in named]
    total = sum(sizes)
    items = []
    for source, (name, size) in enumerate(zip(named, sizes, strict=True)):
        whole: list[str | Range] = [name]
        for what in ranges_of(name, wanted.chosen) or whole:
            length = size if isinstance(what, str) else what.behind - what.first
            items.append(_Item(source, what, length / total))
    return items


def _by_source(
    items: Sequence[_Item], heads: Sequence[Head], sources: int
) -> Iterator[list[tuple[_Item, Head]]]:
    both = list(zip(items, heads, strict=True))
    for source in range(sources):
        yield [each for each in both if each[0].source == source]


def file_of_items(items: Sequence[tuple[_Item, Head]]) -> File | None:
    """Return what became of a file, from what became of it or its ranges.

    Raises:
        WrongFormatError: most lines did not parse.
    """
    if isinstance(items[0][0].what, str):
        return items[0][1].file
    ranges: Any = [item.what for item, _ in items]
    read_: Any = [head.part for _, head in items]
    return file_of(ranges, read_)._replace(calls=sum(head.facts.calls for _, head in items))


def _rows(items: Sequence[_Item], heads: Sequence[Head], frames: Sequence[pl.DataFrame]) -> list[Rows]:
    """Return each file's rows."""
    found: dict[int, list[pl.DataFrame]] = {}
    formats = {}
    for item, head, frame in zip(items, heads, frames, strict=True):
        if head.facts.calls:
            found.setdefault(item.source, []).append(frame)
            formats[item.source] = head.log_format
    return [Rows(formats[source], pl.concat(mine)) for source, mine in found.items()]  # type: ignore[arg-type]


class _Sorting(NamedTuple):
    """Files that are parsed, and are to be put in the order of their calls' starts."""

    connection: Connection
    items: Sequence[_Item]
    heads: Sequence[Head]
    begun: Sequence[Any]
    which: Selection

    def calls(self) -> ClusterCalls:
        """Return the calls that are wanted.

        Raises:
            CbtoolError: the calls do not say what is asked for, or none is, or too many start at once.
        """
        facts = Facts()
        for head in self.heads:
            facts = facts.and_of(head.facts)
        check_known(self.which, facts)
        codes, numbers = shared_codes(self.heads)
        rows = self._placed(numbers)
        extents = self.connection.results([self.connection.begin(extent_of, each) for each in rows])
        first = min(extent.first for extent in extents)
        parts = self._parts(rows, extents, first)
        kept = self.connection.results([self.connection.begin(kept_of, part) for part in parts])
        there = [(part, each) for part, each in zip(parts, kept, strict=True) if each.calls]
        if not there:
            raise self.which.nothing(facts.calls)
        start, last = there[0][1].first, there[-1][1].last
        length = sum(each.calls for _, each in there)
        formats = [
            head.log_format
            for mine in _by_source(self.items, self.heads, 1 + self.items[-1].source)
            for _, head in mine[:1]
            if head.log_format is not None and any(each.facts.calls for _, each in mine)
        ]
        return ClusterCalls(
            self.connection,
            [part for part, _ in there],
            length,
            origin=start,
            epoch=first / 1e9 + (start - first) / 1e9,
            span=(last - start) / 1e9,
            knows_durations=any(each.knows_durations for _, each in there),
            notes=described(formats, facts, self.which, length),
            log_format=names_of(formats),
            codes=codes,
        )

    def _placed(self, numbers: Sequence[Mapping[str, NDArray[np.int32]]]) -> list[Any]:
        """Return what names each item's calls, in order of their starts; items without calls are left out."""
        elsewhere: list[Elsewhere | None] = []
        for mine in _by_source(self.items, self.heads, 1 + self.items[-1].source):
            elsewhere += _elsewhere([head for _, head in mine])
        rows, position = [], 0
        for begun, head, others, own in zip(self.begun, self.heads, elsewhere, numbers, strict=True):
            if head.facts.calls:
                rows.append(self.connection.begin(placed, begun, position, others, own))
            position += head.facts.calls
        return rows

    def _parts(self, rows: Sequence[Any], extents: Sequence[Extent], first: int) -> list[Any]:
        """Return what names each part's calls."""
        last = max(extent.last for extent in extents)
        inner = [key for key in cuts([each.samples for each in extents], all_parts.PART) if key > first]
        firsts, lasts = (np.array([getattr(each, name) for each in extents]) for name in ("first", "last"))
        parts = []
        for low, high in pairwise([first, *inner, last + 1]):
            pieces = [
                self.connection.begin(picked, rows[number], low, high)
                for number in np.flatnonzero((firsts < high) & (lasts >= low)).tolist()
            ]
            parts.append(self.connection.begin(merged, self.which, first, *pieces))
        return parts


def shared_codes(
    heads: Sequence[Head],
) -> tuple[dict[str, TextCodes], list[dict[str, NDArray[np.int32]]]]:
    """Return what numbers the texts of all files and ranges, and what each one's own numbers are there."""
    codes = codes_of({name for head in heads for name in head.named})
    numbers = []
    for head in heads:
        numbers.append({name: codes[name].numbers_of(named.texts) for name, named in head.named.items()})
        for name, named in head.named.items():
            codes[name].known = codes[name].known or named.known
            codes[name].full = codes[name].full or named.full
    return codes, numbers


def _elsewhere(heads: Sequence[Head]) -> list[Elsewhere | None]:
    """Return for each range of a file the times that others have, too."""
    if len(heads) == 1:
        return [None]
    times = np.concatenate([head.times for head in heads])
    counts = np.concatenate([head.counts for head in heads])
    item = np.repeat(np.arange(len(heads)), [len(head.times) for head in heads])
    order = np.argsort(times, kind="stable")  # within a time, in the order of the ranges
    times, counts, item = times[order], counts[order], item[order]
    _, of, sizes = np.unique(times, return_inverse=True, return_counts=True)
    before = np.cumsum(counts) - counts
    firsts = np.cumsum(sizes) - sizes
    all_of = np.bincount(of, counts).astype(np.int64)
    before -= before[firsts][of] if len(of) else 0
    found: list[Elsewhere | None] = []
    for number in range(len(heads)):
        mine = (item == number) & (sizes[of] > 1)
        found.append(Elsewhere(times[mine], before[mine], all_of[of[mine]]))
    return found
