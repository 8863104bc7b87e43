"""By library, how its users call it, and what is no plain value there."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from cbtool.breaker.native import seconds_of
from cbtool.breaker.wait import LONGEST
from cbtool.foreign.code import (
    CSHARP,
    GO,
    JAVA,
    JAVASCRIPT,
    PYTHON,
    RUBY,
    YAML,
    Call,
    csharp_duration,
    timedelta,
)
from cbtool.foreign.layout import quoted
from cbtool.foreign.scala import FinagleCall

if TYPE_CHECKING:
    from collections.abc import Mapping


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
    # In seconds, as a TimeSpan overflows after some sixty doublings.
    grown = f"{literals['BreakDuration']}.TotalSeconds * Math.Pow({match[1]}, args.HalfOpenAttempts)"
    longest = csharp_duration(LONGEST if match[2] is None else seconds_of(match[2]))
    return f"args => new ValueTask<TimeSpan>(TimeSpan.FromSeconds(Math.Min({grown}, {longest}.TotalSeconds)))"


def _mercari_backoff(value: Mapping[str, Any], _: Mapping[str, str]) -> str:
    fields = ", ".join(f"{name}: {GO.timed(part)}" for name, part in value.items())
    return f"&backoff.ExponentialBackOff{{{fields}, Clock: backoff.SystemClock}}"


def _constructed(value: Any, _: Mapping[str, str]) -> str:
    """Write an object of one key as what its class makes of the value."""
    if not isinstance(value, dict):
        return json.dumps(value)
    [(name, argument)] = value.items()
    return f"new {name}({json.dumps(argument)})"


_PY = "    {name}={value},"
_JS = "  {name}: {value},"

CALLS: dict[str, Call | FinagleCall] = {
    "finagle": FinagleCall(),
    "gobreaker": Call(
        GO,
        "cb := gobreaker.NewCircuitBreaker[any](gobreaker.Settings{\n\tName: {name},",
        "\t{name}: {value},",
        "})",
        {"ReadyToTrip": _ready_to_trip},
    ),
    "hystrix-go": Call(
        GO, "hystrix.ConfigureCommand({name}, hystrix.CommandConfig{", "\t{name}: {value},", "})"
    ),
    "pybreaker": Call(PYTHON, "{id} = pybreaker.CircuitBreaker(", _PY, "    name={name},\n)"),
    "aiobreaker": Call(
        PYTHON,
        "{id} = aiobreaker.CircuitBreaker(",
        _PY,
        ")",
        {"timeout_duration": lambda seconds, _: timedelta(seconds)},
    ),
    "circuitbreaker": Call(PYTHON, "@circuit(", _PY, ")\ndef call(): ..."),
    "purgatory": Call(PYTHON, "{id} = purgatory.SyncCircuitBreakerFactory(", _PY, ")"),
    "opossum": Call(JAVASCRIPT, "const {id} = new CircuitBreaker(call, {", _JS, "});"),
    "brakes": Call(JAVASCRIPT, "const {id} = new Brakes(call, {", _JS, "});"),
    "semian": Call(RUBY, "Semian.register(\n  {name}.to_sym,\n  bulkhead: false,", "  {name}: {value},", ")"),
    "cb2": Call(
        RUBY, "{id} = CB2::Breaker.new(\n  service: {name},\n  redis: Redis.new,", "  {name}: {value},", ")"
    ),
    "polly": Call(
        CSHARP,
        "var {id} = new ResiliencePipelineBuilder().AddCircuitBreaker(new CircuitBreakerStrategyOptions\n{",
        "    {name} = {value},",
        "}).Build();",
        {"BreakDurationGenerator": _generator},
    ),
    "mercari": Call(
        GO,
        "{id} := circuitbreaker.New(",
        "\tcircuitbreaker.{name}({value}),",
        ")",
        {
            "WithTripFunc": lambda rule, _: f"circuitbreaker.{rule}",
            "WithOpenTimeoutBackOff": _mercari_backoff,
            "WithOpenTimeout": lambda wait, _: GO.timed(wait),
        },
    ),
    "handy": Call(GO, "{id} := breaker.NewBreaker(", "\t{value},", ")"),
    "failsafe-go": Call(
        GO,
        "{id} := circuitbreaker.NewBuilder[any]().",
        "\t{name}({value}).",
        "\tBuild()",
    ),
    "failsafe": Call(
        JAVA,
        "CircuitBreaker<Object> {id} = CircuitBreaker.builder()",
        "    .{name}({value})",
        "    .build();",
    ),
    "cockatiel": Call(
        JAVASCRIPT,
        "const {id} = circuitBreaker(handleAll, {",
        _JS,
        "});",
        {
            "breaker": _constructed,
            "halfOpenAfter": _constructed,
            "halfOpenSampling": lambda value, _: json.dumps(value),
        },
    ),
    "polly-v7": Call(
        CSHARP,
        "var {id} = Policy.Handle<Exception>().AdvancedCircuitBreakerAsync(",
        "    {name}: {value},",
        ");",
        heads={
            "exceptionsAllowedBeforeBreaking": "var {id} = Policy.Handle<Exception>().CircuitBreakerAsync("
        },
        special={"samplingDuration": lambda length, _: CSHARP.timed(length)},
        last_comma=False,
    ),
    "traefik": Call(
        YAML, "http:\n  middlewares:\n    {name}:\n      circuitBreaker:", "        {name}: {value}", ""
    ),
}
"""By library, how its users call it."""
