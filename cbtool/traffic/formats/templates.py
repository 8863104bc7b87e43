"""Formats from a web server's own notation: nginx's `log_format` and Apache's `LogFormat` strings.

Every variable becomes a group of one regular expression, and the text between them stands for itself.
Sources: nginx's ngx_http_log_module and ngx_http_upstream_module, Apache's mod_log_config.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import polars as pl

from cbtool.errors import ConfigurationError
from cbtool.traffic.formats import columns
from cbtool.traffic.formats.log_format import LogFormat, Stamp
from cbtool.traffic.formats.patterns import PatternLines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

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
_REQUEST = r"(?<method>[A-Z]+) (?<target>\S+)[^\"]*"
_CLF = r"\[?(?<clf>\d\d/\w{3}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4})\]?"
_SECOND, _MILLISECOND, _MICROSECOND = 1_000_000_000, 1_000_000, 1_000
_TIMES: dict[str, Callable[[pl.Expr], pl.Expr]] = {
    "seconds": columns.unix_seconds,
    "milliseconds": lambda text: text.cast(pl.Int64, strict=False) * _MILLISECOND,
    "microseconds": lambda text: text.cast(pl.Int64, strict=False) * _MICROSECOND,
    "iso": columns.iso_time,
    "clf": lambda text: columns.clf_time(text + pl.lit("] ")),
}
"""By the role of a variable, how its text becomes Unix nanoseconds; the finest ones first."""
_DURATIONS = {
    "taken_us": _MICROSECOND,
    "taken_ms": _MILLISECOND,
    "taken_s": _SECOND,
    "upstream_s": _SECOND,
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
    texts: dict[str, Any] = {
        name: columns.named(pl.col(name)) for name in ("host", "upstream", "instance") if name in roles
    }
    if "method" in roles:
        texts["method"] = columns.http_method(pl.col("method"))
    if "target" in roles:
        texts["path"] = columns.path_of(pl.col("target"))
    taken = None
    if duration is not None:
        spent = pl.col(duration)
        # nginx lists the times of every server that it tried; the call took all of them.
        taken = _summed(spent) if duration == "upstream_s" else columns.duration(spent, _DURATIONS[duration])
    return LogFormat(
        name="template",
        summary="a format in nginx's or Apache's own notation",
        layout=PatternLines(pattern),
        time=_TIMES[time](pl.col(time)),
        status=columns.code(pl.col("status")),
        duration=taken,
        stamp=Stamp.END if nginx else Stamp.START,
        resolution_ns=_SECOND if time == "clf" or time == "iso" else 1,  # noqa: PLR1714
        detected=False,
        **texts,
    )


def _summed(times: pl.Expr) -> pl.Expr:
    parts = times.str.extract_all(r"\d+(?:\.\d+)?").list.eval(pl.element().cast(pl.Float64)).list
    return (
        pl.when(parts.len() > 0)
        .then(columns.span(parts.sum(), _SECOND))
        .otherwise(columns.duration(times, 1))
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
        argument = (found[1] or "").removeprefix("begin:")
        yield before, _APACHE_ROLES.get((argument, found[2]), "")
        before = ""
    yield before + text[at:], "end"


def _pattern(pieces: list[tuple[str, str]]) -> tuple[str, set[str]]:
    """Return the regular expression, and the roles that it captures; of two with one role, the first."""
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
            pattern += f'(?:{_REQUEST}|[^"]*)'
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
        return r'(?:[^"\\]|\\.)*'
    if role in {"", "instance", "upstream", "upstream_s"} or not behind:
        return ".*?"
    return f"[^{re.escape(behind[0])}]*"
