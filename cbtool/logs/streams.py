"""Opening a source and decompressing it (gzip, zstd, bzip2, xz) in small pieces, whatever its name says.

Compression is told by the content. A stream that ends early or breaks, such as the record of a killed
process, gives what can be read up to there.
"""

from __future__ import annotations

import bz2
import glob
import io
import lzma
import sys
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cbtool.errors import UnreachableError
from cbtool.logs.directed import directed_rows
from cbtool.logs.documents import as_lines
from cbtool.logs.exports import exported
from cbtool.logs.labelled import labelled_lines
from cbtool.logs.lists import listed
from cbtool.logs.prometheus import PREFIX as PROMETHEUS
from cbtool.logs.prometheus import counted, shown
from cbtool.logs.rails import rails_lines
from cbtool.logs.rows import whole_rows
from cbtool.logs.tables import PARQUET, table_lines
from cbtool.logs.text import plain_text

try:
    from isal import isal_zlib as inflate
except ImportError:  # no wheel for this machine: twice as slow, and the same
    import zlib as inflate  # type: ignore[no-redef]

if sys.version_info >= (3, 14):
    from compression.zstd import DecompressionParameter, ZstdDecompressor, ZstdError
else:
    from backports.zstd import DecompressionParameter, ZstdDecompressor, ZstdError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import BinaryIO

    from cbtool.logs.blocks import Block

STDIN = "-"
STANDARD_INPUT = "standard input"
PIECE = 1 << 20
"""Bytes, the most that one step of reading or of decompression gives."""

DAMAGED = (inflate.error, ZstdError, lzma.LZMAError, OSError, EOFError)  # the last two are bzip2's
"""What decompressing raises where data are damaged."""

_GZIP_WINDOW = 31  # zlib's notation for gzip's header with the largest window
_RAW_WINDOW = -15  # and for no header
_XZ_MEMORY = 256 << 20  # bytes; xz -9 wants 65 MB
_ZSTD_WINDOW = 27  # 128 MB, zstd's own limit without --ultra --long=31


class Stream:
    """A source's decompressed bytes.

    Attributes:
        name: for messages.
        broken: whether the compressed data ended early or turned out damaged; known once it has been read.
        notes: what to tell of it, a sentence each.
    """

    def __init__(self, name: str, file: BinaryIO, notes: Iterable[str] = ()) -> None:
        self.name = name
        self.broken = False
        self.notes = tuple(notes)
        self._file = file
        self._incoming: Iterator[bytes] = self._bytes()

    def first(self) -> bytes:
        """Return what the decompressed bytes begin with, a piece of them, which is yet to come.

        Raises:
            UnreachableError: reading fails.
        """
        first = next(self._incoming, b"")
        self._incoming = chain([first], self._incoming)
        return first

    def raw(self) -> Iterator[bytes]:
        """Return the decompressed bytes as they are, at most `PIECE` at a time."""
        return self._incoming

    def pieces(self) -> Iterator[bytes | Block]:
        """Yield the decompressed bytes, at most `PIECE` at a time; of a document lines or blocks of calls.

        Raises:
            UnreachableError: reading fails half-way.
        """
        text = plain_text(exported(listed(self._incoming, self._noted), self.name), self._noted)
        rows = whole_rows(rails_lines(labelled_lines(text)))
        return as_lines(directed_rows(rows), self.name, self._noted)

    def _noted(self, note: str) -> None:
        self.notes = (*self.notes, note)

    def _bytes(self) -> Iterator[bytes]:
        first = self._read()
        member = next((make for magic, make in _MEMBERS.items() if first.startswith(magic)), None)
        if member is not None:
            yield from self._decompressed(first, member)
        elif first.startswith(PARQUET) and self.name != STANDARD_INPUT:
            yield from table_lines(self.name)
        else:
            while first:
                yield first
                first = self._read()

    def _read(self) -> bytes:
        try:
            return self._file.read(PIECE)
        except EOFError:  # a file in an archive that is damaged
            self.broken = True
            return b""
        except OSError as error:
            raise UnreachableError.unreadable(self.name, error) from None

    def _decompressed(self, data: bytes, member: Callable[[], _Member]) -> Iterator[bytes]:
        current = member()
        try:
            while data:
                piece = current.step(data)
                while piece:
                    yield piece
                    piece = b"" if current.eof else current.step(b"")
                # Several members in a row are one stream; zeros behind the last one are padding.
                data = current.unused_data.lstrip(b"\0") if current.eof else b""
                data = data or self._read()
                if data and current.eof:
                    current = member()
        except DAMAGED:  # type: ignore[misc]  # isal calls its own error a plain class
            self.broken = True
        self.broken = self.broken or not current.eof


class _Member:
    """What zstd's, bzip2's and xz' modules have in common."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    @property
    def eof(self) -> bool:
        return bool(self._inner.eof)

    @property
    def unused_data(self) -> bytes:
        unused: bytes = self._inner.unused_data
        return unused

    def step(self, data: bytes) -> bytes:
        piece: bytes = self._inner.decompress(data, PIECE)
        return piece


class _Gzip(_Member):
    """Gzip's keeps what it did not take yet outside of itself."""

    def step(self, data: bytes) -> bytes:
        return super().step(self._inner.unconsumed_tail + data)


class RawDeflate(_Gzip):
    """Deflate without a header, as zip archives have it."""

    def __init__(self) -> None:
        super().__init__(inflate.decompressobj(_RAW_WINDOW))


_MEMBERS: dict[bytes, Callable[[], _Member]] = {
    b"\x1f\x8b": lambda: _Gzip(inflate.decompressobj(_GZIP_WINDOW)),
    b"\x28\xb5\x2f\xfd": lambda: _Member(
        ZstdDecompressor(options={DecompressionParameter.window_log_max: _ZSTD_WINDOW})
    ),
    b"BZh": lambda: _Member(bz2.BZ2Decompressor()),
    b"\xfd7zXZ\x00": lambda: _Member(lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_XZ_MEMORY)),
}
"""By what a compressed file begins with, one member of it, to be fed piece by piece."""


def matching(source: str) -> list[str]:
    """Return the files that a source names: itself, or, where there is no such file, those that it fits.

    Raises:
        UnreachableError: it is a pattern that nothing fits.
    """
    if (
        source == STDIN
        or source.startswith(PROMETHEUS)
        or not glob.has_magic(source)
        or Path(source).exists()
    ):
        return [source]
    found = glob.glob(source, recursive=True)  # noqa: PTH207  # Path.glob takes no absolute pattern
    names = sorted(name for name in found if not Path(name).is_dir())
    if not names:
        raise UnreachableError(f"{source}: no file fits")
    return names


@contextmanager
def opened(source: str) -> Iterator[Stream]:
    """Open a file, or standard input for `-`.

    Raises:
        UnreachableError: it does not exist, is a directory, or may not be read.
    """
    if source == STDIN:
        yield Stream(STANDARD_INPUT, sys.stdin.buffer)
        return
    if source.startswith(PROMETHEUS):
        found = counted(source)
        name = shown(source.removeprefix(PROMETHEUS).partition("?")[0])
        yield Stream(name, io.BytesIO(b"".join(found.lines)), found.notes)
        return
    path = Path(source)
    try:
        file = path.open("rb")
    except IsADirectoryError:
        raise UnreachableError(f"{source}: is a directory; name the log files in it") from None
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        raise UnreachableError.unreadable(source, error) from None
    with file:
        yield Stream(source, file)
