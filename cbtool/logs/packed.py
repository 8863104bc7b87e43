"""Archives (zip, tar) gone through as they come: each file in one is a source of its own, in their order.

Nothing is written anywhere, and no more is held than what was read at a time. A zip archive is read by the
headers before its files, not by the list at its end, so that standard input and an archive that breaks off
can be read, too. Sources: PKWARE's APPNOTE.TXT (4.3, 4.5.3), POSIX.1-2017 (pax, ustar) and GNU tar's manual.
"""

from __future__ import annotations

import re
import struct
import zlib
from typing import TYPE_CHECKING, NamedTuple, cast

from cbtool.errors import WrongFormatError
from cbtool.logs.refusing import shown
from cbtool.logs.streams import DAMAGED, PIECE, RawDeflate, Stream

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import BinaryIO

MOST = 10_000
"""Files in an archive."""

_SHOWN = 120  # characters of a name
_LONGEST_NAME = 4096
_LONGEST_HEADER = 1 << 16  # of a file in a tar archive, as pax writes it
_NO_LOG = re.compile(r"(?:.*/)?(?:__MACOSX/.*|\._[^/]*|)", re.DOTALL)
"""Directories, and what macOS adds."""

_FILE, _DIRECTORY, _SIGNATURE = b"PK\x03\x04", b"PK\x01\x02", 4
_ENDS = {_DIRECTORY, b"PK\x05\x06", b"PK\x06\x06", b"PK\x06\x08"}
_HEADER = struct.Struct("<2xHH4xIIIHH")
_ENCRYPTED, _SIZES_BEHIND, _UTF8 = 1, 8, 1 << 11
_STORED, _DEFLATED = 0, 8
_IN_EXTRA = 0xFFFFFFFF
_BEHIND = (12, 16, 20, 24)  # bytes that the sizes behind a file may take

_DIGITS = 19  # of a size: no file has as many bytes as they can say
_BLOCK = 512
_CHECKED = slice(148, 156)
_PAX = re.compile(rb"(?:^|\n)\d+ (path|size)=([^\n]*)")


class _Member(NamedTuple):
    """A file in an archive."""

    name: str
    data: Iterator[bytes]


class _Bytes:
    """An archive's bytes."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._piece = b""
        self._at = 0

    def some(self, most: int = PIECE) -> bytes:
        """Return as many as are at hand, but some; none at the end."""
        while self._at >= len(self._piece):
            piece = next(self._pieces, None)
            if piece is None:
                return b""
            self._piece, self._at = piece, 0
        found = self._piece[self._at : self._at + most]
        self._at += len(found)
        return found

    def back(self, data: bytes) -> None:
        """Take bytes back: the last ones that were given."""
        if len(data) <= self._at:
            self._at -= len(data)
        else:
            self._piece, self._at = data + self._piece[self._at :], 0

    def exactly(self, count: int) -> bytes:
        """Return so many.

        Raises:
            EOFError: there are fewer.
        """
        return b"".join(self.all_of(count))

    def all_of(self, count: int) -> Iterator[bytes]:
        """Yield so many, some at a time.

        Raises:
            EOFError: there are fewer.
        """
        while count > 0:
            data = self.some(min(count, PIECE))
            if not data:
                raise EOFError
            count -= len(data)
            yield data


class _File:
    """A file in an archive, to be read as one."""

    def __init__(self, data: Iterator[bytes]) -> None:
        self._data = data

    def read(self, _: int) -> bytes:
        """Return the next piece, none at the end."""
        return next(self._data, b"")


def unpacked(stream: Stream) -> Iterator[Stream] | None:
    """Return the files in an archive, each to be read before the next; None if a stream is none.

    The stream is `broken` if the archive ends early between files, which is known at the end.

    Raises:
        WrongFormatError: (while they are read) a file cannot be unpacked here, or there are too many.
    """
    first = stream.first()
    if first.startswith(_FILE):
        return _streams(stream, _of_zip)
    if _is_header(first[:_BLOCK]):
        return _streams(stream, _of_tar)
    return None


def _streams(stream: Stream, members_of: Callable[[_Bytes, str], Iterator[_Member]]) -> Iterator[Stream]:
    members = members_of(_Bytes(stream.raw()), stream.name)
    for number in range(MOST + 1):
        try:
            member = next(members, None)
        except EOFError:
            stream.broken = True
            return
        if member is None:
            return
        if number == MOST:
            raise WrongFormatError(f"{stream.name}: over {MOST:,} files: unpack it first")
        if not _NO_LOG.fullmatch(member.name):
            name = f"{stream.name}/{shown(member.name, _SHOWN)}"
            yield Stream(name, cast("BinaryIO", _File(member.data)))


def _of_zip(data: _Bytes, archive: str) -> Iterator[_Member]:
    while (begins := data.exactly(_SIGNATURE)) not in _ENDS:
        if begins != _FILE:
            raise EOFError
        flags, method, check, size, whole, name_size, extra_size = _HEADER.unpack(data.exactly(_HEADER.size))
        name = data.exactly(name_size).decode("utf-8" if flags & _UTF8 else "cp437", "replace")
        extra = data.exactly(extra_size)
        if size == _IN_EXTRA:
            size = _large(extra, after_whole=whole == _IN_EXTRA)
        behind = bool(flags & _SIZES_BEHIND)
        if flags & _ENCRYPTED or method not in {_STORED, _DEFLATED} or (behind and method == _STORED):
            why = "encrypted" if flags & _ENCRYPTED else "packed in a way that is not read here"
            raise WrongFormatError(f"{archive}/{shown(name, _SHOWN)}: {why}: unpack it first")
        held = _inflated(data) if method == _DEFLATED else data.all_of(size)
        content = _checked(held, data, None if behind else check)
        yield _Member(name, content)
        _pass(content)


def _large(extra: bytes, *, after_whole: bool) -> int:
    """The size in a zip64 field; 0 if there is none."""
    at = 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, at)
        place = at + 4 + (8 if after_whole else 0)
        if kind == 1 and place + 8 <= len(extra):
            return int(struct.unpack_from("<Q", extra, place)[0])
        at += 4 + length
    return 0


def _inflated(data: _Bytes) -> Iterator[bytes]:
    """Yield what a deflated file has in it, and leave what is behind it.

    Raises:
        EOFError: it is damaged, or ends early.
    """
    member = RawDeflate()
    while not member.eof:
        given = data.some()
        if not given:
            raise EOFError
        try:
            piece = member.step(given)
            while piece:
                yield piece
                piece = b"" if member.eof else member.step(b"")
        except DAMAGED as error:  # type: ignore[misc]  # isal calls its own error a plain class
            raise EOFError from error
    data.back(member.unused_data)


def _checked(content: Iterator[bytes], data: _Bytes, check: int | None) -> Iterator[bytes]:
    """Yield a file's content, and read what is behind it.

    Args:
        content: the file's.
        data: the archive's.
        check: what its checksum must be; None: what is behind it says so.

    Raises:
        EOFError: it is damaged.
    """
    found = 0
    for piece in content:
        found = zlib.crc32(piece, found)
        yield piece
    if check is None:
        tail = data.exactly(_BEHIND[-1] + _SIGNATURE)
        ends = (at for at in _BEHIND if tail[at : at + _SIGNATURE] in {_FILE, _DIRECTORY})
        end = next(ends, None)
        if end is None:
            raise EOFError
        data.back(tail[end:])
        signed = tail.startswith(b"PK\x07\x08")
        check = int.from_bytes(tail[4:8] if signed else tail[:4], "little")
    if found != check:
        raise EOFError


def _is_header(block: bytes) -> bool:
    if len(block) < _BLOCK or not block[0]:
        return False
    bare = block[: _CHECKED.start] + b" " * 8 + block[_CHECKED.stop :]
    return sum(bare) == _number(block[_CHECKED])


def _number(field: bytes) -> int:
    """A number, octal or, as GNU writes large ones, binary; -1 if it is none."""
    if field[0] & 0x80:
        return int.from_bytes(bytes([field[0] & 0x7F]) + field[1:], "big")
    try:
        return int(field.strip(b"\0 ") or b"0", 8)
    except ValueError:
        return -1


def _of_tar(data: _Bytes, _archive: str) -> Iterator[_Member]:
    said: dict[bytes, bytes] = {}  # of the next file, by what stands before it
    while any(block := data.exactly(_BLOCK)):
        if not _is_header(block):
            raise EOFError
        size, kind = _number(block[124:136]), block[156:157]
        if kind in b"Lx":
            most = _LONGEST_NAME if kind == b"L" else _LONGEST_HEADER
            head = data.exactly(min(size, most))
            said |= {b"path": head.rstrip(b"\0")} if kind == b"L" else dict(_PAX.findall(head))
            _pass(data.all_of(size - len(head) + -size % _BLOCK))
            continue
        large = said.get(b"size", b"")[:_DIGITS]
        size = int(large) if large.isdigit() else size
        content = data.all_of(size)
        if kind in b"0\0" + b"7":
            prefix = block[345:500].split(b"\0")[0] + b"/" if block[257:263] == b"ustar\0" else b""
            named = said.get(b"path") or prefix.lstrip(b"/") + block[:100].split(b"\0")[0]
            yield _Member(named.decode("utf-8", "replace"), content)
        _pass(content)
        _pass(data.all_of(-size % _BLOCK))
        said = {}


def _pass(content: Iterator[bytes]) -> None:
    """Go past what was not read."""
    for _ in content:
        pass
