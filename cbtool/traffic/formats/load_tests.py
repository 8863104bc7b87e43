"""Results of load tests: JMeter's, vegeta's, k6's, Gatling's, hey's and oha's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from cbtool.traffic.formats import columns, fields
from cbtool.traffic.formats.layouts import DelimitedRows, JsonLines
from cbtool.traffic.formats.log_format import LogFormat, Stamp
from cbtool.traffic.formats.patterns import PatternLines

if TYPE_CHECKING:
    from collections.abc import Mapping

_NO_ANSWER = pl.lit(0, pl.Int16)
_PART = r"-\d+$"  # of a label


def jmeter_status(code: pl.Expr, success: pl.Expr) -> pl.Expr:
    """The status of a response code, which is words, or nothing, where there was no answer.

    Where codes were left out of the file, what passed has 200.
    """
    unanswered = code.str.contains("^Non HTTP") | ~columns.filled(code)
    passed = code.is_null() & (success.str.to_lowercase() == "true").fill_null(value=False)
    return (
        pl.when(passed)
        .then(pl.lit(200, pl.Int16))
        .when(unanswered)
        .then(_NO_ANSWER)
        .otherwise(columns.code(code))
    )


def jmeter_skipped(code: pl.Expr, message: pl.Expr, success: pl.Expr) -> pl.Expr:
    """Whether a sample is no call: a transaction's sum, or one that passed without having a code."""
    passed = code.is_not_null() & ~columns.filled(code)
    passed &= (success.str.to_lowercase() != "false").fill_null(value=True)
    return passed | message.str.starts_with("Number of samples in transaction").fill_null(value=False)


def jmeter_error(code: pl.Expr, message: pl.Expr, success: pl.Expr) -> pl.Expr:
    """The kind of error that a response code and its message speak of."""
    words = pl.concat_str(code.fill_null("failed"), pl.lit(" "), message.fill_null(""))
    return columns.error_kind(words, jmeter_status(code, success))


def _within_another() -> pl.Expr:
    """Whether a row is a redirect or a resource of the request above it, which counts for all of them.

    JMeter writes these below it, as `label-0`, `label-1`, `label-1-0`, by the same thread and in its time.
    """
    label, thread, begun = (pl.col(name) for name in ("label", "threadname", "timestamp"))
    ended = begun + pl.col("elapsed")
    own = label.str.contains(_PART).not_().fill_null(value=True)
    above = {
        name: pl.when(own).then(value).forward_fill().over(thread)
        for name, value in {"label": label, "begun": begun, "ended": ended}.items()
    }
    within = (begun >= above["begun"]) & (ended <= above["ended"] + 1_000_000)
    named = label.str.replace(r"(?:-\d+)+$", "") == above["label"]
    return (~own & named & within).fill_null(value=False)


JMETER = LogFormat(
    name="jmeter",
    summary="JMeter's results as CSV (.jtl)",
    layout=DelimitedRows(
        (
            *("timestamp", "elapsed", "responsecode", "responsemessage", "success", "url"),
            *("label", "threadname"),
        ),
        (frozenset({"timestamp"}), frozenset({"elapsed"}), frozenset({"responsecode", "success"})),
    ),
    fields={
        "timestamp": fields.plain_time("timestamp", fields.MILLISECOND),
        "elapsed": fields.duration("elapsed", fields.MILLISECOND),
        "path": fields.path("url"),
        "host": fields.host("url"),
    },
    time=pl.col("timestamp"),
    duration=pl.col("elapsed"),
    status=jmeter_status(pl.col("responsecode"), pl.col("success")),
    error=jmeter_error(pl.col("responsecode"), pl.col("responsemessage"), pl.col("success")),
    skipped=jmeter_skipped(pl.col("responsecode"), pl.col("responsemessage"), pl.col("success")),
    perhaps_part=pl.col("label").str.contains(_PART).fill_null(value=False),
    part=_within_another(),
    path=pl.col("path"),
    host=pl.col("host"),
    stamp=Stamp.START,
)

_URL = {"path": fields.path("url"), "host": fields.host("url")}
_VEGETA_FIELDS = {"latency": fields.duration("latency", fields.NANOSECOND), **_URL}
_code = columns.code(pl.col("code"))
_VEGETA: Mapping[str, Any] = {
    "duration": pl.col("latency"),
    "time": pl.col("time"),
    "status": _code,
    "error": columns.error_kind(pl.col("error"), _code),
    "method": pl.col("method"),
    "path": pl.col("path"),
    "host": pl.col("host"),
    "stamp": Stamp.START,
}
VEGETA = LogFormat(
    **_VEGETA,
    name="vegeta",
    summary="vegeta's results, as attack writes them or as JSON (vegeta encode)",
    layout=JsonLines(("timestamp", "latency", "code", "error", "method", "url", "seq", "attack")),
    fields={
        **_VEGETA_FIELDS,
        "time": fields.plain_time("timestamp"),
        "counted": fields.is_filled("seq"),
        "measured": fields.is_filled("latency"),
    },
    recognised=pl.col("counted") & pl.col("measured"),
)
_CELL = r'"[^"]*"(?:"[^"]*")*|[^,"]*'
VEGETA_CSV = LogFormat(
    **{**_VEGETA, "path": pl.coalesce("path", "quoted"), "host": pl.coalesce("host", "quoted_host")},
    name="vegeta-csv",
    summary="vegeta's results as CSV (vegeta encode --to csv)",
    layout=PatternLines(
        r"^(?<time>[0-9]{19}),(?<code>[0-9]{1,3}),(?<latency>[0-9]+),[0-9]+,[0-9]+,"
        rf'(?<error>{_CELL}),[^,]*,(?:{_CELL}),[0-9]+(?:,(?<method>[A-Z]*),(?:"(?<quoted>[^"]*(?:""[^"]*)*)"|(?<url>[^,]*)))?'
    ),
    fields={
        **_VEGETA_FIELDS,
        "time": fields.unix_time("time", fields.NANOSECOND),
        "quoted": fields.path("quoted"),
        "quoted_host": fields.host("quoted"),
    },
)

_DURATION = "http_req_duration"
_k6_status = columns.code(pl.col("status"))
# k6's codes: 1050 and 1211 are time limits; others of 1xxx are connections that failed.
_k6_error = columns.error_kind(
    pl.when(pl.col("error_code").is_in(["1050", "1211"])).then(pl.lit("timeout")).otherwise(pl.col("error")),
    _k6_status,
)
_K6_NOTES = (
    "k6's request durations leave out connecting and waiting for a connection",
    "k6 stamps a request's end: starts are that less its duration",
)
_K6: Mapping[str, Any] = {
    "status": _k6_status,
    "error": _k6_error,
    "path": pl.col("path"),
    "host": pl.col("host"),
    "stamp": Stamp.END,
    "notes": _K6_NOTES,
}
K6_CSV = LogFormat(
    **_K6,
    name="k6-csv",
    summary="k6's results as CSV (k6 run --out csv=...)",
    layout=DelimitedRows(
        ("metric_name", "timestamp", "metric_value", "status", "error", "error_code", "method", "url"),
        (frozenset({"metric_name"}), frozenset({"metric_value"})),
    ),
    fields={
        **_URL,
        "timestamp": fields.plain_time("timestamp"),
        "metric_value": fields.duration("metric_value", fields.MILLISECOND),
    },
    time=pl.col("timestamp"),
    duration=pl.col("metric_value"),
    method=pl.col("method"),
    skipped=(pl.col("metric_name") != _DURATION).fill_null(value=False),
    resolution_ns=1_000_000_000,
)


K6 = LogFormat(
    **_K6,
    name="k6",
    summary="k6's results as JSON (k6 run --out json=...)",
    layout=JsonLines(
        (
            *("metric", "type", "data.time", "data.value", "data.tags.status", "data.tags.error"),
            *("data.tags.error_code", "data.tags.url", "data.tags.method"),
        )
    ),
    fields={
        **{name: fields.word(f"data.tags.{name}") for name in ("status", "error", "error_code", "method")},
        "path": fields.path("data.tags.url"),
        "host": fields.host("data.tags.url"),
        "time": fields.iso_time("data.time"),
        "value": fields.duration("data.value", fields.MILLISECOND),
    },
    time=pl.col("time"),
    duration=pl.col("value"),
    method=pl.col("method"),
    skipped=(
        pl.col("metric").is_not_null() & ((pl.col("metric") != _DURATION) | (pl.col("type") != "Point"))
    ).fill_null(value=False),
    recognised=pl.col("metric").is_not_null() & pl.col("type").is_in(["Metric", "Point"]),
)

_message = pl.col("message")
_found = columns.code(_message.str.extract(r"found\s+(\d{3})"))
_gatling_status = (
    pl.when(pl.col("verdict") == "OK").then(pl.lit(200, pl.Int16)).otherwise(_found.fill_null(0))
)
_HEAD = r"^(?:[^\t]+\t[^\t]+\t)?"  # before 2.1, the scenario and the user
GATLING = LogFormat(
    name="gatling",
    summary="Gatling's simulation.log, of text (from 2.0 on) or binary (from 3.13 on)",
    # The run's head, its users, groups and crashes are no requests.
    layout=PatternLines(
        rf"{_HEAD}(?:(?<other>RUN|USER|GROUP|ERROR|ASSERTION)\t|REQUEST\t(?:[^\t]*\t){{1,4}}?(?<name>[^\t]*)\t"
        r"(?<began>[0-9]{13})\t(?:[0-9]{13}\t[0-9]{13}\t)?(?<ended>[0-9]{13})\t(?<verdict>OK|KO)"
        r"(?:\t(?<message>.*))?$)"
    ),
    fields={
        "began": fields.unix_time("began", fields.MILLISECOND),
        "ended": fields.unix_time("ended", fields.MILLISECOND),
        "other": fields.is_named("other"),
        "called": fields.is_named("name"),
    },
    time=pl.col("began"),
    duration=columns.sane(pl.col("ended") - pl.col("began")),
    status=_gatling_status,
    error=columns.error_kind(_message, _gatling_status),
    path=pl.concat_str(pl.lit("/"), "name"),
    skipped=pl.col("other"),
    recognised=pl.col("other") | pl.col("called"),
    stamp=Stamp.START,
    notes=(
        (
            "Gatling writes no status: what passed counts as 200, and what failed as the status that its"
            " message names, or as unanswered; requests' names stand for paths"
        ),
    ),
)


def _since_start(name: str, summary: str, time: str, took: str, status: str) -> LogFormat:
    """Rows whose times are seconds since the test began."""
    note = (
        f"{name}'s CSV has no date, and leaves out requests that were not answered: they fail nowhere in it"
    )
    return LogFormat(
        name=name,
        summary=summary,
        layout=DelimitedRows((time, took, status), tuple(frozenset({each}) for each in (time, took, status))),
        fields={"time": fields.unix_time(time), "took": fields.duration(took, fields.SECOND)},
        time=pl.col("time"),
        duration=pl.col("took"),
        status=columns.code(pl.col(status)),
        stamp=Stamp.START,
        notes=(note,),
    )


HEY = _since_start(
    "hey",
    "hey's results as CSV (hey -o csv)",
    "offset",
    "response-time",
    "status-code",
)
OHA = _since_start(
    "oha",
    "oha's results as CSV (oha --output-format csv)",
    "request-start",
    "request-duration",
    "status",
)
