"""JSON that is a list of objects, or objects over several lines each, as one object a line.

Consoles and APIs export lists, alone or within an object: CloudWatch (`events`), Azure Monitor (`records`),
Elasticsearch (`hits`), Google Cloud Logging (a list). `jq` writes objects over several lines. No more is held
than an object and what was read with it.
"""

from __future__ import annotations

import codecs
import re
from typing import TYPE_CHECKING

import numpy as np

from cbtool.logs.cutting import Cutting
from cbtool.logs.documents import is_document
from cbtool.traffic.scanning.elements import BETWEEN, BROKEN, NOWHERE
from cbtool.traffic.scanning.flattening import Flattening
from cbtool.traffic.scanning.lines import Lines
from cbtool.traffic.scanning.objects import places_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from cbtool.logs.cutting import Whole

_KEYS = ("records", "Records", "events", "logEvents", "entries", "logs", "results", "data", "items", "rows")
_PLAIN_VALUE = rb'\s*"[^"\n]*"\s*:\s*(?:"[^"\n]*"|[\d.]+|null|true|false)\s*,'
_BEGINS = re.compile(
    rb"\s*(?:(?:\{(?:"
    + _PLAIN_VALUE
    + rb')*\s*"('
    + "|".join(_KEYS).encode()
    + rb')"\s*:\s*)?\[\s*(?=\{\s*")'
    rb'|\{\s*"took"\s*:[^\[\]]{0,400}"hits"\s*:\s*\[\s*(?=\{))'
)
_LINES = re.compile(rb"[^\n]*\}\s*\n\s*\{")
_OPENS = re.compile(rb"\s*\{\r?\n")
_HEAD = 4 << 10
_BEHIND = b"\n" * 32  # what the scanner wants behind the last object
_AHEAD = 1 << 20  # lines, of which the most are written at a time
_SOURCE = "_source"  # what Elasticsearch was given


def listed(pieces: Iterator[bytes], note: Callable[[str], None] = lambda _: None) -> Iterator[bytes]:
    """Yield a stream's pieces, those of a list as lines of its objects.

    Args:
        pieces: the stream's.
        note: is told if a list does not end.
    """
    first = next(pieces, b"")
    bare = first.removeprefix(codecs.BOM_UTF8)
    begins = _BEGINS.match(bare[:_HEAD])
    if begins and not _LINES.match(bare):
        key = (begins[1] or b"").decode()
        path = (key,) if key else ("hits", "hits") if bare.lstrip().startswith(b"{") else ()
        yield from _objects(_again(bare, pieces), path, note)
    elif _OPENS.match(bare[:_HEAD]) and b"\n}" in bare and not is_document(bare):
        yield from _objects(_again(bare, pieces), None, note)
    else:
        yield first
        yield from pieces


def _again(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


def _objects(
    pieces: Iterator[bytes], path: Sequence[str] | None, note: Callable[[str], None]
) -> Iterator[bytes]:
    """Yield the objects of a list, or those that stand by themselves, as lines; what is none, as it is.

    Those of a list are a line each; others are on the lines on which they begin.
    """
    cutting, flat = Cutting(path), Flattening(numbered=path is None)
    for piece in pieces:
        for whole in cutting.taken(piece):
            yield from _lines(whole, flat)
        if cutting.elements.mode >= BROKEN:
            break
    if path is not None and cutting.elements.mode < BROKEN and cutting.elements.mode != BETWEEN:
        note("the list of objects ends early; it was read up to there")
    opened = cutting.elements.opened
    for whole in cutting.rest():
        yield from _lines(whole, flat)
    # One that has not ended is a line that has not.
    if opened == NOWHERE:
        yield b"\n"


def _lines(whole: Whole, flat: Flattening) -> Iterator[bytes]:
    while flat.behind(whole.line) > _AHEAD:
        yield flat.ahead(_AHEAD)
    data = b"".join((*whole.parts, _BEHIND))
    objects = Lines(np.frombuffer(data, np.uint8), whole.start, whole.end)
    if _SOURCE.encode() in data:
        found = places_of(objects, (_SOURCE,), lax=True)
        there = found.start[0] >= 0
        there[there] = objects.data[found.start[0][there]] == ord("{")
        start, end = (
            np.where(there, inner[0], outer)
            for inner, outer in ((found.start, whole.start), (found.end, whole.end))
        )
        objects = Lines(objects.data, start, end)
    yield flat.written(objects, whole.line)
