"""Opening a source and decompressing it (gzip, zstd, bzip2, xz) in small pieces, whatever its name says.

Compression is told by the content. A stream that ends early or breaks, such as the record of a killed
process, gives what can be read up to there.
"""

from __future__ import annotations

import bz2
import glob
import lzma
import sys
import zlib
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from cbtool.errors import UnreachableError
from cbtool.logs.tables import PARQUET, record_lines

if sys.version_info >= (3, 14):
    from compression.zstd import DecompressionParameter, ZstdDecompressor, ZstdError
else:
    from backports.zstd import DecompressionParameter, ZstdDecompressor, ZstdError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import BinaryIO

STDIN = "-"
STANDARD_INPUT = "standard input"
PIECE = 1 << 20
"""Bytes, the most that one step of reading or of decompression gives."""

_GZIP, _ZSTD, _BZIP2, _XZ = b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"BZh", b"\xfd7zXZ\x00"
_GZIP_WINDOW = 31  # zlib's notation for gzip's header with the largest window
_XZ_MEMORY = 256 << 20  # bytes; xz -9 wants 65 MB
_ZSTD_WINDOW = 27  # 128 MB, zstd's own limit without --ultra --long=31


class _Decompressor(Protocol):
    """One compressed member, fed piece by piece."""

    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def step(self, data: bytes) -> bytes: ...


class Stream:
    """A source's decompressed bytes.

    Attributes:
        name: for messages.
        broken: whether the compressed data ended early or turned out damaged; known once it has been read.
    """

    def __init__(self, name: str, file: BinaryIO) -> None:
        self.name = name
        self.broken = False
        self._file = file

    def pieces(self) -> Iterator[bytes]:
        """Yield the decompressed bytes, at most `PIECE` at a time.

        Raises:
            UnreachableError: reading fails half-way.
        """
        first = self._read()
        if first.startswith(_GZIP):
            yield from self._decompressed(first, _Gzip)
        elif first.startswith(_ZSTD):
            yield from self._decompressed(first, _Zstd)
        elif first.startswith(_BZIP2):
            yield from self._decompressed(first, _Bzip2)
        elif first.startswith(_XZ):
            yield from self._decompressed(first, _Xz)
        elif first.startswith(PARQUET) and self.name != STANDARD_INPUT:
            yield from record_lines(self.name)
        else:
            while first:
                yield first
                first = self._read()

    def _read(self) -> bytes:
        try:
            return self._file.read(PIECE)
        except OSError as error:
            raise UnreachableError(f"{self.name}: cannot be read: {error.strerror or error}") from None

    def _decompressed(self, data: bytes, member: Callable[[], _Decompressor]) -> Iterator[bytes]:
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
        except (zlib.error, ZstdError, lzma.LZMAError, _Bzip2Error):
            self.broken = True
        self.broken = self.broken or not current.eof


class _Gzip:
    def __init__(self) -> None:
        self._inner = zlib.decompressobj(_GZIP_WINDOW)

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data

    def step(self, data: bytes) -> bytes:
        return self._inner.decompress(self._inner.unconsumed_tail + data, PIECE)


class _Zstd:
    def __init__(self) -> None:
        self._inner = ZstdDecompressor(options={DecompressionParameter.window_log_max: _ZSTD_WINDOW})

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data

    def step(self, data: bytes) -> bytes:
        return self._inner.decompress(data, PIECE)


class _Bzip2Error(Exception):
    """What the module itself raises as OSError or EOFError, which reading a file may, too."""


class _Bzip2:
    def __init__(self) -> None:
        self._inner = bz2.BZ2Decompressor()

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data

    def step(self, data: bytes) -> bytes:
        try:
            return self._inner.decompress(data, PIECE)
        except (OSError, EOFError) as error:
            raise _Bzip2Error from error


class _Xz:
    def __init__(self) -> None:
        self._inner = lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_XZ_MEMORY)

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data

    def step(self, data: bytes) -> bytes:
        return self._inner.decompress(data, PIECE)


def matching(source: str) -> list[str]:
    """Return the files that a source names: itself, or, where there is no such file, those that it fits.

    Raises:
        UnreachableError: it is a pattern that nothing fits.
    """
    if source == STDIN or not glob.has_magic(source) or Path(source).exists():
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
    path = Path(source)
    try:
        file = path.open("rb")
    except IsADirectoryError:
        raise UnreachableError(f"{source}: is a directory; name the log files in it") from None
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        raise UnreachableError(f"{source}: cannot be read: {getattr(error, 'strerror', error)}") from None
    with file:
        yield Stream(source, file)
