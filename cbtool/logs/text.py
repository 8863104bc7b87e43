"""What stands around the lines of a log that another program passed on, taken off; UTF-16 as UTF-8.

Container runtimes put a time, a stream's name or the container's name before each line, in colour for a
terminal, or make a JSON object of it; syslog puts its own header before it, loggers a time and a level, and
collectors make it a text within an object of their own. Which of these a file has, its beginning tells.
Sources: Kubernetes' CRI logging format, Docker's json-file driver and compose, kubectl logs --prefix, RFC
3164 and RFC 5424, journalctl -o json, Filebeat, Fluent Bit, CloudWatch's and Google Cloud Logging's exports,
Caddy's console.
"""

from __future__ import annotations

import codecs
import re
from typing import TYPE_CHECKING, Any

import msgspec

from cbtool.logs.whole_lines import LONGEST_LINE, lines_to_the_last

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Bare = Callable[[bytes, bool], bytes]
    """What gives whole lines without what stands around them, and is told when these are the last."""

_UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
_TOLD_BY = 40  # lines at the beginning
_MOST = 0.6  # of them must have what is taken off
_UTF16 = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
_ISO = rb"\d{4}-\d\d-\d\dT\S{8,30}"
_PREFIXES = tuple(
    re.compile(rb"^" + prefix, re.MULTILINE)
    for prefix in (
        rb"[\w.-]+ +\| ",
        rb"\[pod/[\w./-]+\] ",
        # Formats of text have their own way with these; what follows must be one that has not.
        rb"(?:<\d{1,3}>)?[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \S+ [^\s:\[{]{1,64}(?:\[\d+\])?: ?(?=[{\[])",
        rb"<\d{1,3}>1 " + _ISO + rb" \S+ (?!heroku )\S+ \S+ \S+ (?:-|\[[^\]]*\]) (?:\xef\xbb\xbf)?",
    )
)
# HAProxy's JSON, where a format quotes the whole of it.
_QUOTES = re.compile(rb"^[^{'\n]{0,200}'(\{\s*\"[^\n]*\})'[ \t\r]*$", re.MULTILINE)
_COLOUR = re.compile(rb"\x1b\[[\d;]*m")  # as for a terminal
_CRI = re.compile(rb"^" + _ISO + rb" (stdout|stderr) ([FP])(?::\w+)? ", re.MULTILINE)
_PARTIAL = re.compile(rb"^\S+ std(?:out|err) P", re.MULTILINE)
_CONSOLE = re.compile(
    rb"^(\d{4}/\d\d/\d\d \d\d:\d\d:\d\d(?:\.\d+)?) *\t"
    rb"([A-Z]+)\t([\w.]+)\t[^\t\n]*\t\{(\}?)",
    re.MULTILINE,
)
_CONSOLE_NOTE = "Caddy's console format has no time zone: its times were taken as UTC"
_BEFORE_OBJECT = re.compile(rb"^[^{\n]{1,200}(?=\{\s*\"[^\n]*\}\s*$)", re.MULTILINE)
_DATED_OBJECT = re.compile(
    rb"^[^{\n0-9]{0,40}?(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z| ?[-+]\d\d:?\d\d)?)[^{\n]{0,200}\{"
    rb"(?=\s*\"[^\n]*\}\s*$)",
    re.MULTILINE,
)
_DOCKER = re.compile(rb'^\{"log": ?"', re.MULTILINE)
_DOCKERS_END = re.compile(rb'^\{"log": ?".*\\n"(?:,|\})', re.MULTILINE)  # its texts end as the lines did
_KEYS = ("log", "message", "MESSAGE", "textPayload", "@message", "msg", "line", "event.original")
WHOLE_LINE = re.compile(
    r'\[\d\d/[A-Z][a-z]{2}/\d{4}:[^\]]+\].*" \d{3} |\[\d\d/[A-Z][a-z]{2}/\d{4}:[\d:.]+\] \S+ \S+/\S+ '
    r'|^\s*\{\s*"|^\[GIN\] \d{4}/|heroku\[router\]|^\[?\d{4}-\d\d-\d\d[T ].*" \d{3} '
)
"""What a text within an object looks like that is an access log's line of its own."""

_STATUS = re.compile(rb'"[^"]*(?:status|Status)(?:_?[Cc]ode)?":')


def plain_text(
    pieces: Iterator[bytes], note: Callable[[str], None] = lambda _: None, *, deepest: int = 3
) -> Iterator[bytes]:
    """Yield a stream's pieces without what stands around each line.

    Args:
        pieces: the stream's.
        note: is told what the user should know of it.
        deepest: how many things around each other are taken off.
    """
    pieces = _as_utf8(pieces)
    first = next(pieces, b"")
    head = b"".join(first.splitlines(keepends=True)[:_TOLD_BY])
    bare = _bare(head, note) if deepest else None
    if bare is None:
        yield first
        yield from pieces
    else:
        # What was passed on may have been passed on before: a console's line by a container's runtime.
        yield from plain_text(_changed(bare, first, pieces), note, deepest=deepest - 1)


def _as_utf8(pieces: Iterator[bytes]) -> Iterator[bytes]:
    first = next(pieces, b"")
    encoding = _UTF16.get(first[:2])
    if encoding is None:
        yield first.removeprefix(codecs.BOM_UTF8)
        yield from pieces
        return
    decode = codecs.getincrementaldecoder(encoding)("replace").decode
    yield decode(first[2:]).encode("utf-8", "replace")
    for piece in pieces:
        yield decode(piece).encode("utf-8", "replace")


def _bare(head: bytes, note: Callable[[str], None]) -> Bare | None:
    """Return what takes off what most of the first lines have around them; None if they have nothing."""
    wanted = max(1, _MOST * head.count(b"\n"))
    if head.startswith(b"{"):
        return _within_objects(head, wanted)
    if _COLOUR.search(head):
        return lambda lines, _: _COLOUR.sub(b"", lines)
    if len(_CRI.findall(head)) >= wanted:
        return _Parts(_of_cri)
    for around in (*_PREFIXES, _QUOTES):
        if len(around.findall(head)) >= wanted:
            return lambda lines, _, around=around: around.sub(_within, lines)  # type: ignore[misc]
    if len(_CONSOLE.findall(head)) >= wanted:
        note(_CONSOLE_NOTE)
        return lambda lines, _: _CONSOLE.sub(_console, lines)
    return _before_objects(head, wanted)


def _before_objects(head: bytes, wanted: float) -> Bare | None:
    """Return what takes off what a logger puts before an object; None if most lines are no such."""
    first = head.partition(b"\n")[0]
    header = b"{" not in first and first.count(b",") > 1  # of rows, of which a value may be an object
    before = [] if header else [found.end() for found in _BEFORE_OBJECT.finditer(head)]
    if len(before) >= wanted and sum(_is_object(head, at) for at in before) >= wanted:
        return lambda lines, _: _BEFORE_OBJECT.sub(b"", _DATED_OBJECT.sub(_with_date, lines))
    return None


def _within(found: re.Match[bytes]) -> bytes:
    """What stands within what is taken off: nothing behind a prefix."""
    return found[1] if found.re.groups else b""


def _is_object(data: bytes, at: int) -> bool:
    try:
        return isinstance(msgspec.json.decode(data[at:].partition(b"\n")[0]), dict)
    except _UNREADABLE:
        return False


def _with_date(found: re.Match[bytes]) -> bytes:
    """The beginning of an object, and in it the date that stands before it: it may have none of its own."""
    return b'{"logged_before":"%b",' % found[1]


def _console(found: re.Match[bytes]) -> bytes:
    """What stands before a console line's object, as the beginning of the object."""
    ts, level, logger, end = found.groups()
    return b'{"ts":"%b","level":"%b","logger":"%b"%b' % (ts, level.lower(), logger, end or b",")


def _within_objects(head: bytes, wanted: float) -> Bare | None:
    """Return what takes texts out of objects that have nothing else to say."""
    if len(_DOCKER.findall(head)) >= wanted and _DOCKERS_END.search(head):
        return _Parts(_of_docker)
    if len(_STATUS.findall(head)) >= wanted:
        return None
    objects = [found for line in head.split(b"\n") if isinstance(found := _decoded(line), dict)]
    for key in _KEYS:
        texts = [text for each in objects if (text := _said(each.get(key))) is not None]
        if len(texts) >= wanted and sum(bool(WHOLE_LINE.search(text)) for text in texts) * 2 > len(texts):
            return lambda lines, _, key=key: _taken(lines, key)  # type: ignore[misc]
    return None


def _decoded(line: bytes) -> Any:
    try:
        return msgspec.json.decode(line)
    except _UNREADABLE:
        return None


def _taken(lines: bytes, key: str) -> bytes:
    decode = msgspec.json.Decoder(
        msgspec.defstruct("Logged", [("text", str | list[int], msgspec.field(name=key))])
    ).decode
    found = []
    for line in lines.splitlines(keepends=True):
        try:
            text = _said(decode(line).text)  # type: ignore[attr-defined]
        except _UNREADABLE:
            text = None
        if text is None:
            found.append(line)
        else:
            found.append(text.encode("utf-8", "replace").replace(b"\n", b" ").rstrip() + b"\n")
    return b"".join(found)


def _said(value: Any) -> str | None:
    """A text; journald gives one with control characters, such as colours, as a list of bytes."""
    if isinstance(value, list):
        try:
            value = _COLOUR.sub(b"", bytes(value)).decode("utf-8", "replace")
        except (TypeError, ValueError):
            return None
    return value if isinstance(value, str) else None


class _Docked(msgspec.Struct):
    """A line of Docker's json-file driver."""

    log: str
    stream: str = ""


_docked = msgspec.json.Decoder(_Docked).decode
Part = tuple[bytes, bytes, bool]
"""Which stream it is of, what it says, and whether the line ends with it."""


def _of_docker(line: bytes) -> Part | None:
    try:
        found = _docked(line)
    except _UNREADABLE:
        return None
    text = found.log.encode("utf-8", "replace")
    return found.stream.encode(), text.rstrip(b"\n"), text.endswith(b"\n")


def _of_cri(line: bytes) -> Part | None:
    found = _CRI.match(line)
    return None if found is None else (found[1], line[found.end() :].rstrip(b"\r\n"), found[2] == b"F")


class _Parts:
    """Lines of containers, of which long ones come in parts: these joined, and empty lines in their place."""

    def __init__(self, part_of: Callable[[bytes], Part | None]) -> None:
        self._part_of = part_of
        self._begun: dict[
            bytes, tuple[bytes, int]
        ] = {}  # by stream: what there is of a line, in how many parts

    def __call__(self, lines: bytes, last: bool) -> bytes:  # as `Bare` has it
        if self._part_of is _of_cri and not self._begun and not _PARTIAL.search(lines):
            return _CRI.sub(b"", lines)
        made = []
        for line in lines.splitlines(keepends=True):
            part = self._part_of(line)
            if part is None:
                made.append(line)
                continue
            stream, text, ends = part
            before, number = self._begun.pop(stream, (b"", 0))
            # What is longer than any line may be need not be kept whole.
            whole = before + text if len(before) <= LONGEST_LINE else before
            if ends:
                made.append(whole + b"\n" * (number + 1))
            else:
                self._begun[stream] = whole, number + 1
        if last:
            made += [text + b"\n" * number for text, number in self._begun.values()]
        return b"".join(made)


def _changed(bare: Bare, first: bytes, pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Yield whole lines, each without what stands around it."""
    for lines, last in lines_to_the_last(first, pieces):
        yield bare(lines, last)
