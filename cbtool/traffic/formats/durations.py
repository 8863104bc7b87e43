"""Where lines of somebody's own order have a duration, and in which unit.

Of the values behind the status: one that a word names; one with a unit behind it; one that has a point in it
on every line, in seconds, the largest if there are several; and whole numbers where what is in them tells the
unit. What is in quotes with more than a number is a client's, and is not looked at.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from cbtool.traffic.formats import fields

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cbtool.traffic.formats.fields import Field

MOST = 0.6
"""The share of lines that must look so."""

_NEARLY_ALL = 0.9  # of their values must be numbers
_FURTHEST = 8  # values from the end, and from the status
_TEXT = r'(?:[^"\\]|\\.)*'
_SECONDS = r"[0-9]+\.[0-9]+|-"
_OPENS, _CLOSES = r'["\[(]?', r'["\]),;]?'
_NAMED = re.compile(
    r"\b(request_time|request-time|req_time|rt|response_time|total_time|duration|took|elapsed|time)"
    r"[=: ]{1,2}[\"\[]?\d+\.\d+(?= |$|[\"\]),;|])"
)
_UNITS = {
    "ms": fields.MILLISECOND,
    "msec": fields.MILLISECOND,
    "msecs": fields.MILLISECOND,
    "s": fields.SECOND,
    "sec": fields.SECOND,
    "secs": fields.SECOND,
    "us": fields.MICROSECOND,
    "µs": fields.MICROSECOND,
}
_WITH_UNIT = re.compile(r"(?:^|[ =:(\[])((?:\d+h)?(?:\d+m)?\d+(?:\.\d+)?(?:ms|µs|us|ns|s))(?= |$|[)\],;|])")
_APART = re.compile(r"(?:^|[ =:(\[])(\d+(?:\.\d+)?) (ms|msec|msecs|s|sec|secs|us|µs)(?= |$|[)\],;|])")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')
_VALUE = rf'(?: (?:"{_TEXT}"|[^ ]+))'
_PLACE = re.compile(r'^["\[(]?(\d+\.\d{1,6}|-)["\]),;]?$')
_BOTH = re.compile(r"(?:^|[ *])(\d{1,5})[ /](\d+)(?=\**$)")
_MILLION = 1_000_000
_LAST_WHOLE = re.compile(r'" (\d{1,8})(?= |$)(?!.*")')
_MICROSECONDS = re.compile(r"(?:^| )D=(\d+)(?= |$)")
_SERVED = re.compile(r"^ (?:\d+|-) (\d{1,8}) (\d{1,8})$")
_SERVED_BY_BITBUCKET = re.compile(r"^ \| (?:\d+|-) \| (?:\d+|-) \| [^|]*\| (?:\d+|-) \| [^|]*\|?")
_LAST_OF_TWO = re.compile(r"^ (?:\d+|-) (\d{1,8})$")
_ENOUGH, _LEAST = 3, 8  # lines
_HUNDRED, _THOUSAND = 100, 1000


class Duration(NamedTuple):
    """Where it stands: the pattern of what is behind the status, how it is read, and the same in words.

    Attributes:
        begun: whether who writes it stamps requests' starts.
    """

    pattern: str
    field: Field
    words: str
    begun: bool = False


def duration_in(rests: Sequence[str]) -> Duration | None:
    """Return where the duration is in what stands behind n lines' status; None if nothing tells."""
    bare = [_QUOTED.sub(lambda found: found[0] if _PLACE.match(found[1]) else '"Q"', rest) for rest in rests]
    return _named(bare) or _with_unit(bare) or _decimal(bare) or _whole(bare)


def _seconds(pattern: str, words: str) -> Duration:
    return Duration(pattern, fields.duration("took", fields.SECOND), words)


def _named(rests: Sequence[str]) -> Duration | None:
    named = Counter(found[1] for rest in rests for found in _NAMED.finditer(rest))
    usual = [name for name, count in named.items() if count >= MOST * len(rests)]
    if usual:
        # The whole request's time before an upstream's.
        name = min(usual, key=lambda each: not each.startswith(("req", "rt")))
        pattern = rf'.*?[^\w]{name}[=: ]+["\[]?(?<took>{_SECONDS}).*'
        return _seconds(pattern, f"what is called {name}")
    if sum(bool(_MICROSECONDS.search(rest)) for rest in rests) >= MOST * len(rests):
        took = fields.duration("took", fields.MICROSECOND)
        return Duration(r".*? D=(?<took>[0-9]+)(?: .*)?", took, "D=, in microseconds", begun=True)
    return None


def _with_unit(rests: Sequence[str]) -> Duration | None:
    if sum(bool(_WITH_UNIT.search(rest)) for rest in rests) >= MOST * len(rests):
        pattern = r"(?:.*?[ =:(\[])?(?<took>[0-9][0-9.hm]*(?:ms|µs|us|ns|s))(?:[ )\],;|].*)?"
        return Duration(pattern, fields.timed("took"), "the value with a unit")
    units = Counter(found[2] for rest in rests if (found := _APART.search(rest)))
    if not units or (usual := units.most_common(1)[0])[1] < MOST * len(rests):
        return None
    took = fields.duration("took", _UNITS[usual[0]])
    pattern = rf"(?:.*?[ =:(\[])?(?<took>[0-9]+(?:\.[0-9]+)?) {usual[0]}(?:[ )\],;|].*)?"
    return Duration(pattern, took, f"the value before {usual[0]}")


def _decimal(rests: Sequence[str]) -> Duration | None:
    found: list[tuple[float, int, Duration]] = []
    for place in range(_FURTHEST):
        end = _sum(rests, -1 - place)
        if end is not None:
            words = "the last value" if not place else f"value {place + 1} from the end"
            pattern = rf".*? {_OPENS}(?<took>{_SECONDS}){_CLOSES}" + _VALUE * place
            found.append((end, -place, _seconds(pattern, words)))
        start = _sum(rests, place + 1)
        if start is not None and not end:
            pattern = _VALUE * place + rf" {_OPENS}(?<took>{_SECONDS}){_CLOSES}(?: .*)?"
            found.append(
                (start, -_FURTHEST - place, _seconds(pattern, f"value {place + 1} behind the status"))
            )
    return max(found, key=lambda each: each[:2])[2] if found else None


def _sum(rests: Sequence[str], at: int) -> float | None:
    """The sum of the values at one place, if nearly all lines have a number there."""
    numbers, there = 0.0, 0
    decimals = 0
    for rest in rests:
        values = rest.split(" ")
        found = _PLACE.match(values[at]) if -len(values) <= at < len(values) else None
        if found is not None:
            there += 1
            decimals += found[1] != "-"
            numbers += float(found[1]) if found[1] != "-" else 0.0
    return numbers if there >= _NEARLY_ALL * len(rests) and decimals * 2 >= len(rests) > 0 else None


def _whole(rests: Sequence[str]) -> Duration | None:
    """Whole numbers: of what is in them, or of what stands around them, their unit is known."""
    return (
        _seconds_and_micros(rests)
        or _tomcats(rests)
        or _bitbuckets(rests)
        or _behind_the_agent(rests)
        or _behind_the_size(rests)
    )


def _seconds_and_micros(rests: Sequence[str]) -> Duration | None:
    both = [(int(found[1]), int(found[2])) for rest in rests if (found := _BOTH.search(rest))]
    alike = all(micro // _MILLION == whole for whole, micro in both) and any(
        micro > _THOUSAND for _, micro in both
    )
    if len(both) < _NEARLY_ALL * len(rests) or not alike:
        return None
    took = fields.duration("took", fields.MICROSECOND)
    return Duration(
        r"(?:.*?[ *])?[0-9]+[ /](?<took>[0-9]+)\**",
        took,
        "the microseconds behind the seconds (%T %D)",
        begun=True,
    )


def _tomcats(rests: Sequence[str]) -> Duration | None:
    served = [(int(found[1]), int(found[2])) for rest in rests if (found := _SERVED.match(rest))]
    begun = all(committed <= whole <= 2 * committed + 1 for whole, committed in served)
    if len(served) < max(_NEARLY_ALL * len(rests), _ENOUGH) or not begun:
        return None
    took = fields.duration("took", fields.MILLISECOND)
    return Duration(r" (?:[0-9]+|-) (?<took>[0-9]+) [0-9]+", took, "Tomcat's %D and %F, in milliseconds")


def _bitbuckets(rests: Sequence[str]) -> Duration | None:
    if sum(bool(_SERVED_BY_BITBUCKET.match(rest)) for rest in rests) < MOST * len(rests):
        return None
    took = fields.duration("took", fields.MILLISECOND)
    return Duration(
        r" \| [^|]*\| [^|]*\| [^|]*\| (?<took>[0-9]+|-) \|.*",
        took,
        "Bitbucket's response time, in milliseconds",
    )


def _behind_the_agent(rests: Sequence[str]) -> Duration | None:
    last = [int(found[1]) for rest in rests if (found := _LAST_WHOLE.search(rest))]
    few = sum(number < _HUNDRED for number in last)
    if len(last) >= max(_NEARLY_ALL * len(rests), _LEAST) and few == len(last) and _are_no_seconds(last):
        return _milliseconds(rf'.*?"{_TEXT}" (?<took>[0-9]+)(?: [^"]*)?')
    if last.count(0) * 2 >= len(last) and max(last, default=0) < _THOUSAND:
        return None  # as whole seconds would be, of which most are none
    # No server answers a tenth of its requests within a hundred microseconds, and hardly one takes over 99 s.
    if len(last) < _NEARLY_ALL * len(rests) or few == len(last) or few * 10 < len(last):
        return None
    return _milliseconds(rf'.*?"{_TEXT}" (?<took>[0-9]+)(?: [^"]*)?')


def _behind_the_size(rests: Sequence[str]) -> Duration | None:
    """Tomcat's and Reactor Netty's `common %D`."""
    last = [int(found[1]) for rest in rests if (found := _LAST_OF_TWO.match(rest))]
    few = sum(number < _HUNDRED for number in last)
    if len(last) < max(_NEARLY_ALL * len(rests), _LEAST) or not _are_no_seconds(last) or few * 10 < len(last):
        return None
    return _milliseconds(" (?:[0-9]+|-) (?<took>[0-9]+)")


def _are_no_seconds(numbers: Sequence[int]) -> bool:
    """Whether they would be far too long: of a server's whole seconds most are none, or one."""
    return sum(number <= 1 for number in numbers) * 10 < len(numbers)


def _milliseconds(pattern: str) -> Duration:
    return Duration(pattern, fields.duration("took", fields.MILLISECOND), "the last number, as milliseconds")
