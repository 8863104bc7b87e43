"""Logs that another program passed on: prefixes, wrappings, encodings, and rows that span lines."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cbtool.errors import WrongFormatError
from cbtool.logs import ranges, read_calls
from cbtool.logs.rows import whole_rows
from cbtool.logs.text import plain_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from cbtool.logs import LogRead

TEXT = [
    f'::1 - - [09/Oct/2025:10:00:0{i} +0000] "GET /{i} HTTP/1.1" 20{i} 5 "-" "curl" 0.00{i}' for i in range(9)
]
CADDY = [
    json.dumps(
        {
            "logger": "http.log.access.log0",
            "ts": 1_700_000_000.5 + i,
            "request": {"method": "GET", "host": "h", "uri": f"/{i}"},
            "duration": 0.001 * i,
            "status": 200 + i,
        }
    )
    for i in range(9)
]


def read(tmp_path: Path, data: bytes) -> LogRead:
    path = tmp_path / "a.log"
    path.write_bytes(data)
    return read_calls([str(path)])


PASSED_ON: dict[str, Callable[[str], str]] = {
    "Kubernetes": lambda line: f"2025-10-09T10:00:00.123456789+02:00 stdout F {line}",
    "Kubernetes in UTC": lambda line: f"2025-10-09T10:00:00.123456789Z stderr F {line}",
    "docker compose": lambda line: f"web-1       | {line}",
    "kubectl --prefix": lambda line: f"[pod/web-5d8f/nginx] {line}",
    "Docker": lambda line: json.dumps(
        {"log": line + "\n", "stream": "stdout", "time": "2025-10-09T10:00:00Z"}
    ),
    "syslog": lambda line: f"<190>Oct  9 10:00:00 web1 nginx: {line}",
    "syslog in a file": lambda line: f"Oct  9 10:00:00 web1 caddy[17]: {line}",
    "syslog, RFC 5424": lambda line: f"<190>1 2025-10-09T10:00:00.000000+00:00 web1 nginx 17 - - {line}",
}


@pytest.mark.parametrize("lines", [TEXT, CADDY], ids=["text", "JSON"])
@pytest.mark.parametrize("name", PASSED_ON)
def test_what_stands_around_lines(name: str, lines: list[str], tmp_path: Path) -> None:
    found = read(tmp_path, "".join(PASSED_ON[name](line) + "\n" for line in lines).encode())
    plain = read(tmp_path, "".join(line + "\n" for line in lines).encode())
    assert (found.lines, found.rejected) == (9, 0)
    assert found.format == plain.format
    assert found.calls.frame().equals(plain.calls.frame())


def test_lines_of_other_containers_are_counted(tmp_path: Path) -> None:
    lines = [f"web-1  | {line}" for line in TEXT] + ["db-1   | checkpoint complete"]
    found = read(tmp_path, "\n".join(lines).encode() + b"\n")
    assert (len(found.calls), found.rejected) == (9, 1)
    assert found.samples[0].text == "checkpoint complete"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "utf-8-sig"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_windows_encodings(encoding: str, end: str, tmp_path: Path) -> None:
    mark = "\ufeff" if encoding == "utf-16-be" else ""
    found = read(tmp_path, (mark + "".join(line + end for line in TEXT)).encode(encoding))
    assert (found.format, len(found.calls), found.rejected) == ("nginx", 9, 0)


def test_a_line_without_an_end_is_passed_on_in_pieces() -> None:
    pieces = [b"web-1 | x\n" * 3, *[b"y" * 100_000] * 20]
    given: Iterator[bytes] = iter(pieces)
    assert max(len(piece) for piece in plain_text(given)) <= 300_000


# Above a header


def test_lines_above_a_header(tmp_path: Path) -> None:
    data = b"# exported by hand\n\nloading...\ntimestamp,status,duration_ms\n"
    found = read(tmp_path, data + b"1700000000,200,5\n1700000001,500,\nx\n")
    assert (found.format, len(found.calls), found.rejected, found.samples[0].line) == ("csv", 2, 1, 7)


def test_words_above_objects(tmp_path: Path) -> None:
    found = read(tmp_path, b"Attaching to web-1\n" + "\n".join(CADDY).encode())
    assert (found.format, len(found.calls), found.rejected) == ("caddy", 9, 1)


# Other spellings of W3C


def test_quoted_values_and_other_names(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        b"#Software: IIS Advanced Logging Module\n#Fields:  date-local time-local s-ip cs-method cs-uri-stem"
        b" cs-uri-query cs(User-Agent) cs(Host) sc-status TimeTakenMS\n"
        b'2026-11-24 10:00:00.363 10.0.0.1 GET /a - "Mozilla/5.0 (X11) ""x"" y" "shop.example" 200 109\n'
        b'2026-11-24 10:00:01.660 10.0.0.1 GET /b - - "shop.example" 503 0\n',
    )
    assert (found.format, found.lines, found.rejected) == ("iis", 4, 0)
    assert (found.calls.duration_ns // 1_000_000).tolist() == [109, 0]
    assert found.calls.host is not None
    assert found.calls.host.to_list() == ["shop.example"] * 2


def test_cloudfront_without_its_comments(tmp_path: Path) -> None:
    row = (
        "2024-03-12\t15:22:28\tCDG50-P2\t703\t192.0.2.4\tGET\td1.cloudfront.net\t/a\t400\t-\tcurl\tq=1"
        "\t-\tError\tid==\tcdn.example\thttps\t62\t0.113\t-\n"
    )
    found = read(tmp_path, row.encode() * 3)
    assert (found.format, len(found.calls), found.rejected) == ("cloudfront", 3, 0)
    assert found.calls.duration_ns.tolist() == [113_000_000] * 3


# Rows


def joined(pieces: list[bytes]) -> bytes:
    return b"".join(whole_rows(iter(pieces)))


VALUES = st.text(alphabet='ab,"\n é', max_size=8)


@given(rows=st.lists(st.tuples(VALUES, VALUES), max_size=12), size=st.integers(1, 40))
def test_values_that_span_lines(rows: list[tuple[str, str]], size: int) -> None:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([("timestamp", "a", "b"), *((1, *row) for row in rows)])
    data = out.getvalue().encode()
    head = len(b"timestamp,a,b\n")
    got = joined([data[:head], *(data[at : at + size] for at in range(head, len(data), size))])
    assert got.count(b"\n") == data.count(b"\n")
    read_back = [row for row in csv.reader(io.StringIO(got.decode())) if row]
    assert read_back[1:] == [["1", *(value.replace("\n", " ") for value in row)] for row in rows]


def test_a_quote_that_nothing_closes_takes_no_rows_with_it() -> None:
    rows = b"".join(b"%d,5,200\n" % at for at in range(20_000))
    data = b'timestamp,duration_ms,status\n1,"5,200\n' + rows
    assert joined([data]) == data


def test_jmeters_rows_without_a_header(tmp_path: Path) -> None:
    rows = (
        '1700000000000,12,"Home, page",200,OK,G 1-1,text,true,,10,5,1,1,http://h/home,12,0,1\n'
        '1700000000500,7,Pay,500,Error,G 1-1,text,false,"Test failed:\nno ""total""",10,5,1,1,http://h/pay,7,0,1\n'
    )
    found = read(tmp_path, rows.encode())
    assert (found.format, found.rejected, found.lines) == ("jmeter", 0, 2)
    assert found.calls.status.tolist() == [200, 500]
    assert found.calls.path is not None
    assert found.calls.path.to_list() == ["/home", "/pay"]


def test_jmeters_rows_of_an_old_version_without_a_header(tmp_path: Path) -> None:
    found = read(tmp_path, b"1700000000000,12,Home,200,OK,G 1-1,text,true,10,12\n")
    assert (found.format, found.calls.status.tolist()) == ("jmeter", [200])


def test_line_numbers_stay_right_below_rows_that_span_lines(tmp_path: Path) -> None:
    rows = 'timeStamp,elapsed,responseCode,failureMessage\n1700000000000,1,200,"a\nb"\n'
    rows += "1700000000001,1,200,\noops\n"
    found = read(tmp_path, (rows + "1700000000002,1,200,\n").encode())
    assert (len(found.calls), found.rejected, found.samples[0].line) == (3, 1, 5)


def test_locusts_summary_is_told_from_its_history(tmp_path: Path) -> None:
    with pytest.raises(WrongFormatError, match=r"a\.log:1: Locust's summary, which has no times"):
        read(tmp_path, b"Type,Name,Request Count,Failure Count\nGET,/,5,1\n")


@pytest.mark.parametrize(
    ("rows", "cut"),
    [
        ("timestamp,status,error\n" + "1700000000,200,\n" * 200, True),
        ("timestamp,status,error\n" + '1700000000,0,"a\nb"\n' * 200, False),
        ("timeStamp,elapsed,responseCode\n" + "1700000000000,5,200\n" * 200, False),
    ],
    ids=["rows", "rows that span lines", "rows that are parts of others"],
)
def test_what_can_be_read_in_ranges(
    rows: str, cut: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ranges, "RANGE", 1000)
    path = tmp_path / "rows.csv"
    path.write_text(rows)
    assert bool(ranges.ranges_of(str(path), ())) is cut
