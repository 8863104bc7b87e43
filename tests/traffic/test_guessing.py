"""Tables that nobody described: what is taken for what, by names and by what is in them.

The rows were made after field lists in the gateways' and loggers' documentation.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from cbtool.errors import ConfigurationError, WrongFormatError
from cbtool.logs import read_calls
from cbtool.traffic.error_kind import ErrorKind
from cbtool.traffic.formats import formats_named, guessed_format
from cbtool.traffic.formats.guessing import guessed

if TYPE_CHECKING:
    from pathlib import Path

    from cbtool.logs import LogRead

# ruff: noqa: E501  # a log line is as long as it is
AT = 1_795_514_400  # 2026-11-24T10:00:00Z
ISO = "2026-11-24T10:00:00.250Z"


def read(tmp_path: Path, text: str) -> LogRead:
    path = tmp_path / "a.log"
    path.write_text(text)
    return read_calls([str(path)])


def objects(row: dict[str, Any]) -> str:
    return "".join(json.dumps(row) + "\n" for _ in range(3))


# By who writes them: a row; and of the call the start and the duration in seconds, the status, the path and the host.
ROWS: dict[str, tuple[str, tuple[float, float | None, int, str | None, str | None]]] = {
    "Google's load balancer": (
        objects(
            {
                "httpRequest": {
                    "latency": "0.125s",
                    "requestMethod": "GET",
                    "requestUrl": "https://shop/a?b",
                    "status": 502,
                },
                "timestamp": ISO,
                "receiveTimestamp": "2026-11-24T10:00:01.250Z",
            }
        ),
        (0.25, 0.125, 502, "/a?b", "shop"),
    ),
    "HAProxy's JSON after its manual": (
        objects(
            {
                "request_date": "24/Nov/2026:10:00:00.250",
                "status_code": "502",
                "time_active": "125",
                "be_name": "shop",
                "http_uri": "/a",
            }
        ),
        (0.25, 0.125, 502, "/a", None),
    ),
    "HAProxy's JSON with its variables' names": (
        objects({"t": "[24/Nov/2026:10:00:00.250]", "ST": 502, "Tq": 1, "Ta": 125, "path": "/a"}),
        (0.25, 0.125, 502, "/a", None),
    ),
    "ECS with dots in its names": (
        objects(
            {
                "@timestamp": ISO,
                "log.level": "INFO",
                "http.request.method": "GET",
                "url.path": "/a",
                "http.response.status_code": 502,
                "event.duration": 125_000_000,
            }
        ),
        (0.125, 0.125, 502, "/a", None),
    ),
    "dots within and between names": (
        objects(
            {"@timestamp": ISO, "labels": {"http.status_code": 502, "url.path": "/a"}, "duration_ms": 125}
        ),
        (0.125, 0.125, 502, "/a", None),
    ),
    "labels between bars": (
        "time:2026-11-24T10:00:00.250Z|remote_addr:10.0.0.1|method:GET|uri:/a|status:502|request_time:0.125\n"
        * 3,
        (0.125, 0.125, 502, "/a", None),
    ),
    "an object behind a date": (
        '[2026-11-24 10:00:00.250] local.INFO: handled {"method":"GET","path":"/a","status":502,"duration_ms":125}\n'
        * 3,
        (0.125, 0.125, 502, "/a", None),
    ),
    "an object with a time of its own behind a date": (
        '[2026-11-24 09:00:00] local.INFO: handled {"time":"2026-11-24T10:00:00.250Z","path":"/a","status":502,"duration_ms":125}\n'
        * 3,
        (0.125, 0.125, 502, "/a", None),
    ),
    "Google's load balancer in BigQuery": (
        objects(
            {
                "httpRequest": {"latency": "0.125", "requestUrl": "https://shop/a?b", "status": "502"},
                "timestamp": "2026-11-24 10:00:00.250 UTC",
            }
        ),
        (0.125, 0.125, 502, "/a?b", "shop"),
    ),
    "Azure's App Service": (
        objects(
            {
                "time": ISO,
                "Properties": {"CsUriStem": "/a", "CsHost": "shop", "TimeTaken": 125, "ScStatus": 502},
            }
        ),
        (0.125, 0.125, 502, "/a", None),
    ),
    "Cloudflare with whole seconds": (
        objects(
            {
                "ClientRequestURI": "/a",
                "EdgeStartTimestamp": "2026-11-24T10:00:00Z",
                "EdgeEndTimestamp": "2026-11-24T10:00:00Z",
                "EdgeResponseStatus": 524,
                "OriginResponseDurationMs": 0,
                "EdgeTimeToFirstByteMs": 125,
            }
        ),
        (0.0, 0.125, 524, "/a", None),
    ),
    "Cloudflare with fine times": (
        objects(
            {
                "ClientRequestURI": "/a",
                "EdgeStartTimestamp": 1795514400250000000,
                "EdgeEndTimestamp": 1795514400375000000,
                "EdgeResponseStatus": 524,
                "OriginResponseDurationMs": 0,
            }
        ),
        (0.25, 0.125, 524, "/a", None),
    ),
    "Linkerd": (
        objects({"timestamp": ISO, "status": 503, "total_ns": "125000000", "uri": "http://shop/a"}),
        (0.125, 0.125, 503, "/a", "shop"),
    ),
    "Fastly": (
        objects({"timestamp": ISO, "response_status": 503, "time_elapsed": 125000, "url": "/a"}),
        (0.125, 0.125, 503, "/a", None),
    ),
    "Akamai's DataStream": (
        objects(
            {
                "reqTimeSec": "1795514400.250",
                "statusCode": "503",
                "turnAroundTimeMSec": "125",
                "reqPath": "/a",
            }
        ),
        (0.25, 0.125, 503, "/a", None),
    ),
    "S3's log in Athena": (
        objects(
            {
                "requestdatetime": "24/Nov/2026:10:00:00 +0000",
                "request_uri": "GET /a HTTP/1.1",
                "httpstatus": "503",
                "totaltime": "125",
            }
        ),
        (0.0, 0.125, 503, "/a", None),
    ),
    "lograge below a millisecond": (
        objects(
            {
                "@timestamp": ISO,
                "controller": "A",
                "action": "b",
                "path": "/a",
                "status": 200,
                "duration": 0.25,
            }
        ),
        (0.24975, 0.00025, 200, "/a", None),
    ),
    "Azure's gateway": (
        objects(
            {
                "timeStamp": ISO,
                "properties": {
                    "httpMethod": "GET",
                    "requestUri": "/a",
                    "httpStatus": 200,
                    "timeTaken": 0.125,
                    "host": "shop",
                    "serverStatus": "200",
                },
            }
        ),
        (0.125, 0.125, 200, "/a", "shop"),
    ),
    "Cloudflare": (
        objects(
            {
                "ClientRequestHost": "shop",
                "ClientRequestMethod": "GET",
                "ClientRequestURI": "/a",
                "EdgeStartTimestamp": 1795514400250000000,
                "EdgeEndTimestamp": 1795514400375000000,
                "EdgeResponseStatus": 503,
            }
        ),
        (0.25, 0.125, 503, "/a", "shop"),
    ),
    "Amazon's API gateway": (
        objects(
            {
                "requestTime": "24/Nov/2026:10:00:00 +0000",
                "httpMethod": "GET",
                "resourcePath": "/a/{id}",
                "status": "200",
                "responseLatency": "125",
            }
        ),
        (0.0, 0.125, 200, "/a/{id}", None),
    ),
    "Kong": (
        objects(
            {
                "latencies": {"request": 125, "kong": 1, "proxy": 124},
                "request": {"method": "GET", "uri": "/a", "size": 9},
                "response": {"status": 200, "size": 9},
                "started_at": 1795514400250,
                "service": {"host": "shop"},
            }
        ),
        (0.25, 0.125, 200, "/a", "shop"),
    ),
    "pino": (
        objects(
            {
                "level": 30,
                "time": 1795514400250,
                "hostname": "web",
                "req": {"method": "GET", "url": "/a"},
                "res": {"statusCode": 200},
                "responseTime": 125,
            }
        ),
        (0.125, 0.125, 200, "/a", None),
    ),
    "lograge": (
        objects(
            {
                "method": "GET",
                "path": "/a",
                "controller": "A",
                "status": 200,
                "duration": 12.5,
                "view": 1.25,
                "@timestamp": ISO,
                "message": "[200] GET /a",
            }
        ),
        (0.2375, 0.0125, 200, "/a", None),
    ),
    "lograge, as pairs": (
        "I, [2026-11-24T10:00:00.250000 #12]  INFO -- : method=GET path=/a format=html status=200 duration=12.50 view=1.25\n"
        * 3,
        (0.2375, 0.0125, 200, "/a", None),
    ),
    "logfmt": (
        f'ts={ISO} level=info msg="a b=c" method=GET path=/a status=503 duration=12.5ms\n' * 3,
        (0.2375, 0.0125, 503, "/a", None),
    ),
    "Echo": (
        objects(
            {
                "time": ISO,
                "host": "shop",
                "method": "GET",
                "uri": "/a",
                "status": 200,
                "error": "",
                "latency": 125000,
                "latency_human": "125µs",
            }
        ),
        (0.249875, 0.000125, 200, "/a", "shop"),
    ),
    "Serilog": (
        objects({"@t": ISO, "RequestMethod": "GET", "RequestPath": "/a", "StatusCode": 200, "Elapsed": 12.5}),
        (0.2375, 0.0125, 200, "/a", None),
    ),
    "ECS": (
        objects(
            {
                "@timestamp": ISO,
                "http": {"request": {"method": "GET"}, "response": {"status_code": 200}},
                "url": {"path": "/a", "domain": "shop"},
                "event": {"duration": 125000000},
            }
        ),
        (0.125, 0.125, 200, "/a", "shop"),
    ),
    "Logback": (
        objects(
            {
                "@timestamp": "2026-11-24T11:00:00.250+01:00",
                "method": "GET",
                "status_code": 200,
                "requested_url": "GET /a HTTP/1.1",
                "elapsed_time": 125,
            }
        ),
        (0.125, 0.125, 200, "/a", None),
    ),
    "Python's logging": (
        objects(
            {
                "asctime": "2026-11-24 10:00:00,250",
                "levelname": "INFO",
                "status_code": 200,
                "path": "/a",
                "duration": 0.125,
            }
        ),
        (0.125, 0.125, 200, "/a", None),
    ),
    "Envoy under other names": (
        objects(
            {
                "startTime": ISO,
                "method": "GET",
                "path": "/a",
                "responseCode": "503",
                "durationMs": "125",
                "authority": "shop",
            }
        ),
        (0.25, 0.125, 503, "/a", "shop"),
    ),
    "without durations": (
        objects({"time": ISO, "requestLine": "GET /a HTTP/1.1", "status": 200}),
        (0.25, None, 200, "/a", None),
    ),
    "a spreadsheet": (
        "Date,Client,URL,HTTP Status,Latency (ms)\n" + "2026-11-24 10:00:00.25,1.1.1.1,/a,200,125\n" * 3,
        (0.125, 0.125, 200, "/a", None),
    ),
    "a European spreadsheet": (
        '"time";"url";"status_code";"response_time"\n' + "2026-11-24T10:00:00.25;/a;200;0.125\n" * 3,
        (0.125, 0.125, 200, "/a", None),
    ),
    "a plain table with another duration": (
        objects({"timestamp": ISO, "status": 200, "latency": "125ms", "path": "/a"}),
        (0.125, 0.125, 200, "/a", None),
    ),
}


@pytest.mark.parametrize("who", ROWS)
def test_what_is_taken_for_what(who: str, tmp_path: Path) -> None:
    text, (start, duration, status, path, host) = ROWS[who]
    found = read(tmp_path, text)
    calls = found.calls
    assert (found.format, len(calls), found.rejected) == ("guessed", 3, 0)
    assert calls.epoch - AT == pytest.approx(start, abs=1e-6)
    assert calls.duration_ns[0] / 1e9 == (-1e-9 if duration is None else pytest.approx(duration, abs=1e-9))
    assert calls.status.tolist() == [status] * 3
    assert (None if calls.path is None else calls.path[0]) == path
    assert (None if calls.host is None else calls.host[0]) == host


@pytest.mark.parametrize("who", ROWS)
def test_what_was_taken_is_told_in_words_that_say_the_same(who: str, tmp_path: Path) -> None:
    text, _ = ROWS[who]
    found = read(tmp_path, text)
    told = next(note for note in found.calls.notes if note.startswith("what the columns mean was taken"))
    _, _, mapping = told.partition("--map ")
    if not mapping:
        assert who == "lograge, as pairs"
        assert "ended=the date before them" in told
        return
    same = read_calls([str(tmp_path / "a.log")], log_format=f"map:{mapping}")
    assert same.calls.status.tolist() == found.calls.status.tolist()
    assert same.calls.duration_ns.tolist() == found.calls.duration_ns.tolist()
    assert same.calls.epoch == pytest.approx(found.calls.epoch, abs=1)


def test_lines_of_other_kinds_are_no_calls(tmp_path: Path) -> None:
    text = objects({"time": ISO, "url": "/a", "status": 200}) + objects({"time": ISO, "msg": "started"})[:-1]
    found = read(tmp_path, text + '\n{"time": "soon", "url": "/a", "status": 200}\n')
    assert (len(found.calls), found.rejected, found.lines) == (3, 1, 7)


def test_what_front_door_asked_by_itself_is_no_call(tmp_path: Path) -> None:
    call = {"httpMethod": "GET", "requestUri": "/a", "httpStatusCode": "503", "timeTaken": "0.125"}
    probe = {"httpVerb": "HEAD", "httpStatusCode": "200", "totalLatencyMilliseconds": "97"}
    rows = [
        {"time": ISO, "category": "FrontDoorAccessLog", "properties": call},
        {"time": ISO, "category": "FrontDoorHealthProbeLog", "properties": probe},
    ]
    found = read(tmp_path, "".join(json.dumps(row) + "\n" for row in rows * 3))
    assert found.calls.status.tolist() == [503] * 3
    assert (found.lines, found.rejected) == (6, 0)
    with pytest.raises(WrongFormatError, match="Front Door's health probes"):
        read(tmp_path, "".join(json.dumps(row) + "\n" for row in rows[1:] * 3))


def test_times_in_whole_seconds_are_spread(tmp_path: Path) -> None:
    found = read(tmp_path, objects({"time": "2026-11-24T10:00:00Z", "url": "/a", "statusCode": 200}))
    assert (found.calls.start_ns / 1e9).tolist() == pytest.approx([0, 1 / 3, 2 / 3])


@pytest.mark.parametrize(
    "line",
    [
        {"time": ISO, "status": "ok"},
        {"time": ISO, "status": 7},
        {"time": "soon", "status": 200},
        {"time": 17, "status": 200, "url": "/"},
        {"status": 200, "duration": 5},
        {"a.b": ISO, "status": 200},
        {"time": True, "status": True},
    ],
)
def test_names_alone_are_not_believed(line: dict[str, Any], tmp_path: Path) -> None:
    assert guessed([json.dumps(line)] * 5) is None
    with pytest.raises(WrongFormatError):
        read(tmp_path, objects(line))


@pytest.mark.parametrize(
    ("values", "meaning"),
    [
        ([12, 15, 9], "duration_ms"),
        ([0.012, 0.5, 2.5], "duration_s"),
        ([5.83, 12.1], "duration_ms"),
        ([12_345_678, 99_000_000], "duration_ns"),
        (["12.5ms", "1m2.5s"], "duration"),
        ([0, 0], "duration_ms"),
    ],
)
def test_units_of_durations(values: list[Any], meaning: str) -> None:
    found = guessed([json.dumps({"time": ISO, "status": 200, "latency": value}) for value in values])
    assert found is not None
    assert f"{meaning}=latency" in found.mapping.split(",")


@pytest.mark.parametrize(
    "lines", [[], [""], ["="], ["{"], ["[" * 5000], ["a=b c=d"], [",,,"], ["\x00" * 9], ['{"a":' * 2000]]
)
def test_nonsense_is_not_guessed(lines: list[str]) -> None:
    assert guessed_format([*lines, ""]) is None


# What --map takes beside


def test_ends_pairs_and_requests_in_a_mapping(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_text(f'at={ISO} rq="POST /a HTTP/1.1" code=503 took=1m2.5s\n')
    calls = read_calls([str(path)], log_format="map:ended=at,status=code,duration=took,request=rq").calls
    assert calls.epoch == pytest.approx(AT + 0.25 - 62.5)
    assert calls.method is not None
    assert calls.path is not None
    assert (calls.method[0], calls.path[0], calls.status[0]) == ("POST", "/a", 503)


def test_a_start_and_an_end_make_a_duration(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(
        "from,to,code\n1795514400.25,1795514400.5,200\n1795514401,1795514400,200\n1795514402,1795514403,200\n"
    )
    found = read_calls([str(path)], log_format="map:timestamp=from,ended=to,status=code")
    assert found.calls.duration_ns.tolist() == [250_000_000, 1_000_000_000]
    assert found.rejected == 1  # it ends before it begins


@pytest.mark.parametrize(
    "text", ["timestamp=a,timestamp_ms=b,status=c", "ended=a,ended_ns=b,status=c", "status=c"]
)
def test_a_mapping_has_a_start_or_an_end(text: str) -> None:
    with pytest.raises(ConfigurationError, match="or a start and an end"):
        formats_named(f"map:{text}")


def test_another_kind_of_status_is_none() -> None:
    spans = [
        f'{{"startTime":"{ISO}","endTime":"{ISO}","group":{{"statusCode":{code}}}}}' for code in (0, 0, 2)
    ]
    assert guessed(spans) is None


def test_rows_with_commas_within_quotes(tmp_path: Path) -> None:
    rows = f'agent,time,status,took_ms\n"a, b (c, d)",{ISO},502,125\n"e, f",{ISO},200,125\n'
    calls = read(tmp_path, rows).calls
    assert sorted(calls.status.tolist()) == [200, 502]
    assert calls.duration_ns.tolist() == [125_000_000] * 2


@pytest.mark.parametrize(
    ("details", "status", "kind"),
    [
        ("backend_timeout", 502, ErrorKind.TIMEOUT),
        ("response_sent_by_backend", 200, 0),
        ("client_disconnected_before_any_response", 499, 0),
        ("client_timed_out", 499, 0),
        ("failed_to_connect_to_backend", 0, ErrorKind.CONNECTION_ERROR),
    ],
)
def test_who_ended_a_call_at_googles_load_balancer(
    details: str, status: int, kind: int, tmp_path: Path
) -> None:
    row = {
        "jsonPayload": {"statusDetails": details},
        "httpRequest": {"status": 0 if status == 499 else status, "latency": "1.5s"},
        "timestamp": ISO,
    }
    more = row | {"httpRequest": {"status": 200, "latency": "0.1s"}, "jsonPayload": {"statusDetails": "x"}}
    calls = read(tmp_path, json.dumps(row) + "\n" + json.dumps(more) + "\n").calls
    assert (calls.status[0], calls.error[0]) == (status, kind)


def test_blank_lines_are_not_counted(tmp_path: Path) -> None:
    pretty = json.dumps({"time": ISO, "status": 503, "took_ms": 125}, indent=2)
    found = read(tmp_path, f"{pretty}\n{pretty}\n\n")
    assert (found.lines, len(found.calls), found.rejected) == (2, 2, 0)
