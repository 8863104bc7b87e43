"""One source: a file, or an archive, in which each file is read as if it had been named."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING

from cbtool.errors import WrongFormatError
from cbtool.logs.blocks import blocks
from cbtool.logs.packed import unpacked
from cbtool.logs.reading import SAMPLES, File, collected, first_plan, parsed_block, parsed_blocks
from cbtool.logs.streams import opened
from cbtool.traffic.formats import Rows
from cbtool.traffic.texts import TEXTS

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from cbtool.logs.reading import Take
    from cbtool.logs.streams import Stream
    from cbtool.traffic.formats import LogFormat

    Read = Callable[[Stream], File | None]


_MOST_OTHERS = 1000
"""Files of an archive that may be no logs: each is held against every format, which takes a while."""


class _OtherFileError(WrongFormatError):
    """A file is no log, as its beginning tells."""


def read_files(
    chosen: Sequence[LogFormat], source: str, take: Take | None = None, texts: Collection[str] = TEXTS
) -> Iterator[File | None]:
    """Read one source: a file, or, of an archive, each file in it that is a log.

    Args:
        chosen: what it may be; none: any format.
        source: a file, a server, or standard input.
        take: is given its rows, block by block; None: they are in what is yielded.
        texts: those of `TEXTS` that are wanted.

    Yields:
        What became of each; None if there is nothing in it.

    Raises:
        UnreachableError: it is missing or cannot be read.
        WrongFormatError: most of its lines do not parse; of an archive, no file is a log.
    """
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool, opened(source) as stream:
        submit = partial(pool.submit, partial(parsed_block, texts))

        def read(each: Stream) -> File | None:
            if each is not stream and unpacked(each) is not None:
                raise _OtherFileError(f"{each.name}: an archive in an archive: unpack it first")
            incoming = blocks(each.pieces(), each.name)
            try:
                found = first_plan(each.name, incoming, chosen)
            except WrongFormatError as error:
                raise _OtherFileError(*error.args) from None
            if found is not None:
                parts = parsed_blocks(each, found.block, incoming, found.plan, submit)
                return collected(each, found.plan, parts, take)
            if each.broken:
                raise WrongFormatError(f"{each.name}: damaged: nothing of the compressed data can be read")
            return None

        within = unpacked(stream)
        yield from (read(stream),) if within is None else _read_archive(stream, within, read)


def read_one(
    chosen: Sequence[LogFormat], source: str, take: Take | None = None, texts: Collection[str] = TEXTS
) -> File | None:
    """Read one source that is no archive; else as `read_files`."""
    return next(read_files(chosen, source, take, texts))


def is_archive(source: str) -> bool:
    """Return whether a source is an archive.

    Raises:
        UnreachableError: it is missing or cannot be read.
    """
    with opened(source) as stream:
        return unpacked(stream) is not None


def _read_archive(archive: Stream, within: Iterator[Stream], read: Read) -> Iterator[File | None]:
    """Read the logs in an archive; at the end there is a file without calls that tells of the others."""
    refused: list[tuple[str, WrongFormatError]] = []
    last: File | None = None
    for stream in within:
        try:
            found = read(stream)
        except _OtherFileError as error:
            refused.append((stream.name, error))
            if len(refused) > _MOST_OTHERS:
                raise WrongFormatError(
                    f"{archive.name}: over {_MOST_OTHERS:,} files in it are no logs: unpack it, and name"
                    " those that are"
                ) from None
            continue
        if found is not None:
            last = found
            yield found
    if last is None and refused:
        raise refused[0][1]
    if last is None and archive.broken:
        raise WrongFormatError(f"{archive.name}: damaged: nothing of the archive can be read")
    if last is not None:
        notes = [f"{name} is no log that can be read, and was left out" for name, _ in refused[:SAMPLES]]
        if len(refused) > SAMPLES:
            notes.append(f"so were {len(refused) - SAMPLES} more files in {archive.name}")
        if archive.broken:
            notes.append(f"{archive.name}: the archive ends early; it was read up to there")
        last = File(Rows(last.rows.log_format, last.rows.frame.clear()), 0, 0, 0, [], tuple(notes))
    yield last
