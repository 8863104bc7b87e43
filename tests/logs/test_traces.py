"""Zipkin's spans, Jaeger's traces, and what Zeek saw of requests."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from cbtool.errors import InsufficientDataError, WrongFormatError
from cbtool.logs import LogRead, jaeger, read_calls
from cbtool.traffic.error_kind import ErrorKind

if TYPE_CHECKING:
    from pathlib import Path

    from cbtool.traffic.calls import Calls

BEGAN = 1_760_000_000_000_000  # microseconds


def spans() -> list[dict[str, Any]]:
    """A server's span and what it asked others."""

    def span(kind: str | None, at: int, **more: Any) -> dict[str, Any]:
        made = {"traceId": "1", "id": f"{at}", "name": "get /x", "timestamp": BEGAN + at, "duration": 2500}
        return made | ({"kind": kind} if kind else {}) | more

    return [
        span("SERVER", 0, localEndpoint={"serviceName": "shop"}, tags={"http.status_code": "200"}),
        span(
            "CLIENT",
            1,
            remoteEndpoint={"serviceName": "stock", "ipv4": "10.0.0.7"},
            tags={"http.method": "GET", "http.url": "http://stock.example/a?b=1", "http.status_code": "503"},
        ),
        span(None, 2),
        span("CLIENT", 3, tags={"error": "connect refused"}),
        span("CLIENT", 4, tags={"error": "true", "rpc.grpc.status_code": "4"}),
        span("CLIENT", 5, duration=None, tags={"url.path": "/new", "http.response.status_code": "404"}),
        span("CLIENT", 6, tags={"error": "false", "http.method": "post", "http.path": "/p"}),
    ]


def traced(span: dict[str, Any]) -> dict[str, Any]:
    """A span of Zipkin's as Jaeger has it."""
    tags = {"span.kind": span.get("kind", "internal").lower()} | span.get("tags", {})
    if "remoteEndpoint" in span:
        tags |= {
            "peer.service": span["remoteEndpoint"]["serviceName"],
            "peer.ipv4": span["remoteEndpoint"]["ipv4"],
        }
    return {
        "traceID": span["traceId"],
        "spanID": span["id"],
        "operationName": span["name"],
        "startTime": span["timestamp"],
        "duration": span["duration"],
        "tags": [{"key": key, "type": "string", "value": value} for key, value in tags.items()],
        "processID": "p1",
    }


def trace(made: list[dict[str, Any]], service: str = "shop") -> dict[str, Any]:
    processes = {"p1": {"serviceName": service, "tags": []}}
    return {"traceID": "1", "spans": [traced(each) for each in made], "processes": processes}


def read(path: Path, text: str) -> LogRead[Calls]:
    path.write_text(text)
    return read_calls([str(path)])


def instances(calls: Calls) -> list[str | None]:
    assert calls.instance is not None
    return [calls.instances[at] if at >= 0 else None for at in calls.instance.tolist()]


def check(found: LogRead[Calls]) -> None:
    calls = found.calls
    assert (found.lines, found.rejected) == (7, 0)
    assert calls.status.tolist() == [503, 0, 0, 404, 200]
    assert calls.duration_ns.tolist() == [2_500_000, 2_500_000, 2_500_000, -1, 2_500_000]
    kinds = [ErrorKind.NONE, ErrorKind.CONNECTION_ERROR, ErrorKind.TIMEOUT, ErrorKind.NONE, ErrorKind.NONE]
    assert calls.error.tolist() == [kind.value for kind in kinds]
    assert calls.start_ns.tolist() == [0, 2000, 3000, 4000, 5000]
    assert calls.path is not None
    assert list(calls.path) == ["/a?b=1", "/get /x", "/get /x", "/new", "/p"]
    assert calls.method is not None
    assert list(calls.method) == ["GET", None, None, None, "POST"]
    assert calls.host is not None
    assert calls.host[0] == "stock.example"
    assert calls.upstream is not None
    assert list(calls.upstream) == ["stock", None, None, None, None]
    assert instances(calls)[0] == "10.0.0.7"


@pytest.mark.parametrize("form", ["list", "lines", "pretty", "traces", "pretty traces"])
def test_zipkins_client_spans_are_the_calls(tmp_path: Path, form: str) -> None:
    made = spans()
    text = {
        "list": json.dumps(made),
        "lines": "\n".join(map(json.dumps, made)),
        "pretty": json.dumps(made, indent=2),
        "traces": json.dumps([made[:3], [], made[3:]]),
        "pretty traces": json.dumps([made[:3], [], made[3:]], indent=2),
    }[form]
    found = read(tmp_path / "spans.json", text)
    assert found.format == "zipkin"
    check(found)


@pytest.mark.parametrize("form", ["interface", "pretty", "trace", "traces", "elasticsearch"])
def test_jaegers_client_spans_are_the_calls(tmp_path: Path, form: str) -> None:
    made = spans()
    alone = [traced(each) | {"process": {"serviceName": "shop"}} for each in made]
    text = {
        "interface": json.dumps({"data": [trace(made)], "total": 0, "errors": None}),
        "pretty": json.dumps({"data": [trace(made[:3]), trace(made[3:])]}, indent=4),
        "trace": json.dumps(trace(made)),
        "traces": "\n".join(json.dumps(trace([each])) for each in made),
        "elasticsearch": "\n".join(map(json.dumps, alone)),
    }[form]
    found = read(tmp_path / "traces.json", text)
    assert found.format == "jaeger"
    check(found)


def test_server_spans_are_the_calls_where_there_is_no_client(tmp_path: Path) -> None:
    made = [each | {"kind": "SERVER", "localEndpoint": {"serviceName": "shop"}} for each in spans()]
    for name, text in (("z", json.dumps(made)), ("j", json.dumps({"data": [trace(made)]}))):
        found = read(tmp_path / f"{name}.json", text)
        assert len(found.calls) == 7
        assert found.calls.upstream is not None
        assert set(found.calls.upstream) == {"shop"}


def test_spans_that_are_no_calls_at_all(tmp_path: Path) -> None:
    made = [each | {"kind": "PRODUCER"} for each in spans()]
    with pytest.raises(InsufficientDataError):
        read(tmp_path / "z.json", json.dumps(made))


def test_names_that_are_not_utf_8(tmp_path: Path) -> None:
    path = tmp_path / "j.json"
    path.write_bytes(json.dumps(trace(spans()), ensure_ascii=False).replace("get /x", "ü").encode("latin-1"))
    found = read_calls([str(path)])
    assert (found.format, len(found.calls), found.rejected) == ("jaeger", 5, 0)
    assert found.calls.path is not None
    assert found.calls.path[1] == "/\ufffd"


def test_a_damaged_trace_is_one_invalid_line(tmp_path: Path) -> None:
    whole = json.dumps(trace(spans()))
    found = read(tmp_path / "j.json", f"{whole}\n{whole[: len(whole) // 2]}\n{whole}\n")
    assert (len(found.calls), found.lines, found.rejected) == (10, 15, 1)


def test_what_is_no_span_among_spans_is_invalid(tmp_path: Path) -> None:
    lines = [*map(json.dumps, spans()), "not a span", '{"traceId":"1","kind":"CLIENT","duration":1}']
    found = read(tmp_path / "z.json", "\n".join(lines) + "\n")
    assert (len(found.calls), found.rejected) == (5, 2)


def test_a_trace_that_is_too_long_is_not_held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jaeger, "LONGEST", 1 << 16)
    whole = json.dumps(trace(spans()))
    endless = whole.replace("get /x", "x" * (5 << 20), 1)
    found = read(tmp_path / "j.json", f"{whole}\n{endless}\n{whole}\n")
    assert (len(found.calls), found.rejected) == (10, 1)


def before_2(span: dict[str, Any]) -> dict[str, Any]:
    """A span of Zipkin's as it was before version 2, its own times among its annotations."""
    events = {"CLIENT": ("cs", "cr"), "SERVER": ("sr", "ss")}.get(span.get("kind", ""), ())
    times = (span["timestamp"], span["timestamp"] + (span["duration"] or 0))
    here = {"serviceName": "shop", "ipv4": "10.0.0.1", "port": 80}
    remote = span.get("remoteEndpoint")
    return {
        "traceId": span["traceId"],
        "id": span["id"],
        "name": span["name"],
        "annotations": [
            {"timestamp": at, "value": value, "endpoint": here}
            for at, value in zip(times, events[: 1 if span["duration"] is None else 2], strict=False)
        ],
        "binaryAnnotations": [
            *({"key": key, "value": value, "endpoint": here} for key, value in span.get("tags", {}).items()),
            *([{"key": "sa", "value": True, "endpoint": remote}] if remote else []),
        ],
    }


@pytest.mark.parametrize("form", ["list", "lines", "pretty", "traces"])
def test_zipkins_spans_before_version_2(tmp_path: Path, form: str) -> None:
    made = [before_2(each) for each in spans()]
    text = {
        "list": json.dumps(made),
        "lines": "\n".join(map(json.dumps, made)),
        "pretty": json.dumps(made, indent=2),
        "traces": json.dumps([made[:3], [], made[3:]]),
    }[form]
    found = read(tmp_path / "spans.json", text)
    assert found.format == "zipkin"
    check(found)


def test_a_damaged_span_before_version_2_is_one_invalid_line(tmp_path: Path) -> None:
    lines = [json.dumps(before_2(each)) for each in spans()]
    found = read(tmp_path / "z.json", "\n".join([*lines, lines[1][:99], *lines]) + "\n")
    assert (len(found.calls), found.lines, found.rejected) == (10, 15, 1)


OTLP = {
    "traceId": "AAECAw==",
    "kind": "SPAN_KIND_CLIENT",
    "startTimeUnixNano": f"{BEGAN}000",
    "endTimeUnixNano": f"{BEGAN + 2500}000",
    "attributes": [{"key": "http.status_code", "value": {"intValue": "503"}}],
}
BATCH = {"resource": {"attributes": []}, "scopeSpans": [{"scope": {}, "spans": [OTLP, OTLP]}]}


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("key", ["resourceSpans", "batches"])
@pytest.mark.parametrize("outer", ["trace", "result"])
def test_batches_within_an_answer(tmp_path: Path, outer: str, key: str, indent: int | None) -> None:
    answer = {outer: {key: [BATCH, BATCH]}, "metrics": {"inspectedBytes": "7"}}
    text = json.dumps(answer, indent=indent) + "\n"
    found = read(tmp_path / "answer.json", text * 2)
    assert (found.format, found.rejected) == ("otlp", 0)
    assert found.calls.status.tolist() == [503] * 8
    half = read(tmp_path / "half.json", text + text[: len(text) // 3])
    assert len(half.calls) == 4
    assert any("ends early" in note for note in half.calls.notes)


@pytest.mark.parametrize("indent", [None, 2])
def test_tempos_answers_are_otlp_by_another_name(tmp_path: Path, indent: int | None) -> None:
    found = read(tmp_path / "tempo.json", json.dumps({"batches": [BATCH, BATCH]}, indent=indent))
    assert (found.format, found.rejected) == ("otlp", 0)
    assert found.calls.status.tolist() == [503] * 4
    assert found.calls.duration_ns.tolist() == [2_500_000] * 4


ZEEK = """\
#separator \\x09
#set_separator\t,
#empty_field\t(empty)
#unset_field\t-
#path\thttp
#open\t2025-08-04-12-07-42
#fields\tts\tuid\tid.orig_h\tid.resp_h\tmethod\thost\turi\tuser_agent\tstatus_code
#types\ttime\tstring\taddr\taddr\tstring\tstring\tstring\tstring\tcount
1754309261.204024\tCms7\t10.0.0.1\t10.0.0.9\tGET\tshop.example\t/a?b=c d\tcurl 8\t200
1754309261.504024\tCms8\t10.0.0.1\t10.0.0.9\tPOST\tshop.example\t/pay\t-\t503
1754309262.204024\tCms9\t10.0.0.1\t10.0.0.8\tGET\t-\t/gone\t-\t-
1754309263.204024\tCms9\t10.0.0.1\t10.0.0.8\tGET
#close\t2025-08-04-13-00-00
"""


def test_zeeks_table(tmp_path: Path) -> None:
    found = read(tmp_path / "http.log", ZEEK)
    calls = found.calls
    assert (found.format, found.lines, found.rejected) == ("zeek", 13, 1)
    assert calls.status.tolist() == [200, 503, 0]
    assert calls.start_ns.tolist() == [0, 300_000_000, 1_000_000_000]
    assert calls.path is not None
    assert list(calls.path) == ["/a?b=c d", "/pay", "/gone"]
    assert calls.host is not None
    assert list(calls.host) == ["shop.example", "shop.example", None]
    assert instances(calls) == ["10.0.0.9", "10.0.0.9", "10.0.0.8"]


def test_zeeks_objects_among_its_other_logs(tmp_path: Path) -> None:
    seen = {"uid": "C1", "trans_depth": 1, "id.resp_h": "10.0.0.9", "method": "GET", "uri": "/a"}
    lines = [
        {"_path": "http", "ts": 1754309261.204024, **seen, "status_code": 200},
        {"_path": "http", "ts": "2025-08-04T12:07:42.5Z", **seen, "status_code": 500},
        {"_path": "http", "ts": 1754309263.5, **seen},
        {"_path": "conn", "ts": 1754309263.5, "uid": "C1", "duration": 1.5},
        {"_path": "smtp", "ts": 1754309263.5, "uid": "C1", "trans_depth": 1},
    ]
    found = read(tmp_path / "http.json", "\n".join(map(json.dumps, lines)))
    assert (found.format, found.rejected) == ("zeek-json", 0)
    assert found.calls.status.tolist() == [200, 500, 0]
    assert found.calls.start_ns.tolist() == [0, 1_295_976_000, 2_295_976_000]
    assert instances(found.calls) == ["10.0.0.9"] * 3


def test_a_zeek_log_without_requests(tmp_path: Path) -> None:
    with pytest.raises(InsufficientDataError):
        read(
            tmp_path / "http.log", "".join(f"{line}\n" for line in ZEEK.splitlines() if line.startswith("#"))
        )


def test_zeeks_other_logs_are_told(tmp_path: Path) -> None:
    with pytest.raises(WrongFormatError, match=r"its http\.log"):
        read(tmp_path / "conn.log", ZEEK.replace("status_code", "conn_state"))


def test_a_damaged_zeek_log_is_not_told_to_lack_statuses(tmp_path: Path) -> None:
    head = [line for line in ZEEK.splitlines() if line.startswith("#")][:-1]
    with pytest.raises(WrongFormatError, match="no row fits the columns that #fields names"):
        read(tmp_path / "http.log", "\n".join([*head, *["damaged by someone"] * 300]) + "\n")
    with pytest.raises(InsufficientDataError, match=r"2 lines are none, the first .*http\.log:9: 'da"):
        read(tmp_path / "http.log", "\n".join([*head, *["damaged by someone"] * 2]) + "\n")
    with pytest.raises(WrongFormatError, match="a log without its line #fields"):
        read(tmp_path / "http.log", "\n".join([*head[:5], *["damaged by someone"] * 300]) + "\n")
