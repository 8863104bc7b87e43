"""What servers' own notations of log formats say: text, and between it fields, each with what it means here.

nginx's `log_format`, Apache's `LogFormat`, Envoy's format strings and HAProxy's `log-format`. A field that
means nothing here has the role "". Sources: nginx's ngx_http_log_module and ngx_http_upstream_module,
Apache's mod_log_config, Envoy's access logging documentation, HAProxy's configuration manual (log-format).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from cbtool.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator


class Piece(NamedTuple):
    """A text, and the role of the field behind it."""

    text: str
    role: str


class Notation(NamedTuple):
    """A format's pieces, whose notation it is (nginx, Envoy, HAProxy or Apache), and fields nobody knows."""

    pieces: list[Piece]
    whose: str
    unknown: tuple[str, ...] = ()


END = "end"
"""The role behind the last text."""

_NGINX = re.compile(r"\$(?:\{(\w+)\}|(\w+))")
_APACHE = re.compile(r"%(?:!?\d{3}(?:,\d{3})*)?[<>]?(?:\{([^}]*)\})?(\^t[io]|[a-zA-Z]|%)")
_ENVOY = re.compile(r"%([A-Z][A-Z_0-9]+)(?:\(([^)]*)\))?(?::\d+)?%")
_HAPROXY = re.compile(r"%(?:\{[^}]*\})?(?:\[[^\]]*\]|([A-Za-z]+)|%)")
_HAPROXY_TELLS = re.compile(r"%(?:\{[^}]*\})?(?:ST|tr|Tt|Ta|ci|trg|ft)\b")
_CONFIGURED = re.compile(
    r"\s*(?:(?:log_format|LogFormat|log-format)\s+)(?:\w+\s+)?(?:escape=\w+\s+)?(?=[\"'])", re.IGNORECASE
)
"""What stands before a format in a server's configuration."""
_QUOTED = re.compile(r"\"((?:[^\"\\]|\\.)*)\"|'((?:[^'\\]|\\.)*)'", re.DOTALL)
_NGINX_ROLES = {
    "time_local": "clf",
    "time_iso8601": "iso",
    "msec": "seconds",
    "status": "status",
    "request": "request",
    "request_method": "method",
    "request_uri": "target",
    "uri": "target",
    "request_time": "taken_s",
    "upstream_response_time": "upstream_s",
    "upstream_addr": "instance",
    "host": "host",
    "http_host": "host",
    "server_name": "host",
    "proxy_host": "upstream",
    "upstream_name": "upstream",
}
_APACHE_ROLES = {
    ("", "t"): "clf",
    ("sec", "t"): "seconds",
    ("msec", "t"): "milliseconds",
    ("usec", "t"): "microseconds",
    ("msec_frac", "t"): "milli",
    ("usec_frac", "t"): "micro",
    ("", "s"): "status",
    ("", "r"): "request",
    ("", "m"): "method",
    ("", "U"): "target",
    ("", "D"): "taken_us",
    ("us", "T"): "taken_us",
    ("ms", "T"): "taken_ms",
    ("", "T"): "taken_s",
    ("s", "T"): "taken_s",
    ("", "v"): "host",
    ("", "V"): "host",
    ("Host", "i"): "host",
    ("BALANCER_WORKER_NAME", "e"): "instance",
    ("BALANCER_NAME", "e"): "upstream",
}
_APACHE_KNOWN = "aAbBCDefFhHiIjkKlLmnoOpPqrRsStTuUvVxX"
"""Directives of mod_log_config, mod_logio and mod_ssl, and of Tomcat."""
_ENVOY_ROLES = {
    "START_TIME": "iso",
    "START_TIME_LOCAL": "iso",
    "RESPONSE_CODE": "status",
    "RESPONSE_FLAGS": "flags",
    "DURATION": "taken_ms",
    "UPSTREAM_HOST": "instance",
    "UPSTREAM_REMOTE_ADDRESS": "instance",
    "UPSTREAM_CLUSTER": "upstream",
    "UPSTREAM_CLUSTER_RAW": "upstream",
    ":METHOD": "method",
    ":PATH": "target",
    ":AUTHORITY": "host",
}
_HAPROXY_ROLES = {
    "tr": "clf_ms",
    "t": "clf_ms",
    "trg": "clf_bare",
    "trl": "clf_bare",
    "T": "clf_bare",
    "Tl": "clf_bare",
    "Ts": "seconds",
    "ms": "milli",
    "ST": "status",
    "Ta": "taken_ms",
    "Tt": "taken_ms",
    "r": "request",
    "HM": "method",
    "HU": "target",
    "HP": "target",
    "HPO": "target",
    "b": "upstream",
    "s": "instance",
    "ts": "state",
    "tsc": "state",
}
_HAPROXY_TEXTS = {"request", "method", "target", "upstream", "instance"}
# What a date consists of; a letter that is not here cannot be read.
_STRFTIME = {
    "Y": "year",
    "y": "years",
    "m": "month",
    "b": "month_name",
    "h": "month_name",
    "B": "month_name",
    "d": "day",
    "e": "day",
    "H": "hour",
    "k": "hour",
    "M": "minute",
    "S": "second",
    "z": "zone",
    "Z": "zone_name",
    "a": "letters",
    "A": "letters",
    "s": "seconds",
    "f": "fraction",
}
_STRFTIME_SHORT = {
    "T": "%H:%M:%S",
    "R": "%H:%M",
    "F": "%Y-%m-%d",
    "D": "%m/%d/%y",
    "c": "%a %b %e %H:%M:%S %Y",
    "n": "\n",
    "t": "\t",
    "%": "%%",
}
_STRFTIME_PART = re.compile(r"%[-_0^#]?([a-zA-Z%]|[1-9][fs])")


def is_notation(text: str) -> bool:
    """Return whether a text is a format in one of these notations."""
    return any(kind.search(text) for kind in (_NGINX, _ENVOY, _APACHE, _HAPROXY))


def notation_of(text: str) -> Notation:
    """Return what a format says; what stands around it in a server's configuration is left out.

    Raises:
        ConfigurationError: it writes a date in a way that cannot be read.
    """
    text = _format_alone(text)
    if _NGINX.search(text):
        return Notation(list(_nginx(text)), "nginx")
    if _ENVOY.search(text):
        return Notation(list(_envoy(text)), "Envoy")
    if _HAPROXY_TELLS.search(text):
        return Notation(list(_haproxy(text)), "HAProxy")
    unknown = (found for found in _APACHE.finditer(text) if found[2] not in {"%", "^ti", "^to"})
    named = dict.fromkeys(found[0] for found in unknown if found[2] not in _APACHE_KNOWN)
    return Notation(list(_apache(text)), "Apache", tuple(named))


def _format_alone(text: str) -> str:
    """The format within `log_format name '…' '…';` and `LogFormat "…" name`; any other text as it is."""
    found = _CONFIGURED.match(text)
    if found is None:
        return text
    at, parts = found.end(), list[str]()
    while (part := _QUOTED.match(text, at)) is not None:
        parts.append(part[1] if part[1] is not None else part[2])
        at = part.end() + len(text[part.end() :]) - len(text[part.end() :].lstrip())
    return "".join(parts)


def _nginx(text: str) -> Iterator[Piece]:
    at = 0
    for found in _NGINX.finditer(text):
        yield Piece(text[at : found.start()], _NGINX_ROLES.get(found[1] or found[2], ""))
        at = found.end()
    yield Piece(text[at:], END)


def _apache(text: str) -> Iterator[Piece]:
    at, before = 0, ""
    text = text.replace('\\"', '"').replace("\\t", "\t")
    for found in _APACHE.finditer(text):
        before += text[at : found.start()]
        at = found.end()
        if found[2] == "%":
            before += "%"
            continue
        argument = (found[1] or "").removeprefix("begin:").removeprefix("end:")
        role = _APACHE_ROLES.get((argument, found[2]), "")
        if found[2] == "q" and text[: found.start()].endswith("%U"):
            continue  # path and query together are the target
        if found[2] == "t" and not role:
            *dated, (before, _) = _strftime(before, argument)
            yield from dated
            continue
        yield Piece(before, role)
        before = ""
    yield Piece(before + text[at:], END)


def _envoy(text: str) -> Iterator[Piece]:
    at, before = 0, ""
    for found in _ENVOY.finditer(text):
        before += text[at : found.start()]
        at = found.end()
        name, argument = found[1], found[2] or ""
        if name.startswith("START_TIME") and argument:
            *dated, (before, _) = _strftime(before, argument)
            yield from dated
            continue
        # Of `X?Y` the first that a request has is written: mostly the path, before or after it was changed.
        if name == "REQ":
            name = next((each for each in reversed(argument.upper().split("?")) if each in _ENVOY_ROLES), "")
        yield Piece(before, _ENVOY_ROLES.get(name, ""))
        before = ""
    yield Piece((before + text[at:]).removesuffix("\n").removesuffix("\\n"), END)


def _haproxy(text: str) -> Iterator[Piece]:
    at, before = 0, ""
    quoted = "%{+Q}o" in text
    text = re.sub(r"%\{[^}]*\}o(?:\\? )?", "", text)  # it says how all that follow are written
    for found in _HAPROXY.finditer(text):
        before += text[at : found.start()].replace("\\ ", " ")
        at = found.end()
        if found[0] == "%%":
            before += "%"
            continue
        role = _HAPROXY_ROLES.get(found[1] or "", "")
        written = "+Q" in found[0] or (quoted and "-Q" not in found[0])
        around = '"' if written and role in _HAPROXY_TEXTS else ""
        yield Piece(before + around, role)
        before = around
    yield Piece(before + text[at:].replace("\\ ", " "), END)


def _strftime(before: str, text: str) -> Iterator[Piece]:
    """Yield the pieces of a date; the last has no role, its text is what follows the date."""
    text = re.sub(r"%[-_0^#]?([a-zA-Z%])", lambda found: _STRFTIME_SHORT.get(found[1], found[0]), text)
    at = 0
    for found in _STRFTIME_PART.finditer(text):
        before += text[at : found.start()]
        at = found.end()
        if found[1] == "%":
            before += "%"
            continue
        role = _STRFTIME.get(found[1][-1])
        if role is None or (len(found[1]) > 1 and role != "fraction"):
            known = ", ".join(f"%{letter}" for letter in (*_STRFTIME, *_STRFTIME_SHORT))
            raise ConfigurationError(f"a date with {found[0]} cannot be read; with {known} it can ({text!r})")
        yield Piece(before, role)
        before = ""
    yield Piece(before + text[at:], "")
