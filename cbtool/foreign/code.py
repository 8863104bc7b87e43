"""Snippets of code: how each language writes a value, and how each library is called."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from cbtool.breaker.native import Unit, seconds_of
from cbtool.foreign.layout import Entry, comment_lines, quoted
from cbtool.units import NANOSECONDS, exact_duration, to_ns

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


@dataclass(frozen=True)
class Language:
    """How a language writes things.

    Attributes:
        name: for people.
        comment: what starts one.
        duration: a duration of so many seconds.
        flags: how it spells true and false.
    """

    name: str
    comment: str
    duration: Callable[[float], str]
    flags: tuple[str, str] = ("true", "false")

    def literal(self, value: Any, unit: Unit | None) -> str:
        """Return a value; a list becomes several, in which text is a duration."""
        if isinstance(value, (list, tuple)):
            return ", ".join(self.timed(part) for part in value)
        if isinstance(value, bool):
            return self.flags[not value]
        if unit is Unit.DURATION:
            return self.duration(seconds_of(value))
        return quoted(value) if isinstance(value, str) else repr(value)

    def timed(self, value: Any) -> str:
        """Return a value that is a duration where it is text."""
        return self.literal(value, Unit.DURATION if isinstance(value, str) else None)


def _scaled(seconds: float, units: Sequence[tuple[str, int]]) -> str:
    """Return a duration in the largest unit that divides it; the last one divides everything."""
    nanoseconds = to_ns(seconds)
    form, size = next((u for u in units if nanoseconds % u[1] == 0 and nanoseconds), units[-1])
    return form.format(nanoseconds // size)


_S, _MS, _US = NANOSECONDS, 1_000_000, 1_000


def _go(seconds: float) -> str:
    units = (
        ("{} * time.Second", _S),
        ("{} * time.Millisecond", _MS),
        ("{} * time.Microsecond", _US),
        ("{} * time.Nanosecond", 1),
    )
    return _scaled(seconds, units)


def _java(seconds: float) -> str:
    units = (("Duration.ofSeconds({})", _S), ("Duration.ofMillis({})", _MS), ("Duration.ofNanos({})", 1))
    return _scaled(seconds, units)


def csharp_duration(seconds: float) -> str:
    """Return a `TimeSpan`."""
    units = (
        ("TimeSpan.FromSeconds({})", _S),
        ("TimeSpan.FromMilliseconds({})", _MS),
        ("TimeSpan.FromTicks({})", 100),
    )
    return _scaled(seconds, units)


def timedelta(seconds: float) -> str:
    """Return Python's `timedelta`."""
    return f"timedelta(seconds={_number(seconds)})"


def _number(seconds: float) -> str:
    return f"{Decimal(repr(float(seconds))).normalize():f}"


def _text(seconds: float) -> str:
    return quoted(exact_duration(seconds))


_KEYWORDS = """
abstract and as assert async await base begin bool boolean break byte case catch chan char checked
class const continue debugger decimal def default defer del delegate delete do double elif else
elsif end ensure enum eval event except explicit export extends extern fallthrough false final
finally fixed float for foreach from func function global go goto if implements implicit import in
instanceof int interface internal is lambda let lock long map match module namespace native new next
nil none nonlocal not null object operator or out override package params pass private protected
public raise range readonly redo ref rescue retry return sbyte sealed select self short sizeof
stackalloc static strictfp string struct super switch synchronized then this throw throws transient
true try type typeof uint ulong unchecked undef unless unsafe until ushort using var virtual void
volatile when while with yield
"""
_RESERVED = frozenset(_KEYWORDS.split())
"""Words that one of the languages keeps for itself."""
PYTHON = Language("Python", "#", timedelta, ("True", "False"))
GO = Language("Go", "//", _go)
JAVA = Language("Java", "//", _java)
JAVASCRIPT = Language("JavaScript", "//", lambda seconds: f"{_number(seconds * 1000)}")
RUBY = Language("Ruby", "#", _number)
CSHARP = Language("C#", "//", csharp_duration)
YAML = Language("YAML", "#", _text)


def identifier(name: str) -> str:
    """Return a name that any language takes for a variable's."""
    word = re.sub(r"\W+", "_", name, flags=re.ASCII).strip("_").lower() or "breaker"
    return f"breaker_{word}" if word[0].isdigit() or word in _RESERVED else word


@dataclass(frozen=True)
class Call:
    """How a library is called.

    Attributes:
        language: whose code it is.
        head: lines before the arguments; `{name}` is the breaker's as a text, `{id}` as an identifier.
        argument: one argument; `{name}` is the setting's and `{value}` its value.
        tail: lines after them.
        special: by setting, what writes it where it is no plain value; gets it and every literal by name.
        heads: by setting, what stands in place of `head` where that is given.
        last_comma: whether the last argument may end in a comma.
    """

    language: Language
    head: str
    argument: str
    tail: str
    special: Mapping[str, Callable[[Any, Mapping[str, str]], str]] = field(default_factory=dict)
    heads: Mapping[str, str] = field(default_factory=dict)
    last_comma: bool = True

    def text(self, name: str, entries: Sequence[Entry], units: Mapping[str, Unit]) -> str:
        """Return the snippet."""
        indent = self.argument[: len(self.argument) - len(self.argument.lstrip())]
        literals = {e.name: self.language.literal(e.value, units.get(e.name)) for e in entries}
        names = {entry.name for entry in entries}
        head = next((head for setting, head in self.heads.items() if setting in names), self.head)
        lines = [self._around(head, name)]
        for entry in entries:
            write = self.special.get(entry.name)
            value = literals[entry.name] if write is None else write(entry.value, literals)
            lines += comment_lines(entry.comment, self.language.comment, indent)
            lines.append(self.argument.replace("{name}", entry.name).replace("{value}", value))
        if not self.last_comma:
            lines[-1] = lines[-1].removesuffix(",")
        return "\n".join([*lines, self._around(self.tail, name)]).rstrip("\n") + "\n"

    @staticmethod
    def _around(text: str, name: str) -> str:
        return text.replace("{id}", identifier(name)).replace("{name}", quoted(name))
