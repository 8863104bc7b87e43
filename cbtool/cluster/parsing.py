"""What a worker makes of a file, or of a range of its lines, and of calls in general. Runs on the workers.

Everything here returns something new: a worker may be asked again for what it did.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import polars as pl

from cbtool.logs.files import read_one
from cbtool.logs.ranges import Range, RangeRead, read_range
from cbtool.logs.row_arrays import ROW, Facts, columns_of, row_of, rows_of
from cbtool.logs.text_codes import codes_of
from cbtool.scratch import check_together, in_order, samples_of
from cbtool.traffic.formats import LogFormat, starts_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from numpy.typing import NDArray

    from cbtool.logs.reading import File
    from cbtool.traffic.calls import Calls
    from cbtool.traffic.formats.placing import Elsewhere
    from cbtool.traffic.selection import Selection


class Wanted(NamedTuple):
    """What is wanted of files.

    Attributes:
        chosen: what they may be; none: any format.
        texts: those of `TEXTS` that are to be kept; of many calls by number, of paths the endpoints.
        which: the calls that are wanted.
        many: calls of a file, or range, whose texts are kept; of more, nobody will ask for them.
    """

    chosen: Sequence[LogFormat]
    texts: Collection[str]
    which: Selection
    many: float


class Head(NamedTuple):
    """What the client gets to know of a file or range.

    Attributes:
        file: of a file: what became of it, without rows; None: there is nothing in it.
        part: of a range, the same.
        log_format: its format; None: there is nothing in it.
        facts: what is known of its rows.
        whole: whether its texts were kept.
        times: int64, all times that its lines have, where lines of equal times are spread.
        counts: int64, how many lines have each.
        named: what its rows' numbers stand for, by name.
    """

    file: File | None
    part: RangeRead | None
    log_format: LogFormat | None
    facts: Facts
    whole: bool
    times: NDArray[np.int64]
    counts: NDArray[np.int64]
    named: dict[str, Named]


class Named(NamedTuple):
    """The different texts of a file's or range's calls under one name, by number; see `TextCodes`."""

    texts: list[str]
    known: bool
    full: bool


class Parsed(NamedTuple):
    """A file or range.

    Attributes:
        head: what is known of it.
        rows: its calls in their lines' order, their keys the lines' times.
        frame: the same as a table, with texts; empty where these were not kept.
    """

    head: Head
    rows: NDArray[np.void]
    frame: pl.DataFrame


class Extent(NamedTuple):
    """Of rows in the order of their starts: the first, the last, and samples of all; Unix nanoseconds."""

    first: int
    last: int
    samples: NDArray[np.int64]


class Kept(NamedTuple):
    """Of a part: how many calls are wanted, the first and the last start, and whether durations are known."""

    calls: int
    first: int
    last: int
    knows_durations: bool


def parsed(wanted: Wanted, item: str | Range) -> Parsed:
    """Parse a file, or a range of one's lines.

    Raises:
        CbtoolError: it cannot be read, or is no such log.
    """
    texts = {*wanted.texts, *wanted.which.texts}
    taken = _Taken(wanted)
    file, part = None, None
    if isinstance(item, Range):
        log_format: LogFormat | None = item.log_format
        part = read_range(item, texts)
        taken.take(item.log_format, part.part.frame)
        part = part._replace(part=part.part._replace(frame=part.part.frame.clear()))
    else:
        file = read_one(wanted.chosen, item, taken.take, texts)
        log_format = None if file is None else file.rows.log_format
    rows = np.concatenate([np.empty(0, row_of(taken.codes)), *taken.rows])
    spread = log_format is not None and log_format.resolution_ns > 1 and part is not None
    times, counts = np.unique(rows["key"] if spread else rows["key"][:0], return_counts=True)
    frame = pl.concat(taken.frames) if taken.frames else pl.DataFrame()
    named = {name: Named(code.texts, code.known, code.full) for name, code in taken.codes.items()}
    return Parsed(Head(file, part, log_format, taken.facts, taken.whole, times, counts, named), rows, frame)


class _Taken:
    """Blocks of a file: as rows, and as they are until there are too many."""

    def __init__(self, wanted: Wanted) -> None:
        self.rows: list[NDArray[np.void]] = []
        self.frames: list[pl.DataFrame] = []
        self.facts = Facts()
        self.whole = True
        self.codes = codes_of(wanted.texts)
        self._wanted = wanted

    def take(self, _: LogFormat, frame: pl.DataFrame) -> None:
        """Take a block."""
        rows, facts = rows_of(frame, self._wanted.which, self.facts.calls, self.codes)
        self.rows.append(rows)
        self.facts = self.facts.and_of(facts)
        self.whole = self.facts.calls <= self._wanted.many
        self.frames = [*self.frames, frame] if self.whole else []


def head_of(made: Parsed) -> Head:
    """Return what the client gets to know."""
    return made.head


def frame_of(made: Parsed) -> pl.DataFrame:
    """Return the table."""
    return made.frame


def placed(
    made: Parsed, position: int, elsewhere: Elsewhere | None, numbers: Mapping[str, NDArray[np.int32]]
) -> NDArray[np.void]:
    """Return a file's or range's calls in the order of their starts.

    Args:
        made: the file or range.
        position: where its first call stands among all.
        elsewhere: what other ranges of the file have.
        numbers: what its texts' numbers are among all, by name.
    """
    rows = made.rows.copy()
    for name, of_all in numbers.items():
        rows[name] = np.append(of_all, np.int32(-1))[rows[name]]
    rows["position"] += position
    if made.head.log_format is not None:
        rows["key"] = starts_of(made.head.log_format, rows["key"], rows["duration"], elsewhere)
    return in_order(rows)


def extent_of(rows: NDArray[np.void]) -> Extent:
    """Return where rows lie, at least one."""
    keys = np.ascontiguousarray(rows["key"])
    return Extent(int(keys[0]), int(keys[-1]), samples_of(keys))


def picked(rows: NDArray[np.void], low: int, high: int) -> NDArray[np.void]:
    """Return the rows that start from `low` on and before `high`."""
    first, behind = np.searchsorted(np.ascontiguousarray(rows["key"]), (low, high), side="left")
    return rows[first:behind].copy()


def merged(which: Selection, first: int, *pieces: NDArray[np.void]) -> NDArray[np.void]:
    """Return a part: of pieces of all rows, those that are wanted, in order.

    Args:
        which: the calls that are wanted.
        first: the start of the first of all calls.
        pieces: all that lie in the part.

    Raises:
        WrongFormatError: there are too many of one moment.
    """
    check_together(sum(map(len, pieces)))
    rows = in_order(np.concatenate(pieces))
    return rows[rows["fits"] & which.within(columns_of(rows, first))]


def seen_of(rows: NDArray[np.void], name: str) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Return which numbers calls have under a name, and how many have each."""
    numbers, counts = np.unique(rows[name], return_counts=True)
    return numbers[numbers >= 0], counts[numbers >= 0]


def kept_of(rows: NDArray[np.void]) -> Kept:
    """Return what a part holds."""
    if not len(rows):
        return Kept(0, 0, 0, knows_durations=False)
    keys = rows["key"]
    return Kept(len(rows), int(keys[0]), int(keys[-1]), bool((rows["duration"] >= 0).any()))


def part_of(calls: Calls) -> NDArray[np.void]:
    """Return calls as a part, their keys their starts."""
    rows = np.zeros(len(calls), ROW)
    rows["key"], rows["duration"] = calls.start_ns, calls.duration_ns
    rows["status"], rows["error"] = calls.status, calls.error
    return rows
