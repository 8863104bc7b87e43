"""Files that are one document, tables of other programs, and columns that the user names."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

from cbtool.errors import ConfigurationError, WrongFormatError
from cbtool.logs import read_calls
from cbtool.traffic.error_kind import ErrorKind

if TYPE_CHECKING:
    from pathlib import Path

    from cbtool.logs import LogRead

MS = 1_000_000
JMETER = """\
<?xml version="1.0" encoding="UTF-8"?>
<testResults version="1.2">
<httpSample t="120" lt="95" ts="1700000000000" s="true" lb="Home" rc="200" rm="OK" tn="1-1">
  <java.net.URL>http://shop.example/home?a=1</java.net.URL>
  <method class="java.lang.String">GET</method>
  <httpSample t="20" ts="1700000000050" s="true" lb="image" rc="404" rm="Not Found"/>
</httpSample>
<sample t="900" ts="1700000001000" s="false" lb="Buy (transaction)" rc="" rm="">
  <httpSample t="300" ts="1700000001000" s="true" lb="Cart" rc="302" rm="Found"/>
  <httpSample t="600" ts="1700000001300" s="false" lb="Pay" rm="Non HTTP response message: Read timed out"
    rc="Non HTTP response code: java.net.SocketTimeoutException"/>
</sample>
<sample t="5" ts="1700000002500" s="true" lb="JDBC" rc="200" rm="OK"/>
</testResults>
"""


def entry(at: str, took: float, status: int, **more: Any) -> dict[str, Any]:
    request = {"method": "GET", "url": "https://shop.example/a?b=1"}
    return {
        "startedDateTime": at,
        "time": took,
        "request": request,
        "response": {"status": status, "statusText": "", **more},
        "serverIPAddress": "192.0.2.1",
    }


def span(start: int, end: int, kind: int | str, status: dict[str, Any], **attributes: Any) -> dict[str, Any]:
    values = [
        {
            "key": key.replace("__", "."),
            "value": {"intValue" if isinstance(v, int) else "stringValue": str(v)},
        }
        for key, v in attributes.items()
    ]
    return {
        "kind": kind,
        "startTimeUnixNano": str(start),
        "endTimeUnixNano": str(end),
        "status": status,
        "attributes": values,
    }


def batch(*spans: dict[str, Any]) -> dict[str, Any]:
    resource = {"attributes": [{"key": "service.instance.id", "value": {"stringValue": "pod-1"}}]}
    return {"resourceSpans": [{"resource": resource, "scopeSpans": [{"spans": list(spans)}]}]}


def read(path: Path, content: str, **more: Any) -> LogRead:
    path.write_text(content)
    return read_calls([str(path)], **more)


def test_a_browsers_archive(tmp_path: Path) -> None:
    entries = [
        entry("2026-11-24T10:00:01.500+01:00", 250.5, 200),
        entry("2026-11-24T10:00:01.250+01:00", 30, 0, _error="net::ERR_CONNECTION_TIMED_OUT"),
        entry("2026-11-24T10:00:02.000+01:00", 30, 0),
        {"request": None},
    ]
    got = read(tmp_path / "a.har", json.dumps({"log": {"version": "1.2", "entries": entries}}, indent=2))
    assert (got.format, got.rejected) == ("har", 1)
    calls = got.calls
    assert calls.epoch == pytest.approx(1_795_510_801.25, abs=1e-6)
    assert calls.status.tolist() == [0, 200, 0]
    assert calls.error.tolist() == [ErrorKind.TIMEOUT, 0, ErrorKind.CONNECTION_ERROR]
    assert calls.duration_ns.tolist() == [30 * MS, 250_500_000, 30 * MS]
    assert calls.path is not None
    assert calls.path.to_list() == ["/a?b=1"] * 3
    assert calls.host is not None
    assert calls.host[0] == "shop.example"


def test_jmeters_requests_and_not_what_they_stand_in(tmp_path: Path) -> None:
    got = read(tmp_path / "a.jtl", JMETER)
    assert (got.format, got.rejected) == ("jmeter-xml", 0)
    calls = got.calls
    assert (calls.start_ns // MS).tolist() == [0, 1000, 1300, 2500]
    assert (calls.duration_ns // MS).tolist() == [120, 300, 600, 5]
    assert calls.status.tolist() == [200, 302, 0, 200]
    assert calls.error.tolist() == [0, 0, ErrorKind.TIMEOUT, 0]
    assert calls.path is not None
    assert calls.path[0] == "/home?a=1"


def test_jmeters_sums_of_transactions_are_no_calls(tmp_path: Path) -> None:
    samples = """<testResults>
    <sample t="9" ts="1700000000000" s="false" rc="" rm="Number of samples in transaction : 4, failing : 1"/>
    <sample t="0" ts="1700000000000" s="true" rc="" rm=""/>
    <sample t="20" ts="1700000000000" s="false" rc="" rm="No reply message received"/>
    </testResults>"""
    got = read(tmp_path / "a.jtl", samples)
    assert (got.calls.status.tolist(), got.calls.error.tolist()) == ([0], [ErrorKind.CONNECTION_ERROR])
    assert got.rejected == 0


def test_a_run_of_jmeter_that_was_killed_gives_what_is_there(tmp_path: Path) -> None:
    got = read(tmp_path / "a.jtl", JMETER[: JMETER.index("<sample t=")])
    assert (len(got.calls), got.rejected) == (1, 0)
    assert len(read(tmp_path / "a.jtl", JMETER.replace("</sample>", "</wrong>")).calls) == 3


def test_xml_that_defines_entities_is_refused(tmp_path: Path) -> None:
    bomb = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><testResults>&a;</testResults>'
    with pytest.raises(WrongFormatError, match="no known log format"):
        read(tmp_path / "a.jtl", bomb)
    late = JMETER.replace("<testResults", "<!-- x --><testResults")
    assert len(read(tmp_path / "a.jtl", late).calls) == 4


@pytest.mark.parametrize("indent", [None, 1])
def test_client_spans_are_the_calls(tmp_path: Path, indent: int | None) -> None:
    server = span(10**18, 10**18 + 9 * MS, 2, {}, http__response__status_code=200, url__path="/in")
    spans = batch(
        server,
        span(
            10**18 + MS,
            10**18 + 3 * MS,
            3,
            {},
            http__response__status_code=200,
            url__full="http://b.example/x",
        ),
        span(10**18 + 2 * MS, 10**18 + 5 * MS, 3, {"code": 2}, http__status_code=503, peer__service="pay"),
        span(10**18 + 3 * MS, 10**18 + 6 * MS, "SPAN_KIND_CLIENT", {"code": 2}, rpc__grpc__status_code=4),
        span(10**18 + 4 * MS, 10**18 + 7 * MS, 3, {}, db__system="redis"),
    )
    got = read(tmp_path / "spans.json", json.dumps(spans, indent=indent) + "\n")
    assert (got.format, got.rejected) == ("otlp", 0)
    calls = got.calls
    assert calls.status.tolist() == [200, 503, 0, 200]
    assert calls.error.tolist() == [0, 0, ErrorKind.TIMEOUT, 0]
    assert (calls.duration_ns // MS).tolist() == [2, 3, 3, 3]
    assert calls.path is not None
    assert calls.path[0] == "/x"
    assert calls.upstream is not None
    assert calls.upstream.to_list() == [None, "pay", None, "redis"]
    assert calls.instances == ("pod-1",)


def test_server_spans_where_there_is_no_client(tmp_path: Path) -> None:
    one = json.dumps(batch(span(10**18, 10**18 + MS, 2, {}, http__response__status_code=500)))
    got = read(tmp_path / "spans.json", f"{one}\nrubbish\n{one}\n")
    assert (len(got.calls), got.rejected) == (2, 1)


MAP = "map:timestamp_ms=When,status=Code,duration_us=took,path=u.rl"


def test_columns_that_the_user_names_in_rows_and_in_json(tmp_path: Path) -> None:
    rows = read(
        tmp_path / "a.csv",
        "when,CODE,took,u.rl\n1700000000250,503,1500,/a\n1700000000000,200,9,/b\n",
        log_format=MAP,
    )
    lines = '{"When":1700000000250,"Code":503,"took":1500,"u":{"rl":"/a"}}\n'
    other = '{"When":"1700000000000","Code":"200","took":9,"u":{"rl":"/b"},"x":[1]}\n'
    for got in (rows, read(tmp_path / "a.ndjson", lines + other, log_format=MAP)):
        assert (got.format, got.rejected) == ("map", 0)
        assert got.calls.status.tolist() == [200, 503]
        assert got.calls.start_ns.tolist() == [0, 250 * MS]
        assert got.calls.duration_ns.tolist() == [9_000, 1_500_000]
        assert got.calls.path is not None
        assert got.calls.path.to_list() == ["/b", "/a"]


def test_columns_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(WrongFormatError, match="without the columns that --map names: 'a,b'"):
        read(tmp_path / "a.csv", "a,b\n1,2\n", log_format=MAP)


def test_a_table_of_another_program(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    times = [datetime(2026, 11, 24, 10, 0, second, tzinfo=UTC) for second in (1, 0)]
    pl.DataFrame({"at": times, "code": [500, 200], "ms": [1.5, 2.5]}).write_parquet(path)
    got = read_calls([str(path)], log_format="map:timestamp=at,status=code,duration_ms=ms")
    assert got.calls.status.tolist() == [200, 500]
    assert got.calls.duration_ns.tolist() == [2_500_000, 1_500_000]
    assert got.calls.epoch == datetime(2026, 11, 24, 10, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("timestamp=a", "status or error"),
        ("status=a", "name one of timestamp"),
        ("timestamp=a,status", "must be MEANING=COLUMN"),
        ("timestamp=a,code=b", "must be MEANING=COLUMN"),
        ("timestamp=a,timestamp=b,status=c", "timestamp is named twice"),
        ("timestamp=a,status=c,duration_s=d,duration_ms=e", "name one duration"),
    ],
)
def test_a_mapping_that_cannot_be_used(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(ConfigurationError, match=problem):
        read(tmp_path / "a.csv", "a,b\n", log_format=f"map:{text}")
