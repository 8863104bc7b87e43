"""What the entries of HTTP archives say of their calls.

Source: the HAR 1.2 specification; what Chrome, Playwright, Firefox and Safari write beside it. Chrome and
Playwright give the reason of a failure as `_error` and `_failureText`, with a status of 0, of -1, or of the
answer that broke off. Chrome and Safari also list what came from their caches.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cbtool.jit import compiled, lean
from cbtool.traffic.scanning import memory, tokens
from cbtool.traffic.scanning.lines import Escapes, Spans
from cbtool.traffic.scanning.memory import byte, int64
from cbtool.traffic.scanning.objects import places_of
from cbtool.traffic.scanning.tokens import is_utf8

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cbtool.traffic.scanning.lines import Lines

PARTS = ("time", "duration", "status", "error", "method", "url", "server", "sent")
"""What an entry comes to; `sent` is there, and "false", if it never reached the network."""

BEHIND = b"0499falseno answer" + b"\n" * 32
"""What must stand behind the last entry: words that stand for others, and what the scanner wants there."""

_KEYS = (
    *("startedDateTime", "time", "request", "request.method", "request.url", "response", "response.status"),
    *("response._error", "response._failureText", "response.statusText", "_fromCache", "_fetchType"),
    "serverIPAddress",
)
_BEGUN, _TOOK, _REQUEST, _METHOD, _URL, _RESPONSE, _STATUS = range(7)
_ERROR, _FAILURE, _STATUS_TEXT, _CACHED, _FETCHED, _SERVER = range(7, 13)
_TIME, _DURATION, _ANSWER, _WORDS, _VERB, _TARGET, _BY, _SENT = range(len(PARTS))
_NOTHING, _TEXT, _NUMBER, _OTHER = range(4)
_NO, _YES, _DOUBTFUL = range(3)


def _letters(word: bytes) -> NDArray[np.uint8]:
    return np.frombuffer(word, np.uint8)


_BLOCKED, _CACHE_MISS, _FILE = map(_letters, (b"net::ERR_BLOCKED", b"net::ERR_CACHE_MISS", b"net::ERR_FILE_"))
_ABORTED, _UNBOUND, _CHROMES = map(_letters, (b"net::ERR_ABORTED", b"NS_BINDING_ABORTED", b"Aborted"))
_CACHE = _letters(b"Cache")
_NOT_ASCII = 128
_FARTHEST = 6  # letters of a scheme with its colon


def entries_in(lines: Lines) -> tuple[dict[str, Spans], NDArray[np.bool_]]:
    """Return the `PARTS` of entries, and which could not be read here, of which all parts are absent.

    Damaged ones have no parts either. Those that cannot be read have what is not as usual: a time that is
    none, a status that is no whole number, escapes in a word that decides, a text that is not UTF-8.

    Args:
        lines: n entries, with `BEHIND` behind the last one.
    """
    found = places_of(lines, _KEYS, lax=True)
    shape = len(PARTS), len(lines)
    start, end, escaped = np.empty(shape, np.int32), np.empty(shape, np.int32), np.empty(shape, np.uint8)
    doubtful = np.empty(len(lines), np.bool_)
    ascii_only = not len(lines.data) or bool(lines.data.max() < _NOT_ASCII)
    behind = len(lines.data) - len(BEHIND)
    _judge(
        *(lines.data, found.start, found.end, found.escaped, behind, ascii_only),
        *(start, end, escaped, doubtful),
    )
    parts = {
        name: Spans(lines.data, start[part], end[part], escaped[part], Escapes.JSON)
        for part, name in enumerate(PARTS)
    }
    return parts, doubtful


@lean
def _kind(data: NDArray[np.uint8], at: int) -> int:
    if at < 0:
        return _NOTHING
    if byte(data, at - 1) == 34:
        return _TEXT
    one = byte(data, at)
    return _NUMBER if one == 45 or 48 <= one <= 57 else _OTHER


@lean
def _begins(data: NDArray[np.uint8], at: int, end: int, word: NDArray[np.uint8]) -> bool:
    same = int64(0)
    while same < len(word) and at + same < end and byte(data, at + same) == byte(word, same):
        same += 1
    return same == len(word)


@lean
def _holds(data: NDArray[np.uint8], at: int, end: int, word: NDArray[np.uint8]) -> bool:
    while at < end:
        if _begins(data, at, end, word):
            return True
        at += 1
    return False


@lean
def _whole(data: NDArray[np.uint8], at: int, end: int) -> bool:
    """Whether a number is whole, as it is written."""
    at += byte(data, at) == 45
    while at < end and 48 <= byte(data, at) <= 57:
        at += 1
    return at == end


@lean
def _network(data: NDArray[np.uint8], at: int, end: int) -> int:
    """Whether a URL's scheme is one of the network's."""
    letters = int64(0)
    for i in range(min(end - at, _FARTHEST)):
        one = byte(data, at + i)
        if one == 92:
            return _DOUBTFUL
        if one == 58:
            http = letters == 0x68747470 or letters == 0x6874747073
            return _YES if http or letters == 0x7773 or letters == 0x777373 else _NO
        letters = letters << 8 | (one | 32)
    return _NO


@compiled(memory, tokens)
def _judge(
    data: NDArray[np.uint8],
    starts: NDArray[np.int32],
    ends: NDArray[np.int32],
    escapes: NDArray[np.uint8],
    behind: int,
    ascii_only: bool,
    out_start: NDArray[np.int32],
    out_end: NDArray[np.int32],
    out_escaped: NDArray[np.uint8],
    doubtful: NDArray[np.bool_],
) -> None:
    for entry in range(starts.shape[1]):
        said = False
        for key in range(starts.shape[0]):
            said = said or starts[key, entry] != -1
        doubt = not said
        kind = int64(_NOTHING)
        # Texts, or nothing.
        for part, key in ((_TIME, _BEGUN), (_VERB, _METHOD), (_TARGET, _URL), (_BY, _SERVER)):
            first = int64(starts[key, entry])
            out_start[part, entry] = first if _kind(data, first) == _TEXT else int64(-1)
            out_end[part, entry] = ends[key, entry]
            out_escaped[part, entry] = escapes[key, entry]
        first, last = int64(starts[_TOOK, entry]), int64(ends[_TOOK, entry])
        doubt = doubt or _kind(data, first) != _NUMBER
        out_start[_DURATION, entry], out_end[_DURATION, entry] = first, last
        out_escaped[_DURATION, entry] = 0
        # What went wrong.
        words, words_end, key = int64(behind), int64(behind), int64(_ERROR)
        while key <= _FAILURE and words == words_end:
            if _kind(data, int64(starts[key, entry])) == _TEXT:
                words, words_end = int64(starts[key, entry]), int64(ends[key, entry])
                doubt = doubt or escapes[key, entry]
            key += 1
        first, last = int64(starts[_STATUS, entry]), int64(ends[_STATUS, entry])
        kind = _kind(data, first)
        doubt = doubt or kind == _OTHER or (kind == _NUMBER and not _whole(data, first, last))
        gave_up = False
        unanswered = kind == _NUMBER and (byte(data, first) == 48 or byte(data, first) == 45)
        if unanswered and words == words_end:
            if _kind(data, int64(starts[_STATUS_TEXT, entry])) == _TEXT:
                words, words_end = int64(starts[_STATUS_TEXT, entry]), int64(ends[_STATUS_TEXT, entry])
                doubt = doubt or escapes[_STATUS_TEXT, entry]
            if words == words_end:
                words, words_end = behind + 9, behind + 18
        if words < words_end:
            gave_up = _begins(data, words, words_end, _ABORTED) or _begins(data, words, words_end, _UNBOUND)
            gave_up = gave_up or (words_end - words == 7 and _begins(data, words, words_end, _CHROMES))
        if unanswered:
            first, last = (behind + 1, behind + 4) if gave_up else (behind, behind + 1)
        elif kind == _NUMBER and last - first == 3 and byte(data, first) == 52:
            gave_up = gave_up or (byte(data, first + 1) == 57 and byte(data, first + 2) == 57)
        out_start[_ANSWER, entry], out_end[_ANSWER, entry] = first, last
        out_escaped[_ANSWER, entry] = escapes[_STATUS, entry] and not unanswered
        out_start[_WORDS, entry] = int64(-1) if gave_up or words == words_end else words
        out_end[_WORDS, entry], out_escaped[_WORDS, entry] = words_end, 0
        # Whether it was sent.
        unsent = False
        if words < words_end:
            unsent = (
                _begins(data, words, words_end, _BLOCKED)
                or _begins(data, words, words_end, _CACHE_MISS)
                or _begins(data, words, words_end, _FILE)
            )
        first, last = int64(starts[_CACHED, entry]), int64(ends[_CACHED, entry])
        kind = _kind(data, first)
        unsent = unsent or (kind == _TEXT and first < last) or (kind == _OTHER and byte(data, first) == 116)
        doubt = doubt or kind == _NUMBER or (kind == _OTHER and byte(data, first) > 116)
        doubt = doubt or (kind == _OTHER and byte(data, first) == 91)
        first, last = int64(starts[_FETCHED, entry]), int64(ends[_FETCHED, entry])
        kind = _kind(data, first)
        doubt = doubt or kind >= _NUMBER or (kind == _TEXT and escapes[_FETCHED, entry])
        unsent = unsent or (kind == _TEXT and _holds(data, first, last, _CACHE))
        if out_start[_TARGET, entry] >= 0:
            network = _network(data, int64(out_start[_TARGET, entry]), int64(out_end[_TARGET, entry]))
            doubt = doubt or network == _DOUBTFUL
            unsent = unsent or network == _NO
        out_start[_SENT, entry], out_end[_SENT, entry] = (behind + 4 if unsent else int64(-1)), behind + 9
        out_escaped[_SENT, entry] = 0
        if unsent:
            out_start[_TARGET, entry] = -1
        if not ascii_only:
            for part in range(out_start.shape[0]):
                first, last = int64(out_start[part, entry]), int64(out_end[part, entry])
                doubt = doubt or (first >= 0 and not is_utf8(data, first, last))
        if doubt:
            for part in range(out_start.shape[0]):
                out_start[part, entry] = -1
        doubtful[entry] = doubt and said
