"""OpenTelemetry's spans in OTLP's JSON, a batch a line as the collector's file exporter writes it, as calls.

The calls are client spans: what a breaker stands before. Where the first batches have none, server spans are.
"""

from __future__ import annotations

import codecs
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from cbtool.errors import WrongFormatError
from cbtool.logs.blocks import BLOCK, Block
from cbtool.logs.decoded_spans import NOTHING, decoded
from cbtool.logs.texts_behind import TextsBehind
from cbtool.traffic.scanning import batches, otlp
from cbtool.traffic.scanning.lines import Escapes, Lines, LinesApart, Spans, newlines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

_PROBED = 4000  # spans, among which a client's is looked for
_HELD = 64 << 20  # bytes, in which they must be
_LOOKED_AT = 100  # batches that are looked at at a time
_TOGETHER = BLOCK
_BEHIND = b"\n" * 8  # what the scanner wants behind the last batch
_PIECE = 1 << 20
_END = 100  # bytes
_NOT_ASCII = 128
_SHOWN = 1000  # bytes of a span that is shown
_PARTS = {
    "status": otlp.STATUS,
    "method": otlp.METHOD,
    "path": otlp.PATH,
    "host": otlp.HOST,
    "upstream": otlp.UPSTREAM,
    "error": otlp.ERROR,
    "grpc": otlp.GRPC,
    "instance": otlp.INSTANCE,
    "message": otlp.MESSAGE,
    "begun": otlp.BEGUN,
    "ended": otlp.ENDED,
    "failed": otlp.CODE,
}


@dataclass(frozen=True, slots=True)
class SpanBlock(Block):
    """Batches, a line each, whose spans are the lines of this block.

    Attributes:
        whole: whether all of it is one batch.
        wanted: the kind of the spans that are calls.
    """

    whole: bool = False
    wanted: int = otlp.CLIENT

    def lines(self) -> Lines:
        """Return the spans that are wanted, apart; one that says nothing for each batch that is damaged."""
        found = _spans(self.batches())
        wanted = (found.kind == self.wanted) | (found.kind == otlp.UNSAID)
        found = found if wanted.all() else found.chosen(wanted)
        parts = {name: found.part(what) for name, what in _PARTS.items()}
        start, end = found.first[otlp.WHOLE], found.behind[otlp.WHOLE]
        return LinesApart(found.data, start, np.minimum(end, start + np.int32(_SHOWN)), parts)

    def lines_below(self, _header: int) -> Lines:
        """Return all: the header is not one of the file's lines."""
        return self.lines()

    def without_cut_line(self) -> Block:
        """Return the block, whose last batch is damaged if it was cut."""
        return self

    def batches(self) -> Lines:
        """Return the batches."""
        if self.whole:
            view = np.frombuffer(self.data, np.uint8)
            return Lines(view, np.zeros(1, np.int32), np.array([len(self.data) - len(_BEHIND)], np.int32))
        lines = Lines.cut(self.data)
        blank = lines.blank()
        return lines[~blank] if blank.any() else lines


def span_blocks(pieces: Iterator[bytes], name: str, largest: int) -> Iterator[bytes | Block]:
    """Yield a header and then blocks whose lines are calls.

    Args:
        pieces: the file's bytes.
        name: for messages.
        largest: bytes of one batch.

    Raises:
        WrongFormatError: a batch is larger.
    """
    incoming = _together(pieces, name, largest)
    held, probe = list[SpanBlock](), _Probe()
    for block in incoming:
        held.append(block)
        if probe.decided(block) or sum(len(each.data) for each in held) > _HELD:
            break
    yield b'{"otlp":1}\n'
    held.reverse()
    while held:
        yield replace(held.pop(), wanted=probe.wanted)
    for block in incoming:
        yield replace(block, wanted=probe.wanted)


class _Probe:
    """Looks for a client's span among the first ones."""

    def __init__(self) -> None:
        self.wanted = otlp.SERVER
        self._left = _PROBED

    def decided(self, block: SpanBlock) -> bool:
        """Look at a block more; return whether enough was seen."""
        lines = block.batches()
        for at in range(0, len(lines), _LOOKED_AT):
            kinds = _spans(lines[at : at + _LOOKED_AT]).kind[: self._left]
            self._left -= len(kinds)
            if (kinds == otlp.CLIENT).any():
                self.wanted = otlp.CLIENT
                return True
            if not self._left:
                return True
        return False


def _together(pieces: Iterator[bytes], name: str, largest: int) -> Iterator[SpanBlock]:
    """Yield some lines at a time; a file whose first line is no whole object is one object.

    Raises:
        WrongFormatError: a batch is larger than `largest`.
    """
    held, line, whole = list[bytes](), 1, None
    size = unended = 0  # bytes that are held, and of these what may be one batch
    for piece in pieces:
        end = 0 if whole else piece.rfind(b"\n") + 1
        if end and whole is None:
            whole = _is_part(b"".join((*held, piece[:end])))
            end = 0 if whole else end
        unended = len(piece) - end if end else unended + len(piece)
        if unended > largest:
            raise WrongFormatError(f"{name}: a batch of spans of over {largest >> 20} MB")
        if size + end >= _TOGETHER and end:
            block = SpanBlock(b"".join((*held, piece[:end], _BEHIND)), line)
            line += newlines(block.data) - len(_BEHIND)
            yield block
            held, size = [piece[end:]], len(piece) - end
        else:
            held.append(piece)
            size += len(piece)
    rest = b"".join((*held, _BEHIND))
    if not rest.isspace():
        yield SpanBlock(rest, line, whole=bool(whole))


def _is_part(lines: bytes) -> bool | None:
    """Return whether the first of some lines is only a part of an object; None if they are blank."""
    first = lines.lstrip().partition(b"\n")[0].rstrip()
    return not first.endswith(b"}") if first else None


class _Rows(NamedTuple):
    """Spans; `first`, `behind`, `escaped` and `kind` as `Found` has them, and the bytes that they are in."""

    data: NDArray[np.uint8]
    first: NDArray[np.int32]
    behind: NDArray[np.int32]
    escaped: NDArray[np.uint8]
    kind: NDArray[np.uint8]

    def chosen(self, which: NDArray[np.bool_]) -> _Rows:
        """Return some of them."""
        return _Rows(
            self.data, self.first[:, which], self.behind[:, which], self.escaped[:, which], self.kind[which]
        )

    def part(self, what: int) -> Spans:
        """Return where they say one thing."""
        return Spans(self.data, self.first[what], self.behind[what], self.escaped[what], Escapes.JSON)


def _spans(lines: Lines) -> _Rows:
    """Return all spans of some batches, and one that says nothing for each batch that is damaged."""
    found = batches.spans_in(_readable(lines))
    rows = _Rows(lines.data, *found[:4])
    return _with_decoded(lines, found, rows) if found.doubtful.any() else rows


def _readable(lines: Lines) -> Lines:
    """Return the lines, those that are not UTF-8 as if they were empty."""
    whole = lines.data[lines.start[0] : lines.end[-1]] if len(lines) else lines.data[:0]
    if not len(whole) or whole.max() < _NOT_ASCII or _is_utf8(whole):
        return lines
    sound = [_is_utf8(lines.data[a:b]) for a, b in zip(lines.start, lines.end, strict=True)]
    return Lines(lines.data, lines.start, np.where(sound, lines.end, lines.start))


def _is_utf8(text: NDArray[np.uint8]) -> bool:
    decode = codecs.getincrementaldecoder("utf-8")().decode
    try:
        for at in range(0, len(text), _PIECE):
            decode(text[at : at + _PIECE].tobytes())
        decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _with_decoded(lines: Lines, found: batches.Found, rows: _Rows) -> _Rows:
    """Put in the spans of batches that the scanner left."""
    texts = TextsBehind(len(lines.data))
    spans, before = list[list[int]](), list[int]()
    for index in np.flatnonzero(found.doubtful).tolist():
        start, end = int(lines.start[index]), int(lines.end[index])
        for span in (
            (NOTHING,) if _broken_off(lines.data[start:end]) else decoded(lines.data[start:end].tobytes())
        ):
            places = [texts.place(said) for said in span.said]
            places[otlp.WHOLE] = start, end
            spans.append([span.kind, *(first for first, _ in places), *(behind for _, behind in places)])
            before.append(int(found.until[index]))
    made = np.array(spans, np.int32).reshape(-1, 1 + 2 * otlp.PLACES).T
    kind, first, behind = np.split(made, (1, 1 + otlp.PLACES))
    return _Rows(
        np.frombuffer(texts.behind(lines.data.data), np.uint8),
        np.insert(rows.first, before, first, axis=1),
        np.insert(rows.behind, before, behind, axis=1),
        np.insert(rows.escaped, before, 0, axis=1),
        np.insert(rows.kind, before, kind[0]),
    )


def _broken_off(batch: NDArray[np.uint8]) -> bool:
    """Whether a batch is no whole object as its end tells: then what may be large need not be decoded."""
    end = batch[-_END:].tobytes().rstrip()
    return bool(end) and not end.endswith(b"}")
