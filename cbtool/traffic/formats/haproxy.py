"""HAProxy's logs: of HTTP, the same in the common log format, and of TCP.

The first letter of a line's termination state tells who ended the session, and so a timeout from a server
that broke off. Source: HAProxy's configuration manual, chapter 8 (log formats, timing events, session state).
"""

from __future__ import annotations

import polars as pl

from cbtool.traffic.calls import UNKNOWN_DURATION
from cbtool.traffic.formats import columns, fields
from cbtool.traffic.formats.log_format import LogFormat, Stamp
from cbtool.traffic.formats.patterns import PatternLines

_CLIENT_GAVE_UP = pl.lit(499, pl.Int16)
_NO_ANSWER = pl.lit(0, pl.Int16)
_ZONE = "HAProxy's times have no time zone: they were taken as UTC"
_state = pl.col("state")
_client_left = _state.str.contains("^[Cc]")
_no_answer = pl.col("status") == "-1"
STATUS = (
    pl.when(_no_answer & _client_left)
    .then(_CLIENT_GAVE_UP)
    .when(_no_answer)
    .then(_NO_ANSWER)
    .otherwise(columns.code(pl.col("status")))
)
"""Int16 status from `status` and `state`: 499 where the client left before an answer, 0 if there was none."""
ERROR = columns.kind_of(_state.str.starts_with("s"), _state.str.contains("^[SD]"))
"""UInt8 `ErrorKind` from `state`: s, a time limit on the server's side; S, D, it refused or aborted."""
_instance = pl.when(pl.col("instance") != "<NOSRV>").then(pl.col("instance"))

_MESSAGE = r"[0-9]+\]: (?:Proxy|Server|Backend|backend|Health|Connect|Stopping) "
# Accept date, frontend, backend/server, perhaps a word of one's own, TR/Tw/Tc/Tr/Ta, status, bytes, two
# cookies, termination state.
_HAPROXY = PatternLines(
    r"\[(?:(?<time>[0-9]{2}/[A-Z][a-z]{2}/[0-9]{4}:[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3})\] [^ ]+ "
    r"(?<upstream>[^ /]+)(?:/(?<instance>[^ ]+))? (?:[^ /]+ )?"
    r"(?:-?[0-9]+/){4}\+?(?<ms>-?[0-9]+) (?<status>-1|[0-9]{3}) "
    r"\+?[0-9]+ [^ ]+ [^ ]+ (?<state>[^ ]{4}) [^ ]+ [^ ]+ "
    r'(?:\{[^}]*\} ){0,2}"(?<method>[^ "]*)(?: (?<target>[^ "]+))?'
    # Connections of TCP, those that broke off before a request, and HAProxy's own messages.
    r"|(?<other>[0-9]{2}/[A-Z][a-z]{2}/[0-9:.]+\] [^ ]+ "
    r"(?:[^ ]+ (?:-?[0-9]+/){2}\+?-?[0-9]+ \+?[0-9]+ [^ ]{2} |[A-Z])"
    rf"|{_MESSAGE}))"
)
HAPROXY = LogFormat(
    name="haproxy",
    summary="HAProxy's HTTP log (option httplog)",
    layout=_HAPROXY,
    fields={
        "time": fields.clf_time("time"),
        "ms": fields.duration("ms", fields.MILLISECOND, negative=UNKNOWN_DURATION),
        "target": fields.path("target"),
        "other": fields.is_named("other"),
    },
    time=pl.col("time"),
    duration=pl.col("ms"),
    skipped=pl.col("other"),
    status=STATUS,
    error=ERROR,
    method=columns.http_method(pl.col("method")),
    path=pl.col("target"),
    upstream=pl.col("upstream"),
    instance=_instance,
    stamp=Stamp.START,
    notes=(_ZONE,),
)
HAPROXY_CLF = LogFormat(
    name="haproxy-clf",
    summary="HAProxy's HTTP log in the common log format (option httplog clf)",
    # Behind the port a second's milliseconds, frontend, backend, server, TR, Tw, Tc, Tr, Ta and the state.
    layout=PatternLines(
        r'\[(?:(?<time>[^\]]{26})\] "(?<method>[^ "\\]*)'
        r'(?: (?<target>(?:[^ "\\]|\\.)*)(?:[^"\\]|\\.)*)?" (?<status>-1|[0-9]{3}) \+?[0-9]+ '
        r'"[^"]*" "[^"]*" [0-9]+ (?<millis>[0-9]{1,3}) "[^"]*" "(?<upstream>[^"]*)" "(?<instance>[^"]*)" '
        r"(?:-?[0-9]+ ){4}\+?(?<ms>-?[0-9]+) (?<state>[^ ]{4}) "
        rf"|(?<other>{_MESSAGE}))"
    ),
    fields={
        "second": fields.clf_time("time"),
        "millis": fields.duration("millis", fields.MILLISECOND),
        "ms": fields.duration("ms", fields.MILLISECOND, negative=UNKNOWN_DURATION),
        "target": fields.path("target"),
        "other": fields.is_named("other"),
    },
    time=pl.col("second") + pl.col("millis"),
    skipped=pl.col("other"),
    duration=pl.col("ms"),
    status=STATUS,
    error=ERROR,
    method=columns.http_method(pl.col("method")),
    path=pl.col("target"),
    upstream=columns.named(pl.col("upstream")),
    instance=_instance,
    stamp=Stamp.START,
    notes=(
        (
            "the milliseconds of HAProxy's common log format are those of the connection's beginning: on one"
            " that is kept open, a request's time is right to the second"
        ),
    ),
)
HAPROXY_TCP = LogFormat(
    name="haproxy-tcp",
    summary="HAProxy's TCP log (option tcplog): connections instead of requests",
    layout=PatternLines(
        r"\[(?<time>[0-9]{2}/[A-Z][a-z]{2}/[0-9]{4}:[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3})\] [^ ]+ "
        r"(?<upstream>[^ /]+)/(?<instance>[^ ]+) (?:-?[0-9]+/){2}\+?(?<ms>-?[0-9]+) \+?[0-9]+ "
        r"(?<state>[^ ]{2}) (?:[0-9]+/){4}\+?[0-9]+ [0-9]+/[0-9]+"
    ),
    fields={
        "time": fields.clf_time("time"),
        "ms": fields.duration("ms", fields.MILLISECOND, negative=UNKNOWN_DURATION),
    },
    time=pl.col("time"),
    duration=pl.col("ms"),
    status=pl.when(_state == "--")
    .then(pl.lit(200, pl.Int16))
    .when(_client_left)
    .then(_CLIENT_GAVE_UP)
    .when(_state.is_not_null())
    .then(_NO_ANSWER),
    error=ERROR,
    upstream=columns.named(pl.col("upstream")),
    instance=_instance,
    stamp=Stamp.START,
    notes=(
        _ZONE,
        (
            "HAProxy's TCP log has connections, not requests: one that ended as it should counts as 200, one"
            " that its client broke off as 499, and its duration is how long it was open"
        ),
    ),
)
