"""Snippets of configuration files: where in a library's own file its settings stand."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from cbtool.foreign.layout import Entry, comment_lines, json_text, properties_text, quoted, yaml_scalar
from cbtool.foreign.layout import yaml_text as yaml_lines
from cbtool.units import NANOSECONDS, to_ns

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Writer = Callable[[str, Sequence[Entry]], str]


def _resilience4j_yaml(name: str, entries: Sequence[Entry]) -> str:
    head = f"resilience4j:\n  circuitbreaker:\n    instances:\n      {_bracketed(name)}:"
    return yaml_lines(head, entries, indent=" " * 8)


def _bracketed(name: str) -> str:
    """Return an instance's name as YAML; Spring reads a name with dots whole only in brackets."""
    return yaml_scalar(f"[{name}]" if re.search(r"[^\w-]", name) else name)


def _resilience4j_properties(name: str, entries: Sequence[Entry]) -> str:
    own = f"[{name}]" if re.search(r"[^\w-]", name) else name
    return properties_text(f"resilience4j.circuitbreaker.instances.{own}.", entries)


def _hystrix(name: str, entries: Sequence[Entry]) -> str:
    own = f"[{name}]" if re.search(r"[^\w-]", name) else name
    return properties_text(f"hystrix.command.{own}.", entries)


def _envoy(name: str, entries: Sequence[Entry]) -> str:
    head = f"clusters:\n- name: {yaml_scalar(name)}\n  outlier_detection:"
    return yaml_lines(head, entries, indent="    ")


def _istio(name: str, entries: Sequence[Entry]) -> str:
    head = (
        "apiVersion: networking.istio.io/v1\nkind: DestinationRule\n"
        f"metadata:\n  name: {yaml_scalar(name)}\nspec:\n  host: {yaml_scalar(name)}\n"
        "  trafficPolicy:\n    outlierDetection:"
    )
    return yaml_lines(head, entries, indent="      ")


_LINKERD_ALPHA = "failure-accrual-success-rate"


def _linkerd(name: str, entries: Sequence[Entry]) -> str:
    head = f"kind: Service\nmetadata:\n  name: {yaml_scalar(name)}\n  annotations:"
    lines = [head]
    for entry in entries:
        alpha = "alpha." if entry.name.startswith(_LINKERD_ALPHA) else ""
        lines += comment_lines(entry.comment, "#", "    ")
        lines.append(f"    balancer.{alpha}linkerd.io/{entry.name}: {quoted(str(entry.value))}")
    return "\n".join(lines) + "\n"


def _polly(name: str, entries: Sequence[Entry]) -> str:
    return json_text((name, "CircuitBreaker"), entries, comments=True)


def _sentinel(name: str, entries: Sequence[Entry]) -> str:
    rows = [Entry("resource", name), *entries]
    body = json_text((), rows).splitlines()
    return "[\n" + "\n".join(f"  {line}" for line in body) + "\n]\n"


def _nginx(name: str, entries: Sequence[Entry]) -> str:
    words = " ".join(f"{entry.name}={entry.value}" for entry in entries)
    lines = [line for e in entries for line in comment_lines(f"{e.name}: {e.comment}", "#", "    ")]
    server = f"    server 127.0.0.1:8080 {words};  # and each of your servers"
    return "\n".join([f"upstream {_one_word(name)} {{", *lines, server, "}"]) + "\n"


def _haproxy(name: str, entries: Sequence[Entry]) -> str:
    words = " ".join(f"{entry.name} {entry.value}" for entry in entries)
    lines = [
        line for e in entries for line in comment_lines(f"{e.name}: {e.comment}", "#", "    ") if e.comment
    ]
    own = [
        f"    default-server check observe layer7 {words}",
        "    server s1 127.0.0.1:8080  # and each of your servers",
    ]
    return "\n".join([f"backend {_one_word(name)}", *lines, *own]) + "\n"


def _one_word(name: str) -> str:
    return re.sub(r"[\s{};#\"'\\]+", "-", name).strip("-") or "upstream"


def _proto(seconds: float) -> str:
    """Return a duration as protobuf's JSON writes it: seconds alone."""
    return f"{_decimal(seconds)}s"


def _decimal(seconds: float) -> str:
    whole, rest = divmod(to_ns(seconds), NANOSECONDS)
    return f"{whole}.{rest:09d}".rstrip("0").rstrip(".") if rest else str(whole)


def _time_span(seconds: float) -> str:
    """Return a duration as .NET writes it: days.hours:minutes:seconds, in steps of 100 ns."""
    ticks = to_ns(seconds) // 100
    whole, rest = divmod(ticks, 10_000_000)
    days, whole = divmod(whole, 86400)
    text = f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}"
    return (f"{days}." if days else "") + text + (f".{rest:07d}" if rest else "")


FORMATS: dict[str, dict[str, Writer]] = {
    "resilience4j": {"yaml": _resilience4j_yaml, "properties": _resilience4j_properties},
    "hystrix": {"properties": _hystrix},
    "hystrix-1.5.12": {"properties": _hystrix},
    "envoy": {"yaml": _envoy},
    "istio": {"yaml": _istio},
    "linkerd": {"yaml": _linkerd},
    "polly": {"json": _polly},
    "sentinel": {"json": _sentinel},
    "nginx": {"config": _nginx},
    "nginx-plus": {"config": _nginx},
    "haproxy": {"config": _haproxy},
}
"""By library and format, what writes it; the first is the usual one."""
DURATIONS: dict[tuple[str, str], Callable[[float], Any]] = {
    ("envoy", "yaml"): _proto,
    ("polly", "json"): _time_span,
}
LEFT_OUT: dict[tuple[str, str], dict[str, tuple[str, Any]]] = {
    ("polly", "json"): {
        "wait_backoff_multiplier": (
            "a BreakDurationGenerator is a function, which .NET reads from no file (--format code writes it)",
            1.0,
        ),
        "max_wait_duration_in_open_state": ("every wait is BreakDuration", None),
    }
}
"""By library and format, our words that the library has and this format has not: why, and what holds then."""
TIMED = ("exponentialMaxWaitDurationInOpenState",)
