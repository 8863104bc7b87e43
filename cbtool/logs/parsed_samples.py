"""JMeter's results as XML read at leisure, where the compiled scanner leaves them: odd and damaged ones.

What it says of a sample is what the scanner must say of it, if it says anything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from xml.parsers import expat

import msgspec

from cbtool.traffic.scanning.jtl import ATTRIBUTES, CHILDREN, LONGEST

if TYPE_CHECKING:
    from collections.abc import Mapping

_LONGEST_TAG = 16 << 20  # bytes; the parser goes over an unfinished one again and again
_AT_A_TIME = 256 << 10  # bytes; what is behind the place where it stops, the parser still goes over
_AT_LEAST = 128 << 10  # bytes before the scanner has its turn again: to make a parser takes time, too


class ParsedSample(msgspec.Struct, gc=False):
    """A sample: what it says by `TIME` and the others, and where its tag begins among all bytes."""

    said: dict[int, str]
    at: int


_NOTHING = ParsedSample({}, 0)


class _WholeError(Exception):
    """All that was begun has ended; there the scanner can go on."""

    def __init__(self, at: int) -> None:
        self.at = at


class DoctypeError(Exception):
    """There is a document type, and so perhaps entities; JMeter never writes one."""


class Parser:
    """Parses from some place in the root on.

    Counted is what JMeter's CSV would count: each request, and of a transaction its requests rather than
    itself. What a request loaded on the way (redirects, images) stands within it and is a part of it.

    Attributes:
        made: the samples that are complete.
        damage: where, from the place on, and what is wrong; None: nothing so far.
    """

    def __init__(self, before: bytes = b"", encoding: str | None = None) -> None:
        """Begin a file, or go on with one.

        Args:
            before: what opens the root; empty: what is fed is the file from its beginning.
            encoding: of all bytes; None: as the file says.
        """
        self.made = list[ParsedSample]()
        self.damage: Damage | None = None
        self._request = _NOTHING
        self._requests = 0  # how many are open, all in this one
        self._samples = list[ParsedSample]()
        self._counted = 0  # how many of them, outer ones first, have a request in them
        self._text: list[str] | None = None
        self._length = 0
        self._depth = 0
        self._resumable, self._whole = bool(before), False
        self._heard, self._silent = True, 0
        self._parser = parser = expat.ParserCreate(encoding, namespace_separator="}")
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._data
        parser.StartDoctypeDeclHandler = self._doctype
        parser.DefaultHandlerExpand = self._other
        if hasattr(parser, "SetReparseDeferralEnabled"):  # else what is complete might not be told yet
            parser.SetReparseDeferralEnabled(False)
        parser.Parse(before, False)
        self._before = self._fed = len(before)
        self._above = before.count(b"\n"), len(before) - before.rfind(b"\n") - 1

    def feed(self, data: memoryview) -> int | None:
        """Parse some more.

        Returns:
            Where in these bytes the scanner can go on; None: nowhere, or there is damage.

        Raises:
            DoctypeError: there is a document type.
        """
        begun = self._fed
        try:
            for at in range(0, len(data), _AT_A_TIME):
                self._feed(data[at : at + _AT_A_TIME])
        except _WholeError as whole:
            return whole.at - begun
        except expat.ExpatError as error:
            line, column = error.lineno - 1 - self._above[0], error.offset
            self._damaged(self._parser.ErrorByteIndex, line, column if line else column - self._above[1])
        except (ValueError, LookupError) as error:  # too much of a tag, or an encoding that nobody knows
            self._damaged(begun, 0, 0, str(error))
        return None

    def _feed(self, data: memoryview) -> None:
        self._heard = False
        self._fed += len(data)
        self._parser.Parse(data, False)
        self._silent = 0 if self._heard else self._silent + len(data)
        if self._silent > _LONGEST_TAG:
            raise ValueError(f"a tag of over {_LONGEST_TAG >> 20} MB")

    def _damaged(self, at: int, line: int, column: int, what: str = "") -> None:
        self.damage = Damage(at - self._before, line, column, what)

    def _hear(self) -> None:
        self._heard = True
        if self._whole:
            raise _WholeError(self._parser.CurrentByteIndex)

    def _other(self, _text: str) -> None:
        self._hear()

    def _start(self, tag: str, attributes: Mapping[str, str]) -> None:
        self._hear()
        self._depth += 1
        self._text, self._length = ([] if tag in CHILDREN else None), 0
        if tag not in {"httpSample", "sample"}:
            return
        if self._requests:
            sample = _NOTHING
        else:
            said = {what: attributes[name] for name, what in ATTRIBUTES.items() if name in attributes}
            sample = ParsedSample(said, self._parser.CurrentByteIndex - self._before)
        if tag == "sample":
            self._samples.append(sample)
            return
        if not self._requests:
            self._request, self._counted = sample, len(self._samples)
        self._requests += 1

    def _doctype(self, *_said: object) -> None:
        raise DoctypeError

    def _data(self, text: str) -> None:
        self._hear()
        if self._text is not None and self._length < LONGEST:
            self._text.append(text[: LONGEST - self._length])
            self._length += len(self._text[-1])

    def _end(self, tag: str) -> None:
        self._hear()
        self._depth -= 1
        if tag in CHILDREN and self._text is not None and self._requests == 1:
            self._request.said[CHILDREN[tag]] = "".join(self._text)
        elif tag == "httpSample":
            self._requests -= 1
            if not self._requests:
                self.made.append(self._request)
        elif tag == "sample":
            sample = self._samples.pop()
            if len(self._samples) < self._counted:
                self._counted = len(self._samples)
            elif not self._requests:
                self.made.append(sample)
        self._text = None
        if self._resumable and self._depth == 1:
            self._whole = self._parser.CurrentByteIndex - self._before >= _AT_LEAST


class Damage(NamedTuple):
    """How many bytes, how many line ends, how many characters of its line come before it; what it is."""

    at: int
    line: int
    column: int
    what: str = ""
