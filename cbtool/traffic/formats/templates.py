"""Formats from a web server's own notation: nginx's `log_format` and Apache's `LogFormat` strings.

Every variable becomes a group of one pattern, and the text between them stands for itself.
Sources: nginx's ngx_http_log_module and ngx_http_upstream_module, Apache's mod_log_config.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import polars as pl

from cbtool.errors import ConfigurationError
from cbtool.traffic.formats import columns, fields
from cbtool.traffic.formats.log_format import LogFormat, Stamp
from cbtool.traffic.formats.patterns import PatternLines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cbtool.traffic.formats.fields import Field

_NGINX = re.compile(r"\$(?:\{(\w+)\}|(\w+))")
_APACHE = re.compile(r"%(?:!?\d{3}(?:,\d{3})*)?[<>]?(?:\{([^}]*)\})?(\^?[a-zA-Z]{1,2}|%)")
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
_TEXT = r'(?:[^"\\]|\\.)*'
_REQUEST = rf'(?<method>[A-Z]+) (?<target>(?:[^ "\\]|\\.)*){_TEXT}'
_CLF = r"\[?(?<clf>[0-9]{2}/\w{3}/[0-9]{4}:[0-9]{2}:[0-9]{2}:[0-9]{2} [-+][0-9]{4})\]?"
_SECOND_NS = 1_000_000_000
_TIMES: dict[str, Callable[[str], Field]] = {
    "seconds": fields.unix_time,
    "milliseconds": lambda of: fields.unix_time(of, fields.MILLISECOND),
    "microseconds": lambda of: fields.unix_time(of, fields.MICROSECOND),
    "iso": fields.iso_time,
    "clf": fields.clf_time,
}
"""By the role of a variable, how its text becomes Unix nanoseconds; the finest ones first."""
_DURATIONS: dict[str, Callable[[str], Field]] = {
    "taken_us": lambda of: fields.duration(of, fields.MICROSECOND),
    "taken_ms": lambda of: fields.duration(of, fields.MILLISECOND),
    "taken_s": lambda of: fields.duration(of, fields.SECOND),
    # nginx lists the times of every server that it tried; the call took all of them.
    "upstream_s": fields.durations,
}


def is_template(text: str) -> bool:
    """Return whether a name of a format is a format itself."""
    return bool(_NGINX.search(text) or _APACHE.search(text))


def template_format(text: str) -> LogFormat:
    """Return the format that a `log_format` or `LogFormat` string describes.

    Raises:
        ConfigurationError: it has no time, or no status.
    """
    nginx = bool(_NGINX.search(text))
    pattern, roles = _pattern(list(_nginx(text) if nginx else _apache(text)))
    time = next((role for role in _TIMES if role in roles), None)
    if time is None or "status" not in roles:
        missing = "time" if time is None else "status"
        wanted = {
            "time": "$time_local, $time_iso8601 or $msec" if nginx else "%t",
            "status": "$status" if nginx else "%>s",
        }
        raise ConfigurationError(f"the log format has no {missing}: it needs {wanted[missing]} ({text!r})")
    duration = next((role for role in _DURATIONS if role in roles), None)
    made = {"time": _TIMES[time](time)}
    if duration is not None:
        made["duration"] = _DURATIONS[duration](duration)
    texts: dict[str, Any] = {
        name: columns.named(pl.col(name)) for name in ("host", "upstream", "instance") if name in roles
    }
    if "method" in roles:
        texts["method"] = columns.http_method(pl.col("method"))
    if "target" in roles:
        made["path"] = fields.path("target")
        texts["path"] = pl.col("path")
    return LogFormat(
        name="template",
        summary="a format in nginx's or Apache's own notation",
        layout=PatternLines(pattern),
        fields=made,
        time=pl.col("time"),
        status=columns.code(pl.col("status")),
        duration=None if duration is None else pl.col("duration"),
        stamp=Stamp.END if nginx or "%{end:" in text else Stamp.START,
        resolution_ns=_SECOND_NS if time == "clf" or time == "iso" else 1,  # noqa: PLR1714
        detected=False,
        **texts,
    )


def _nginx(text: str) -> Iterator[tuple[str, str]]:
    """Yield each piece of text with the role of the variable behind it; the last has none."""
    at = 0
    for found in _NGINX.finditer(text):
        name = found[1] or found[2]
        yield text[at : found.start()], _NGINX_ROLES.get(name, "")
        at = found.end()
    yield text[at:], "end"


def _apache(text: str) -> Iterator[tuple[str, str]]:
    at, before = 0, ""
    text = text.replace('\\"', '"')
    for found in _APACHE.finditer(text):
        before += text[at : found.start()]
        at = found.end()
        if found[2] == "%":
            before += "%"
            continue
        argument = (found[1] or "").removeprefix("begin:").removeprefix("end:")
        yield before, _APACHE_ROLES.get((argument, found[2]), "")
        before = ""
    yield before + text[at:], "end"


def _pattern(pieces: list[tuple[str, str]]) -> tuple[str, set[str]]:
    """Return the pattern, and the roles that it captures; of two with one role, the first."""
    pattern, roles = "^", set[str]()
    for index, (text, role) in enumerate(pieces):
        own = text
        if role == "clf":
            own = own.removesuffix("[")
        if index and pieces[index - 1][1] == "clf":
            own = own.removeprefix("]")
        pattern += re.escape(own)
        if role == "end":
            break
        if role == "request" and not {"method", "target"} & roles:
            pattern += f"(?:{_REQUEST}|{_TEXT})"
            roles |= {"method", "target"}
        elif role == "clf" and role not in roles:
            pattern += _CLF
            roles.add(role)
        else:
            value = _value(role, pieces[index + 1][0])
            pattern += f"(?<{role}>{value})" if role and role not in roles and role != "request" else value
            roles |= {role} - {"", "request"}
    return pattern + r"\s*$", roles


def _value(role: str, behind: str) -> str:
    """Return what a variable's value looks like: up to the character behind it, where that ends it."""
    if behind[:1] == '"':
        return _TEXT
    if role in {"", "instance", "upstream", "upstream_s"} or not behind:
        return ".*?"
    return f"[^{re.escape(behind[0])}]*"
