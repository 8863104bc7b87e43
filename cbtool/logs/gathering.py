"""From sources to calls: each is read, and all are assembled in memory, or sorted on disk."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from cbtool.errors import InsufficientDataError
from cbtool.logs import intake
from cbtool.logs.files import read_files
from cbtool.logs.intake import Intake
from cbtool.logs.reading import SAMPLES
from cbtool.logs.refusing import shown
from cbtool.logs.streams import matching
from cbtool.traffic.formats import assemble, formats_named
from cbtool.traffic.selection import Selection
from cbtool.traffic.texts import ASKED, TEXTS

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from cbtool.breaker.refusal import Guard
    from cbtool.logs.reading import File
    from cbtool.logs.refusing import RejectedLine
    from cbtool.logs.stored import StoredCalls
    from cbtool.traffic.calls import Calls

Read = TypeVar("Read")


@dataclass(frozen=True)
class LogRead(Generic[Read]):
    """What became of the sources.

    Attributes:
        calls: of all of them, by start.
        format: the format's name; several, separated by commas, where files differ.
        lines: how many lines were not blank.
        rejected: how many of them did not parse.
        samples: the first of those.
    """

    calls: Read
    format: str
    lines: int
    rejected: int
    samples: tuple[RejectedLine, ...]


def read_calls(
    sources: Sequence[str],
    *,
    log_format: str | None = None,
    texts: Collection[str] = TEXTS,
) -> LogRead[Calls]:
    """Return the calls in files or standard input (`-`), merged by time.

    Args:
        sources: at least one, or patterns such as `access.log*`; compression is told by the content.
        log_format: a format's name, a format in nginx's or Apache's notation, or `map:` and a mapping (see
            `mapped_formats`); None: each file's content tells.
        texts: those of `TEXTS` that are wanted; others take no time, and the calls do not have them.

    Raises:
        ConfigurationError: there is no format of that name.
        UnreachableError: a source is missing or cannot be read.
        WrongFormatError: most of a source's lines do not parse.
        InsufficientDataError: there is no call in any of them.
    """
    chosen = () if log_format is None else formats_named(log_format)
    named = [name for source in sources for name in matching(source)]
    found = [file for name in named for file in read_files(chosen, name, texts=texts)]
    files, with_calls = sound(found, sources)
    calls = assemble([file.rows for file in with_calls])
    notes = tuple(note for file in files for note in file.notes)
    return read_of(calls.noting(notes), files, with_calls)


def read_long_calls(
    sources: Sequence[str],
    *,
    log_format: str | None = None,
    which: Selection | None = None,
    many: float | None = None,
    texts: Collection[str] = TEXTS,
    requests: bool = False,
    guard: Guard | None = None,
) -> LogRead[Calls | StoredCalls]:
    """Return the calls in sources, in memory or, where there are many, on disk; else as `read_calls`.

    Args:
        sources: at least one.
        log_format: what they are; None: their content tells.
        which: the calls that are wanted; None: all.
        many: how many calls stay in memory; None: `intake.MANY`. More are kept by their start, duration
            and answer, and their texts by number, of paths the endpoints.
        texts: those of `TEXTS` that are wanted beside what `which` asks for.
        requests: whether what each asked for is kept, whole; for `StoredCalls.asked`.
        guard: whose rules are asked about each; None: there is none.

    Raises:
        CbtoolError: as `read_calls`; the calls do not say what is asked for, or none is; there is no room on
            the disk.
    """
    chosen = () if log_format is None else formats_named(log_format)
    wanted = which or Selection()
    parsed = {*texts, *wanted.texts, *(ASKED if requests or guard else ())}
    most = intake.MANY if many is None else many
    taken = Intake(wanted, most, texts, requests=requests, guard=guard)
    with closing(taken):
        found = []
        for source in sources:
            for name in matching(source):
                for file in read_files(chosen, name, taken.take, parsed):
                    found.append(file)
                    taken.end_file()
        files, with_calls = sound(found, sources)
        calls: Calls | StoredCalls
        if taken.overflowed:
            calls = taken.calls()
        else:
            for file, frame in zip(found, taken.frames(), strict=True):
                if file is not None:
                    file.rows.frame = frame
                del frame  # as soon as calls are put together, their blocks can go
            calls = wanted.of(assemble([file.rows for file in with_calls]))
    calls = calls.noting(tuple(note for file in files for note in file.notes))
    return read_of(calls, files, with_calls)


def sound(found: Sequence[File | None], sources: Sequence[str]) -> tuple[list[File], list[File]]:
    """Return the files that are not empty, and of these those with calls.

    Raises:
        InsufficientDataError: there is none.
    """
    files = [file for file in found if file is not None]
    if not files:
        raise InsufficientDataError(f"{', '.join(sources)}: empty", ("a log with at least one request",))
    with_calls = [file for file in files if file.calls]
    if not with_calls:
        told = f"{', '.join(sources)}: no call in it"
        first = next((sample for file in files for sample in file.samples), None)
        if first is not None:
            rejected = sum(file.rejected for file in files)
            told += (
                f": {rejected:,} lines are none, the first {first.file}:{first.line}: '{shown(first.text)}'"
            )
        raise InsufficientDataError(told, ("at least one answered call",))
    return files, with_calls


def read_of(calls: Read, files: Sequence[File], with_calls: Sequence[File]) -> LogRead[Read]:
    """Return calls with what became of their files, of which those `with_calls` have any."""
    samples = [sample for file in files for sample in file.samples]
    return LogRead(
        calls=calls,
        format=", ".join(dict.fromkeys(file.rows.log_format.name for file in with_calls)),
        lines=sum(file.lines for file in files),
        rejected=sum(file.rejected for file in files),
        samples=tuple(samples[:SAMPLES]),
    )
