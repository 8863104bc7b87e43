"""JMeter's results as XML, read as they come: no tree is built."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree.ElementTree import ParseError, XMLParser

from cbtool.errors import WrongFormatError

if TYPE_CHECKING:
    from collections.abc import Iterator

_ATTRIBUTES = {"ts": "time", "t": "duration", "rc": "code", "rm": "message", "s": "success"}
_CHILDREN = {"java.net.URL": "url", "method": "method"}
_LONGEST = 4096  # characters of a child's text
_LONGEST_TAG = 16 << 20  # bytes; the parser goes over an unfinished one again and again
Call = dict[str, str]


class _Samples:
    """What the parser tells its tags to.

    Counted is what JMeter's CSV would count: each request, and of a transaction its requests rather than
    itself. What a request loaded on the way (redirects, images) stands within it and is a part of it.
    """

    def __init__(self) -> None:
        self.made: list[Call] = []
        """The calls that are complete."""
        self._requests: list[Call] = []
        self._samples: list[Call | None] = []  # None: there is a request in it
        self._text: list[str] | None = None
        self.told = 0
        """How often the parser told of anything."""

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Begin an element."""
        self.told += 1
        self._text = [] if tag in _CHILDREN else None
        if tag not in {"httpSample", "sample"}:
            return
        call = {name: attributes[short] for short, name in _ATTRIBUTES.items() if short in attributes}
        if tag == "sample":
            self._samples.append(call)
        else:
            self._requests.append(call)
            self._samples = [None] * len(self._samples)

    def doctype(self, _name: str, _public: str | None, _system: str | None) -> None:
        """Refuse what could define entities, which JMeter never writes."""
        raise WrongFormatError("a document type, which JMeter's results do not have")

    def data(self, text: str) -> None:
        """Take some text of the present element."""
        self.told += 1
        if self._text is not None and len(self._text) < _LONGEST:
            self._text.append(text[:_LONGEST])

    def end(self, tag: str) -> None:
        """End an element."""
        self.told += 1
        call: Call | None
        if tag in _CHILDREN and self._text is not None and self._requests:
            self._requests[-1][_CHILDREN[tag]] = "".join(self._text)
        elif tag == "httpSample":
            call = self._requests.pop()
            if not self._requests:
                self.made.append(call)
        elif tag == "sample":
            call = self._samples.pop()
            if call is not None and not self._requests:
                self.made.append(call)
        self._text = None


def samples(pieces: Iterator[bytes]) -> Iterator[Call]:
    """Yield the samples of a file, and where it is damaged, a last one that says where and is no call.

    Raises:
        WrongFormatError: it declares a document type, and so perhaps entities.
    """
    told, heard, silent = _Samples(), 0, 0
    parser = XMLParser(target=told)  # noqa: S314  # takes no entities, see `doctype`
    try:
        for piece in pieces:
            parser.feed(piece)
            yield from told.made
            told.made.clear()
            silent, heard = (silent + len(piece) if told.told == heard else 0), told.told
            if silent > _LONGEST_TAG:
                yield {"damaged": f"a tag of over {_LONGEST_TAG >> 20} MB"}
                return
    except ParseError as error:
        yield from told.made
        line, column = error.position
        yield {"damaged": f"line {line}, column {column}"}
