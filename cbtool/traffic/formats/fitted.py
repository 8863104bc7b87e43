"""A format in nginx' notation that fits a file's first lines, made from what is seen in them.

For lines that have a time, a method, a path and a status between delimiters of somebody's own (Amazon's API
gateway as CSV or XML, say). It is told, so that it can be set right; where it is not certain enough to be
used, it is the example of what to say.
"""

from __future__ import annotations

import re
from dataclasses import replace
from string import ascii_lowercase
from typing import TYPE_CHECKING, NamedTuple

from cbtool.errors import ConfigurationError
from cbtool.traffic.formats.templates import template_format

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cbtool.traffic.formats.log_format import LogFormat

_LONGEST = 2000  # characters of a line
_CLOCK = r"\d\d:\d\d:\d\d"
_TIMES = {
    "time_local": re.compile(rf"\d\d/[A-Z][a-z]{{2}}/\d{{4}}:{_CLOCK} [-+]\d{{4}}"),
    "time_iso8601": re.compile(rf"\d{{4}}-\d\d-\d\dT{_CLOCK}(?:\.\d+)?(?:Z|[-+]\d\d:?\d\d)?"),
    "msec": re.compile(r"(?<![\w.])1\d{9}\.\d{3}(?![\w.])"),
}
_METHOD = re.compile(r"(?<![\w/.-])(?:GET|HEAD|POST|PUT|DELETE|PATCH|OPTIONS)(?![\w/.-])")
_TARGET = re.compile(r"(?:(?<=[\s,;|>\"'])|^)(?:https?://[^\s,;|<>\"]+|/[^\s,;|<>\"]*)")
_STATUS = re.compile(r"(?<![\w./:-])[1-5]\d\d(?![\w./:-])")
_NAMED = re.compile(r"(?:status|code)\W{1,4}$", re.IGNORECASE)
_SECONDS = re.compile(r"(?<![\w./:-])\d+\.\d{3,6}(?![\w./:-])")


_VALUE = re.compile(r"[\w-]")
_TAG = r"</?[A-Za-z]\w*>"
_HEAD = re.compile(rf"(?:{_TAG}|[^\w<-])*")
_TAIL = re.compile(rf"(?:{_TAG}|[^\w>-])*$")


class Fitted(NamedTuple):
    """A format made from a line.

    Attributes:
        template: in nginx' notation.
        missing: what such a format needs and the lines do not have.
        certain: whether nothing else in the lines could be the status, and there is a method.
    """

    template: str
    missing: tuple[str, ...]
    certain: bool


def fitted_format(lines: Sequence[str]) -> LogFormat | None:
    """Return such a format of these lines, the first of a file; None where it is not certain enough."""
    found = fitted(lines) if lines else None
    if found is None or found.missing or not found.certain:
        return None
    try:
        log_format = template_format(found.template)
    except ConfigurationError:  # nothing parts two values
        return None
    note = f"the lines were read as --log-format '{found.template}' says, which was made to fit the first one"
    return replace(log_format, name="guessed", detected=True, notes=(note,))


class _Place(NamedTuple):
    name: str
    start: int
    end: int


def fitted(lines: Sequence[str]) -> Fitted:
    """Return a format that fits the first of these lines, of which there is one at least."""
    line = lines[0][:_LONGEST]
    places = [place for name, time in _TIMES.items() if (place := _first(name, time, line))][:1]
    method = _first("request_method", _METHOD, line)
    target = _first("request_uri", _TARGET, line, 0 if method is None else method.end)
    places += _asked(line, method, target)
    statuses = [found for found in _STATUS.finditer(line) if _free(found, places)]
    named = [found for found in statuses if _NAMED.search(line[: found.start()])]
    likely = named or [found for found in statuses if places and found.start() > places[-1].end]
    likely = likely or (statuses if places else [])  # a number alone says nothing
    if likely:
        places.append(_Place("status", *likely[0].span()))
    seconds = [found for found in _SECONDS.finditer(line) if _free(found, places)]
    if len(seconds) == 1:
        places.append(_Place("request_time", *seconds[0].span()))
    names = {place.name for place in places}
    missing = tuple(
        what for what, found in (("time", names & _TIMES.keys()), ("status", names & {"status"})) if not found
    )
    certain = len(likely) == 1 and method is not None and target is not None
    return Fitted(_template(line, sorted(places, key=lambda each: each.start)), missing, certain)


def _asked(line: str, method: _Place | None, target: _Place | None) -> list[_Place]:
    """The method and the target, or the request line that they stand in between quotes."""
    if method is not None and target is not None and line[method.start - 1 : method.start] == '"':
        closes = line.find('"', target.end)
        if closes >= 0:
            return [_Place("request", method.start, closes)]
    return [each for each in (method, target) if each is not None]


def _first(name: str, pattern: re.Pattern[str], line: str, start: int = 0) -> _Place | None:
    found = pattern.search(line, start)
    return None if found is None else _Place(name, *found.span())


def _free(found: re.Match[str], places: Sequence[_Place]) -> bool:
    return all(found.end() <= place.start or place.end <= found.start() for place in places)


def _template(line: str, places: Sequence[_Place]) -> str:
    """The line with variables in the places of these, and of what is between and around them."""
    variables = iter(ascii_lowercase)
    made, at = "", 0
    for place in places:
        made += _between(line[at : place.start], variables) + f"${place.name}"
        at = place.end
    return made + _between(line[at:], variables)


def _between(text: str, variables: Iterator[str]) -> str:
    """A text's signs and tags at both ends, with a variable for what is between them."""
    if not _VALUE.search(text):
        return text
    head, tail = _HEAD.match(text), _TAIL.search(text)
    start, end = head.end() if head else 0, tail.start() if tail else len(text)
    if start >= end:
        return text
    return f"{text[:start]}${next(variables)}{text[end:]}"
