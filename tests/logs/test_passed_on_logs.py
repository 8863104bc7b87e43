"""Logs that another program passed on: prefixes, wrappings, encodings, and rows that span lines."""

from __future__ import annotations

import csv
import io
import json
import random
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cbtool.errors import WrongFormatError
from cbtool.logs import ranges, read_calls
from cbtool.logs.lists import listed
from cbtool.logs.rows import whole_rows
from cbtool.logs.text import plain_text

# a log line is as long as it is

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
    "docker compose in colour": lambda line: f"\x1b[36mweb-1       | \x1b[0m{line}",
    "in colours of its own, by Docker": lambda line: json.dumps(
        {"log": f"\x1b[1;32m{line}\x1b[0m\n", "stream": "stdout", "time": "2025-10-09T10:00:00Z"}
    ),
    "kubectl --prefix": lambda line: f"[pod/web-5d8f/nginx] {line}",
    "Docker": lambda line: json.dumps(
        {"log": line + "\n", "stream": "stdout", "time": "2025-10-09T10:00:00Z"}
    ),
    "syslog": lambda line: f"<190>Oct  9 10:00:00 web1 nginx: {line}",
    "syslog in a file": lambda line: f"Oct  9 10:00:00 web1 caddy[17]: {line}",
    "Kubernetes in an object": lambda line: json.dumps({"message": line, "kubernetes": {"pod": "web"}}),
    "journalctl -o json": lambda line: json.dumps({"PRIORITY": "6", "MESSAGE": line}),
    "Google Cloud Logging": lambda line: json.dumps(
        {"insertId": "x", "textPayload": line, "severity": "INFO"}
    ),
    "Docker by Kubernetes": lambda line: (
        "2025-10-09T10:00:00.1Z stdout F " + json.dumps({"log": line + "\n"})
    ),
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


@pytest.mark.parametrize(
    "before",
    ["INFO:access:", "2025-10-09T10:00:00.123Z ", "2025-10-09T10:00:00+00:00\taccess\t", "<6>[x] - "],
)
def test_what_loggers_put_before_an_object(before: str, tmp_path: Path) -> None:
    found = read(tmp_path, "".join(f"{before}{line}\n" for line in CADDY).encode())
    assert (found.format, len(found.calls), found.rejected) == ("caddy", 9, 0)


def test_an_object_at_the_end_of_a_row_is_a_value(tmp_path: Path) -> None:
    found = read(tmp_path, b"timestamp,status,tags\n" + b'1700000000,200,{"a":1}\n' * 3)
    assert (found.format, len(found.calls), found.rejected) == ("csv", 3, 0)


def test_things_around_each_other_have_an_end(tmp_path: Path) -> None:
    path = tmp_path / "deep.log"
    path.write_bytes((b"a | " * 15_000 + b"x\n") * 5)
    with pytest.raises(WrongFormatError, match="no known log format"):
        read_calls([str(path)])


# Lines in parts


def parts_of(line: str, size: int) -> list[str]:
    return [line[at : at + size] for at in range(0, len(line), size)]


def cri(stream: str, line: str, size: int) -> list[str]:
    parts = parts_of(line, size)
    flags = ["P"] * (len(parts) - 1) + ["F"]
    return [
        f"2025-10-09T10:00:00.1Z {stream} {flag} {part}\n" for flag, part in zip(flags, parts, strict=True)
    ]


@given(
    sizes=st.lists(st.integers(20, 200), min_size=9, max_size=9), chunk=st.integers(40, 3000), data=st.data()
)
def test_lines_that_kubernetes_cut_are_joined(sizes: list[int], chunk: int, data: st.DataObject) -> None:
    """Those of the two streams come in any order, and blank lines keep the numbers of lines."""
    out = [row for line, size in zip(TEXT, sizes, strict=True) for row in cri("stdout", line, size)]
    err = cri("stderr", "x" * 90, 30)
    at = sorted(data.draw(st.lists(st.integers(0, len(out)), min_size=3, max_size=3)))
    rows = (
        out[: at[0]] + err[:1] + out[at[0] : at[1]] + err[1:2] + out[at[1] : at[2]] + err[2:] + out[at[2] :]
    )
    whole = "".join(rows).encode()
    pieces = [whole[i : i + chunk] for i in range(0, len(whole), chunk)]
    # What the beginning tells is told by its first piece.
    pieces = [b"".join(pieces[: 1 + 4000 // chunk]), *pieces[1 + 4000 // chunk :]]
    got = b"".join(plain_text(iter(pieces))).decode()
    assert got.count("\n") == len(rows)
    assert [line for line in got.split("\n") if line and not line.startswith("x")] == TEXT
    assert [line for line in got.split("\n") if line.startswith("x")] == ["x" * 90]


def test_lines_that_docker_cut_are_joined(tmp_path: Path) -> None:
    rows = []
    for line in TEXT:
        *before, last = parts_of(line, 50)
        rows += [{"log": part, "stream": "stdout"} for part in before]
        rows.append({"log": last + "\n", "stream": "stdout"})
    found = read(tmp_path, "".join(json.dumps(row) + "\n" for row in rows).encode())
    assert (found.format, len(found.calls), found.rejected) == ("nginx", 9, 0)


def test_a_line_whose_end_never_came(tmp_path: Path) -> None:
    rows = [*cri("stdout", TEXT[0], 500), *cri("stdout", TEXT[1], 500), cri("stdout", TEXT[2], 40)[0]]
    found = read(tmp_path, "".join(rows).encode())
    assert (len(found.calls), found.rejected) == (2, 1)


def test_parts_without_an_end_cost_no_more_than_a_line() -> None:
    rows = iter([b"2025-10-09T10:00:00.1Z stdout P " + b"y" * 60_000 + b"\n"] * 300)
    assert len(b"".join(plain_text(rows))) < 250_000


# Lists and objects over several lines

ROWS = [{"timestamp": 1_700_000_000 + at, "status": 200 + at, "tags": {"a": [1, {}]}} for at in range(9)]


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(ROWS),
        json.dumps(ROWS, indent=2),
        json.dumps({"records": ROWS}),
        json.dumps({"nextToken": "x", "n": 3, "events": ROWS, "more": [1]}, indent=1),
        json.dumps({"took": 3, "hits": {"total": 9, "hits": [{"_id": 1, "_source": row} for row in ROWS]}}),
        "\n".join(json.dumps(row, indent=4) for row in ROWS) + "\n",
        "\r\n".join(json.dumps(row, indent=1).replace("\n", "\r\n") for row in ROWS),
    ],
    ids=[
        "a list",
        "an indented list",
        "records",
        "events",
        "Elasticsearch",
        "objects over lines",
        "with Windows' ends",
    ],
)
def test_json_that_is_no_object_a_line(text: str, tmp_path: Path) -> None:
    found = read(tmp_path, text.encode())
    assert (found.format, found.lines, found.rejected) == ("ndjson", 9, 0)
    assert found.calls.status.tolist() == list(range(200, 209))


def test_a_list_of_texts_that_are_lines(tmp_path: Path) -> None:
    events = [{"timestamp": 1, "message": line} for line in TEXT]
    found = read(tmp_path, json.dumps({"events": events}).encode())
    assert (found.format, len(found.calls)) == ("nginx", 9)


def test_numbers_of_lines_of_objects_over_lines(tmp_path: Path) -> None:
    rows = [json.dumps(row, indent=1) for row in ROWS]
    rows[4] = rows[4].replace('"status"', '"state"')
    found = read(tmp_path, "\n".join(rows).encode())
    assert (found.lines, found.rejected) == (9, 1)
    assert found.samples[0].line == 1 + sum(row.count("\n") + 1 for row in rows[:4])


def test_a_list_that_is_cut_off(tmp_path: Path) -> None:
    found = read(tmp_path, json.dumps(ROWS)[:-9].encode())
    assert (len(found.calls), found.rejected) == (8, 0)
    with pytest.raises(WrongFormatError, match="no known log format"):
        read(tmp_path, b'{"records": [{"a": 1}, 2')


@given(st.integers(0, 2**32))
def test_objects_in_any_list_cut_anywhere_are_its_lines(seed: int) -> None:
    chance = random.Random(seed)
    rows = [
        {
            "a": chance.choice(("}{", 'x"y', "\\", "ü€", "")),
            "b": [{"c": chance.randrange(9)}] * chance.randrange(3),
        }
        for _ in range(chance.randrange(1, 9))
    ]
    indent = chance.choice((None, 0, 1, 4))
    source = [{"_id": 1, "_source": row, "sort": [{}]} for row in rows]
    text = json.dumps(
        chance.choice((rows, {"records": rows}, {"took": 3, "hits": {"total": 9, "hits": source}})),
        indent=indent,
        ensure_ascii=chance.random() < 0.5,
    )
    lists = chance.choice((1, 3)) if text.startswith("[") else 1
    data = ("\n".join([text] * lists)).encode()
    first = 60 if data.startswith(b"[") else 200
    cuts = sorted({0, len(data), *chance.choices(range(first, first + len(data)), k=5)})
    pieces = [data[a:b] for a, b in pairwise(cuts) if data[a:b]]
    notes = list[str]()
    got = b"".join(listed(iter(pieces), notes.append)).decode()
    assert [json.loads(line) for line in got.splitlines()] == rows * lists
    assert not notes


def test_a_damaged_object_over_lines_costs_few_others(tmp_path: Path) -> None:
    rows = [json.dumps(row, indent=2) for row in ROWS]
    for broken in (rows[4][:-3], rows[4][:9], '{\n  "a": "b\n'):
        found = read(tmp_path, "\n".join([*rows[:4], broken, *rows[5:]]).encode())
        assert len(found.calls) == 7
        assert found.rejected >= 1
        assert found.samples[0].line == 1 + sum(row.count("\n") + 1 for row in rows[:4])


def test_a_list_that_is_damaged_is_told(tmp_path: Path) -> None:
    text = json.dumps(ROWS)
    found = read(tmp_path, text.replace('"status": 204', '"status: 204').encode())
    note = "the list of objects ends early; it was read up to there"
    assert (len(found.calls), note in found.calls.notes) == (4, True)
    assert note not in read(tmp_path, text.encode()).calls.notes


def test_a_list_is_never_held_whole() -> None:
    """Not of small objects, and not of one that never ends."""
    small = [b'[{"a":1},'] + [b'{"a":1},' * 100_000] * 20
    assert max(len(piece) for piece in listed(iter(small))) < 4_000_000
    endless = [b'[{"a":"'] + [b"x" * 100_000] * 50
    assert max(len(piece) for piece in listed(iter(endless))) < 300_000


def test_objects_that_hold_a_list_each(tmp_path: Path) -> None:
    rows = "".join(json.dumps({"records": [{"a": 1}], **row}) + "\n" for row in ROWS)
    assert len(read(tmp_path, rows.encode()).calls) == 9


def test_caddys_console(tmp_path: Path) -> None:
    rows = []
    for at, line in enumerate(CADDY):
        own = json.loads(line)
        own = json.dumps({key: own[key] for key in ("request", "duration", "status")})
        level = "\x1b[34mINFO\x1b[0m" if at % 2 else "ERROR"
        rows.append(f"2023/11/14 22:13:2{at}.500\t{level}\thttp.log.access.log0\thandled request\t{own}\n")
    rows.append("2023/11/14 22:13:29.9\tINFO\tadmin\tadmin endpoint started\t{}\n")
    found = read(tmp_path, "".join(rows).encode())
    plain = read(tmp_path, "".join(line + "\n" for line in CADDY).encode())
    assert (found.format, found.lines, found.rejected) == ("caddy", 10, 0)
    assert found.calls.frame().equals(plain.calls.frame())
    assert any("console format has no time zone" in note for note in found.calls.notes)


def test_an_object_in_single_quotes(tmp_path: Path) -> None:
    # As HAProxy's JSON formats have it where the whole of it is quoted, in the system's log.
    log = "".join(f"Apr  3 04:01:4{at} web1 haproxy[17]: '{line}'\n" for at, line in enumerate(CADDY))
    found = read(tmp_path, log.encode())
    plain = read(tmp_path, "".join(line + "\n" for line in CADDY).encode())
    assert (found.format, found.lines, found.rejected) == ("caddy", 9, 0)
    assert found.calls.frame().equals(plain.calls.frame())


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


def test_rows_without_a_date_are_of_the_day_above_them(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        b"#Software: Microsoft Internet Information Services 5.0\n#Version: 1.0\n#Date: 2026-11-24 22:00:00\n"
        b"#Fields: time c-ip cs-method cs-uri-stem sc-status time-taken\n"
        b"22:00:00 ::1 GET /a 200 5\n23:59:59 ::1 GET /b 200 5\n00:00:01 ::1 GET /c 500 5\n"
        b"00:00:00 ::1 GET /late 200 5\n"
        b"#Date: 02-Dec-2026 08:00:00\n#Fields: c-ip time cs-method cs-uri-stem sc-status time-taken\n"
        b"::1 08:00:00 GET /d 200 5\n",
    )
    assert (found.format, found.lines, found.rejected) == ("iis", 11, 0)
    starts = sorted(found.calls.start_ns // 1_000_000_000)
    assert [int(start) for start in starts] == [0, 7199, 7200, 7201, 7 * 86_400 + 36_000]
    assert found.calls.path is not None
    assert found.calls.path.to_list() == ["/a", "/b", "/late", "/c", "/d"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            '::1 - - [10/Oct/9999:13:55:36 +0000] "GET / HTTP/1.1" 200 1\n',
            "the time 10/Oct/9999:13:55:36 is not between 1970 and 2199",
        ),
        (
            "timestamp,status\n1066-10-14T09:00:00,200\n",
            "the time 1066-10-14T09:00:00 is not between 1970 and 2199",
        ),
        (
            "#Version: 1.0\n#Fields: time cs-uri-stem sc-status\n10:00:00 / 200\n",
            "W3C log without sc-status, cs-uri",
        ),
        ("Connect from 127.0.0.1:4 to 127.0.0.1:1 (web/HTTP)\n", "HAProxy's default log"),
        ('INFO:     10.0.0.1:5000 - "GET /a HTTP/1.1" 200 OK\n', "uvicorn's log"),
        ("GET /a 200 12.345 ms - 12\n", "morgan's tiny or dev format, which has no times"),
        ("Running 30s test @ http://127.0.0.1\n", "a summary of wrk"),
    ],
)
def test_what_is_not_read_is_told(text: str, problem: str, tmp_path: Path) -> None:
    with pytest.raises(WrongFormatError, match=problem):
        read(tmp_path, text.encode())


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


def test_objects_that_are_not_utf_8(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    lines = [
        json.dumps({"timestamp": 1_795_514_400 + at, "answered": 200, "by": "café"}, ensure_ascii=False)
        for at in range(50)
    ]
    path.write_bytes("\n".join(lines).encode("latin-1"))
    with pytest.raises(WrongFormatError, match="no known log format"):
        read_calls([str(path)])
    assert len(read_calls([str(path)], log_format="map:timestamp=timestamp,status=answered").calls) == 50
