"""JMeter's results as XML, as blocks of calls: by the compiled scanner, and by a parser where that stops."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple
from xml.parsers import expat

from cbtool.errors import WrongFormatError
from cbtool.logs.blocks import BLOCK, Block
from cbtool.logs.parsed_samples import DoctypeError, Parser
from cbtool.logs.sample_blocks import MakingBlock
from cbtool.traffic.scanning import samples
from cbtool.traffic.scanning.lines import newlines
from cbtool.traffic.scanning.memory import WIDE

if TYPE_CHECKING:
    from collections.abc import Iterator

_ROOT = re.compile(
    rb"\s*(?:<\?xml[^>]*>\s*)?(?:<!--(?:(?!-->).)*+-->\s*)*+"
    rb"<testResults\b(?:[^<>\"']|\"[^\"<]*\"|'[^'<]*')*+(?<!/)>",
    re.DOTALL,
)
_ENCODING = re.compile(rb"\s*<\?xml[^>]*?\sencoding\s*=\s*[\"']([\w.-]+)")
_READABLE = re.compile(rb"utf-?8|utf-?16(?:[bl]e)?|(?:us-)?ascii", re.IGNORECASE)  # UTF-16 has been recoded
_UTF8 = "UTF-8"
_BEHIND = b"\n" * WIDE  # what the scanner wants behind the last byte
_NEVER = (b"\xef\xbf\xbe", b"\xef\xbf\xbf")  # UTF-8, and no characters of XML's
_LONGEST_CHARACTER = 4  # bytes


def sample_blocks(pieces: Iterator[bytes], name: str) -> Iterator[bytes | Block]:
    """Yield a header and then blocks whose lines are the samples; where it is damaged, a last one says where.

    Args:
        pieces: the file's bytes.
        name: for messages.

    Raises:
        WrongFormatError: it declares a document type, and so perhaps entities.
    """
    yield b'{"jmeter-xml":1}\n'
    try:
        yield from _blocks(pieces)
    except DoctypeError:
        raise WrongFormatError(f"{name}: a document type, which JMeter's results do not have") from None


def _blocks(pieces: Iterator[bytes]) -> Iterator[Block]:
    piece = next(pieces, b"")
    reading = _Reading(piece)
    held, size, more = [piece[reading.begun :]], len(piece) - reading.begun, False
    while not reading.damaged:
        while piece and (more or size < BLOCK):
            piece, more = next(pieces, b""), False
            held.append(piece)
            size += len(piece)
        data = b"".join((*held, _BEHIND))
        block, used, more = reading.block(data, last=not piece)
        yield block
        if used == size and not piece:
            return
        held, size = [data[used:-WIDE]], size - used


class _Reading:
    """Reads a file, and knows where in it it is.

    Attributes:
        begun: how many of the first bytes are done with.
        damaged: whether there is damage, behind which nothing is read.
    """

    def __init__(self, first: bytes) -> None:
        encoding = _ENCODING.match(first)
        readable = encoding is None or bool(_READABLE.fullmatch(encoding[1]))
        self._encoding = _UTF8 if readable else None
        self._opening = _opening(first) if readable else b""
        self._parser = None if self._opening else Parser(b"", self._encoding)
        self.begun = len(self._opening)
        self.damaged = False
        self._place = _Place(1, 0).behind(self._opening)
        # Where the parser began, in the file and among the bytes that are not done with.
        self._origin, self._from = self._place, 0

    def block(self, data: bytes, *, last: bool) -> tuple[Block, int, bool]:
        """Return the samples in some bytes, how many of these are done with, and whether more are needed.

        Args:
            data: what follows that which is done with, and then `_BEHIND`.
            last: whether nothing follows.
        """
        made, at, end = MakingBlock(data, self._place.line), 0, len(data) - WIDE
        sound, broken = _sound(data, end) if self._encoding else (0, False)
        patient = not (last or broken)
        while at < end and not self.damaged:
            if self._parser is None:
                found = made.scan(at, sound)
                at = found.at
                full = found.why == samples.FULL and at > 0
                if full or (found.why == samples.UNFINISHED and patient and end - at <= BLOCK):
                    return self._done(made, at, more=not full)
                self._parser = Parser(self._opening, self._encoding)
                self._origin, self._from = self._place.behind(data, at), at
            at = self._parsed(made, self._parser, at, end)
        return self._done(made, at, more=True)

    def _parsed(self, made: MakingBlock, parser: Parser, at: int, end: int) -> int:
        """Have the parser read on; return where the scanner can go on, or the end."""
        whole = parser.feed(memoryview(made.data)[at:end])
        made.add(parser.made, self._from)
        parser.made.clear()
        damage = parser.damage
        if damage is not None:
            line, column = self._origin.line + damage.line, damage.column
            column += 0 if damage.line else self._origin.column
            what = damage.what or f"line {line}, column {column}"
            made.end(max(self._from + damage.at, 0), f"damaged: {what}")
            self.damaged = True
        if whole is None:
            return end
        self._parser = None
        return at + whole

    def _done(self, made: MakingBlock, used: int, *, more: bool) -> tuple[Block, int, bool]:
        self._place = self._place.behind(made.data, used)
        self._from -= used
        return made.made(), used, more


class _Place(NamedTuple):
    """A line, from 1, and how many characters of it come before."""

    line: int
    column: int

    def behind(self, data: bytes, end: int | None = None) -> _Place:
        """Return the place behind some bytes."""
        end = len(data) if end is None else end
        begin = data.rfind(b"\n", 0, end) + 1
        column = len(data[begin:end].decode("utf-8", "replace"))
        line = self.line + newlines(memoryview(data)[:end])
        return _Place(line, column if begin else self.column + column)


def _opening(first: bytes) -> bytes:
    """Return what opens the root, with its own tag; nothing where that is odd or damaged."""
    found = _ROOT.match(first)
    if found is None:
        return b""
    try:
        Parser(found[0], _UTF8)
    except expat.ExpatError:
        return b""
    return found[0]


def _sound(data: bytes, end: int) -> tuple[int, bool]:
    """Return where the first byte is that is no character of XML's, and whether that is for want of more."""
    if data.isascii():
        return end, False
    broken = False
    limit = end
    try:
        data[:end].decode()
    except UnicodeDecodeError as error:
        limit = error.start
        broken = error.end < end or end - limit >= _LONGEST_CHARACTER
    for never in _NEVER:
        at = data.find(never, 0, limit)
        if at >= 0:
            limit, broken = at, True
    return limit, broken
