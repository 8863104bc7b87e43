"""Snippets of code: how each language writes a value, and how each library is called."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from cbtool.breaker.native import Unit, seconds_of
from cbtool.foreign.layout import Entry, comment_lines, quoted
from cbtool.units import NANOSECONDS, to_ns

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
        """Return a value."""
        if isinstance(value, bool):
            return self.flags[not value]
        if unit is Unit.DURATION:
            return self.duration(seconds_of(value))
        return quoted(value) if isinstance(value, str) else repr(value)


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


def _csharp(seconds: float) -> str:
    units = (
        ("TimeSpan.FromSeconds({})", _S),
        ("TimeSpan.FromMilliseconds({})", _MS),
        ("TimeSpan.FromTicks({})", 100),
    )
    return _scaled(seconds, units)


def _timedelta(seconds: float) -> str:
    return f"timedelta(seconds={_number(seconds)})"


def _number(seconds: float) -> str:
    return f"{Decimal(repr(float(seconds))).normalize():f}"


PYTHON = Language("Python", "#", _timedelta, ("True", "False"))
GO = Language("Go", "//", _go)
JAVA = Language("Java", "//", _java)
JAVASCRIPT = Language("JavaScript", "//", lambda seconds: f"{_number(seconds * 1000)}")
RUBY = Language("Ruby", "#", _number)
CSHARP = Language("C#", "//", _csharp)


@dataclass(frozen=True)
class Call:
    """How a library is called.

    Attributes:
        language: whose code it is.
        head: lines before the arguments; `{name}` is the breaker's as a text, `{id}` as an identifier.
        argument: one argument; `{name}` is the setting's and `{value}` its value.
        tail: lines after them.
        special: by setting, what writes it where it is no plain value; gets it and every literal by name.
    """

    language: Language
    head: str
    argument: str
    tail: str
    special: Mapping[str, Callable[[Any, Mapping[str, str]], str]] = field(default_factory=dict)

    def text(self, name: str, entries: Sequence[Entry], units: Mapping[str, Unit]) -> str:
        """Return the snippet."""
        identifier = re.sub(r"\W+", "_", name, flags=re.ASCII).strip("_").lower() or "breaker"
        if identifier[0].isdigit():
            identifier = f"breaker_{identifier}"
        indent = self.argument[: len(self.argument) - len(self.argument.lstrip())]
        literals = {e.name: self.language.literal(e.value, units.get(e.name)) for e in entries}
        lines = [self._around(self.head, name, identifier)]
        for entry in entries:
            write = self.special.get(entry.name)
            value = literals[entry.name] if write is None else write(entry.value, literals)
            lines += comment_lines(entry.comment, self.language.comment, indent)
            lines.append(self.argument.replace("{name}", entry.name).replace("{value}", value))
        return "\n".join([*lines, self._around(self.tail, name, identifier)]) + "\n"

    @staticmethod
    def _around(text: str, name: str, identifier: str) -> str:
        return text.replace("{id}", identifier).replace("{name}", quoted(name))


def _ready_to_trip(rule: str, _literals: Mapping[str, str]) -> str:
    share = r"TotalFailures/Requests"
    counted = re.sub(share, "float64(c.TotalFailures)/float64(c.Requests)", rule)
    counted = re.sub(r"(?<![\w.(])(Requests|TotalFailures|ConsecutiveFailures)\b", r"c.\1", counted)
    return f"func(c gobreaker.Counts) bool {{ return {counted} }}"


_GROWTH = re.compile(r"BreakDuration \* ([\d.e+-]+)\^HalfOpenAttempts(?:, at most (\S+))?")


def _generator(rule: str, literals: Mapping[str, str]) -> str:
    match = _GROWTH.fullmatch(rule)
    if match is None:
        return quoted(rule)
    base = f"{literals['BreakDuration']} * Math.Pow({match[1]}, args.HalfOpenAttempts)"
    if match[2] is not None:
        base = f"TimeSpan.FromTicks(Math.Min(({base}).Ticks, {_csharp(seconds_of(match[2]))}.Ticks))"
    return f"args => new ValueTask<TimeSpan>({base})"


_PY = "    {name}={value},"
_JS = "  {name}: {value},"

CALLS: dict[str, Call] = {
    "gobreaker": Call(
        GO,
        "cb := gobreaker.NewCircuitBreaker[any](gobreaker.Settings{\n    Name: {name},",
        "    {name}: {value},",
        "})",
        {"ReadyToTrip": _ready_to_trip},
    ),
    "hystrix-go": Call(
        GO, "hystrix.ConfigureCommand({name}, hystrix.CommandConfig{", "    {name}: {value},", "})"
    ),
    "pybreaker": Call(PYTHON, "{id} = pybreaker.CircuitBreaker(", _PY, "    name={name},\n)"),
    "aiobreaker": Call(
        PYTHON,
        "{id} = aiobreaker.CircuitBreaker(",
        _PY,
        ")",
        {"timeout_duration": lambda seconds, _: _timedelta(seconds)},
    ),
    "circuitbreaker": Call(PYTHON, "@circuit(", _PY, ")\ndef call(): ..."),
    "purgatory": Call(PYTHON, "{id} = purgatory.SyncCircuitBreakerFactory(", _PY, ")"),
    "opossum": Call(JAVASCRIPT, "const {id} = new CircuitBreaker(call, {", _JS, "});"),
    "brakes": Call(JAVASCRIPT, "const {id} = new Brakes(call, {", _JS, "});"),
    "semian": Call(RUBY, "Semian.register(\n  {name}.to_sym,\n  bulkhead: false,", "  {name}: {value},", ")"),
    "cb2": Call(RUBY, "{id} = CB2::Breaker.new(\n  service: {name},", "  {name}: {value},", ")"),
    "polly": Call(
        CSHARP,
        "var {id} = new ResiliencePipelineBuilder().AddCircuitBreaker(new CircuitBreakerStrategyOptions\n{",
        "    {name} = {value},",
        "}).Build();",
        {"BreakDurationGenerator": _generator},
    ),
}
"""By library, how its users call it."""
