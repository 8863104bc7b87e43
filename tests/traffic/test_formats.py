from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_json_logs import CASES as JSON_LOGS
from test_load_test_formats import SAMPLES as LOAD_TESTS
from test_proxy_formats import SAMPLES as PROXIES

from cbtool.errors import ConfigurationError
from cbtool.traffic.error_kind import ErrorKind
from cbtool.traffic.formats import FORMATS, ParsedBlock, Stamp, format_named, parse_lines, recognise
from cbtool.traffic.scanning.lines import Lines

LINE = '10.0.0.1 - bob [09/Oct/2025:10:53:20 +0200] "GET /a?b=1 HTTP/1.1" 200 101 "https://x/" "curl/8.5.0"'
AT = 1_760_000_000_000_000_000
MS = 1_000_000
UNKNOWN = -1
REJECTED = None

CSV_HEADER = "timestamp,duration_ms,status,error,method,path,instance"
RECORD_HEADER = '{"type":"header","cbtool":"0.1.0","format":1,"epoch":1760000000.25,"profile":{"breaker":{}}}'


def parsed(name: str, *lines: str, first: str | None = None) -> ParsedBlock:
    log_format = FORMATS[name]
    fields = log_format.layout.opened_by([lines[0] if first is None else first])
    assert fields is not None
    return parse_lines(log_format, fields, Lines.made(lines))


def skipped(name: str, line: str) -> bool:
    found = parsed(name, line)
    return not len(found.rows) and not len(found.rejected)


def column(name: str, what: str, line: str, first: str | None = None) -> object:
    rows = parsed(name, line, first=first).rows
    return rows[what][0] if len(rows) else REJECTED


@pytest.mark.parametrize(
    ("what", "behind", "duration_ms"),
    [
        ("the request time", " 0.123", 123),
        ("quoted", ' "0.123"', 123),
        ("then the upstream's", " 0.123 0.120", 123),
        ("then no upstream's", " 0.123 -", 123),
        ("then two upstreams'", " 0.031 0.010, 0.020", 31),
        ("then a pipe mark", " 0.123 .", 123),
        ("behind X-Forwarded-For", ' "10.0.0.9, 10.0.0.8" 0.123', 123),
        ("only the upstreams', tried in turn", " 0.010, 0.020", 30),
        ("an upstream behind an internal redirect", " 0.010 : 0.020", 30),
        ("an upstream that never answered", " 0.010, -", 10),
        ("no upstream asked", " -", UNKNOWN),
        ("nothing", "", REJECTED),
        ("a negative time", " -0.123", REJECTED),
        ("over a day", " 86400.001", REJECTED),
        ("whole seconds, which nginx never writes", " 12", REJECTED),
        ("a word", " soon", REJECTED),
    ],
)
def test_nginx_request_times(what: str, behind: str, duration_ms: int | None) -> None:
    duration = column("nginx", "duration", LINE + behind)
    assert duration == (duration_ms * MS if duration_ms and duration_ms > 0 else duration_ms), what


@pytest.mark.parametrize(
    ("what", "behind", "duration_ms"),
    [
        ("rt before others", ' rt=0.123 uct="0.000" urt="0.120"', 123),
        ("rt behind others", " urt=0.100 rt=0.123", 123),
        ("by its long name", " request_time=1.5 upstream_response_time=1.4", 1500),
        ("only the upstream's", ' urt="0.120"', 120),
        ("two upstreams'", " urt=0.010, 0.020", 30),
        ("no upstream asked", ' urt="-"', UNKNOWN),
        ("no upstream asked, but a request time", " rt=0.005 urt=-", 5),
        ("nothing", "", REJECTED),
        ("another key that ends alike", " start=0.5", REJECTED),
    ],
)
def test_nginx_keyed_times(what: str, behind: str, duration_ms: int | None) -> None:
    duration = column("nginx-keyed", "duration", LINE + behind)
    assert duration == (duration_ms * MS if duration_ms and duration_ms > 0 else duration_ms), what


def test_ingress_nginx() -> None:
    line = LINE + INGRESS.replace("10.2.0.9:80 ", "10.2.0.9:80, 10.2.0.8:80 ")
    assert column("ingress-nginx", "duration", line) == 250 * MS
    assert column("ingress-nginx", "upstream", line) == "shop-web-80"
    assert column("ingress-nginx", "instance", line) == "10.2.0.8:80"
    assert column("ingress-nginx", "instance", LINE + INGRESS.replace("10.2.0.9:80", "-")) is None
    assert column("ingress-nginx", "duration", LINE + INGRESS.replace(" [] ", " ")) == 250 * MS  # before 0.2x


def test_lines_of_the_error_log_are_no_calls() -> None:
    error = '2025/10/09 10:53:20 [error] 31#31: *46 open() "/x" failed (2: No such file), client: ::1'
    assert skipped("nginx", error)
    apache = "[Fri Oct 08 17:08:41.203277 2025] [core:error] [pid 7005] [client ::1:1] AH00126: Invalid URI"
    assert skipped("combined", apache)
    assert not skipped("nginx", error[5:])


def test_a_client_cannot_write_its_own_request_time() -> None:
    line = LINE.replace("curl/8.5.0", "x rt=9.999").replace("https://x/", "https://x/ rt=8.888")
    assert column("nginx-keyed", "duration", line + " rt=0.001") == MS
    assert column("nginx-keyed", "duration", line) is REJECTED
    assert column("nginx", "duration", line + " 0.001") == MS


@pytest.mark.parametrize(
    ("name", "behind", "nanoseconds"),
    [
        ("apache-us", " 12345", 12_345_000),
        ("apache-us", ' "12345"', 12_345_000),
        ("apache-us", " 0.123", REJECTED),
        ("apache-ms", " 12345", 12_345_000_000),
        ("apache-s", " 3", 3_000_000_000),
        ("apache-s", " -1", REJECTED),
        ("combined", "", UNKNOWN),
    ],
)
def test_apache_units(name: str, behind: str, nanoseconds: int | None) -> None:
    assert column(name, "duration", LINE + behind) == nanoseconds


@pytest.mark.parametrize(
    ("what", "stamp", "seconds"),
    [
        ("east of Greenwich", "09/Oct/2025:10:53:20 +0200", 0),
        ("west of it, by half hours", "09/Oct/2025:03:23:20 -0530", 0),
        ("UTC", "09/Oct/2025:08:53:21 +0000", 1),
        ("year 0", "09/Oct/0000:10:53:20 +0200", REJECTED),
        ("year 9999", "09/Oct/9999:10:53:20 +0200", REJECTED),
        ("before 1970", "31/Dec/1969:23:59:59 +0000", REJECTED),
        ("no such day", "31/Feb/2025:10:53:20 +0200", REJECTED),
        ("no such month", "09/Foo/2025:10:53:20 +0200", REJECTED),
        ("no zone", "09/Oct/2025:10:53:20", REJECTED),
    ],
)
def test_common_log_times(what: str, stamp: str, seconds: int | None) -> None:
    line = LINE.replace("09/Oct/2025:10:53:20 +0200", stamp) + " 0.001"
    expected = REJECTED if seconds is None else AT + seconds * 1_000_000_000
    assert column("nginx", "time", line) == expected, what


@pytest.mark.parametrize(
    ("what", "asked", "method", "path"),
    [
        ("plain", "GET /a?b=1 HTTP/1.1", "GET", "/a?b=1"),
        ("a host before the path is left out", "GET http://evil.example/a HTTP/1.1", "GET", "/a"),
        ("a tunnel has no path", "CONNECT evil.example:443 HTTP/1.1", "CONNECT", None),
        ("no request", "-", None, None),
        ("an empty request", "", None, None),
        ("TLS to a plain port", r"\x16\x03\x01", None, None),
        ("nginx's quote", r"GET /\x22 HTTP/1.1", "GET", r"/\x22"),
        ("Apache's quote", r"GET /a\"b HTTP/1.1", "GET", r"/a\x22b"),
        ("Apache's backslash before the end", r"GET /a\\", "GET", r"/a\x5c"),
        ("HTTP/0.9", "GET /a", "GET", "/a"),
        ("not ASCII", "GET /ä HTTP/1.1", "GET", "/ä"),
    ],
)
def test_a_request_line_gives_method_and_path(
    what: str, asked: str, method: str | None, path: str | None
) -> None:
    line = LINE.replace("GET /a?b=1 HTTP/1.1", asked) + " 0.001"
    rows = parsed("nginx", line).rows
    assert rows.select("method", "path", "status", "duration").rows() == [(method, path, 200, MS)], what


@pytest.mark.parametrize(
    ("what", "line"),
    [
        ("a quote and a backslash at the agent's end", LINE.replace("curl/8.5.0", r"say \"x\\") + " 0.001"),
        ("NULs of a crash before the line", "\0\0\0" + LINE + " 0.001"),
        ("no referer and agent", LINE.partition(' "https')[0] + " 0.001"),
        ("an IPv6 client", LINE.replace("10.0.0.1", "::1") + " 0.001"),
        ("a bracket in the user", LINE.replace("bob", "b[o]b") + " 0.001"),
    ],
)
def test_lines_that_are_odd_but_sound(what: str, line: str) -> None:
    rows = parsed("nginx", line).rows
    assert rows.select("time", "status", "duration").rows() == [(AT, 200, MS)], what


@pytest.mark.parametrize("status", ["20", "2000", "abc", "-1", " 20"])
def test_a_status_that_is_none(status: str) -> None:
    assert column("nginx", "status", LINE.replace(" 200 ", f" {status} ") + " 0.001") is REJECTED


def test_blank_lines_are_nothing_and_bad_ones_are_counted() -> None:
    block = parsed("nginx", LINE + " 0.001", "", "  ", "x", LINE + " 0.002", "\t")
    assert block.rows["duration"].to_list() == [MS, 2 * MS]
    assert block.rejected.tolist() == [3]
    assert block.lines == 3


def test_a_line_over_64_kb_is_rejected_unread() -> None:
    padding = 64 * 1024 - len(LINE + " 0.001")
    longest = LINE.replace("curl", "c" * padding + "curl") + " 0.001"
    assert len(longest) == 64 * 1024
    assert parsed("nginx", longest, longest.replace("curl", "ccurl")).rejected.tolist() == [1]


@pytest.mark.parametrize(
    ("text", "nanoseconds"),
    [
        ("1760000000", AT),
        ("1760000000.123456789", AT + 123_456_789),
        ("1.76e9", AT),
        ("0", 0),
        (" 12.5 ", 12_500_000_000),
        ("2025-10-09T08:53:20Z", AT),
        ("2025-10-09T08:53:20", AT),
        ("2025-10-09 08:53:20", AT),
        ("2025-10-09T10:53:20.25+02:00", AT + 250_000_000),
        ("2025-10-09T03:23:20,000000001-0530", AT + 1),
        ("2025-10-09T08:53:20.1234567891z", AT + 123_456_789),
        ("-1", REJECTED),
        ("1e400", REJECTED),
        ("NaN", REJECTED),
        ("inf", REJECTED),
        ("0000-01-01T00:00:00Z", REJECTED),
        ("9999-12-31T23:59:59Z", REJECTED),
        ("2025-13-09T08:53:20Z", REJECTED),
        ("2025-10-09T08:53:20 o'clock", REJECTED),
        ("2025-10-09", REJECTED),
        ("", REJECTED),
    ],
)
def test_plain_times(text: str, nanoseconds: int | None) -> None:
    row = f'"{text}",1,200,,,,'
    assert column("csv", "time", row, CSV_HEADER) == nanoseconds


@pytest.mark.parametrize(
    ("what", "row", "duration", "status", "error"),
    [
        ("an answer", "1,12.5,200,,,,", 12_500_000, 200, ErrorKind.NONE),
        ("an unknown duration", "1,,200,,,,", UNKNOWN, 200, ErrorKind.NONE),
        ("no answer", "1,5,0,,,,", 5 * MS, 0, ErrorKind.NONE),
        ("an empty status", "1,5,,,,,", 5 * MS, 0, ErrorKind.NONE),
        ("a timeout", "1,5,,timeout,,,", 5 * MS, 0, ErrorKind.TIMEOUT),
        ("a timeout in other words", "1,5,0,Read timed out,,,", 5 * MS, 0, ErrorKind.TIMEOUT),
        ("a broken connection", "1,5,0,connection_error,,,", 5 * MS, 0, ErrorKind.CONNECTION_ERROR),
        ("an unknown error", "1,5,0,EPIPE,,,", 5 * MS, 0, ErrorKind.CONNECTION_ERROR),
        ("an error's words beside an answer", "1,5,500,boom,,,", 5 * MS, 500, ErrorKind.NONE),
        ("a quoted comma", '1,5,500,"boom, bang",,,', 5 * MS, 500, ErrorKind.NONE),
    ],
)
def test_csv_rows(what: str, row: str, duration: int, status: int, error: ErrorKind) -> None:
    rows = parsed("csv", row, first=CSV_HEADER).rows
    assert rows.select("duration", "status", "error").rows() == [(duration, status, error)], what


@pytest.mark.parametrize(
    "row",
    [
        "1,-5,200,,,,",
        "1,nan,200,,,,",
        "1,inf,200,,,,",
        "1,fast,200,,,,",
        "1,5,abc,,,,",
        "1,5,1000,,,,",
        "1,5",
        "1,5,200.5,,,,",
        "1,5,-1,,,,",
        ",5,200,,,,",
        "1,86400001,200,,,,",
    ],
)
def test_csv_rows_that_make_no_sense(row: str) -> None:
    assert parsed("csv", row, first=CSV_HEADER).rejected.tolist() == [0]


def test_csv_by_other_delimiters_with_other_columns() -> None:
    block = parsed("csv", "x;1.5;503", 'y;"2.5";200;more', first=' "who"; TimeStamp ;"STATUS"')
    assert block.rows.select("time", "status", "duration").rows() == [
        (1_500_000_000, 503, UNKNOWN),
        (2_500_000_000, 200, UNKNOWN),
    ]


def test_quoted_texts_of_csv_are_kept() -> None:
    rows = parsed("csv", '1,5,200,,GET,"/a,""b""",pod-1', first=CSV_HEADER).rows
    assert rows.select("method", "path", "instance").rows() == [("GET", '/a,"b"', "pod-1")]


def test_csv_with_errors_and_no_status_was_answered_well_otherwise() -> None:
    block = parsed("csv", "1,timeout", "2,", first="timestamp,error")
    assert block.rows.select("status", "error").rows() == [(0, ErrorKind.TIMEOUT), (200, ErrorKind.NONE)]


@pytest.mark.parametrize("header", ["time,status", "timestamp,duration_ms", "", "1,2,3"])
def test_csv_headers_that_are_none(header: str) -> None:
    assert FORMATS["csv"].layout.opened_by([header]) is None


GOOD_JSON = '{"timestamp":1.5,"duration_ms":12.5,"status":503,"extra":{"a":[1]}}'


@pytest.mark.parametrize(
    ("what", "line", "row"),
    [
        ("numbers, and a key of no interest", GOOD_JSON, (1_500_000_000, 12_500_000, 503)),
        (
            "all as texts",
            '{"timestamp":"1.5","duration_ms":"12.5","status":"503"}',
            (1_500_000_000, 12_500_000, 503),
        ),
        ("ISO 8601", '{"timestamp":"2025-10-09T08:53:20Z","status":200}', (AT, UNKNOWN, 200)),
        ("no answer", '{"timestamp":1,"status":null}', (1_000_000_000, UNKNOWN, 0)),
        ("spaces", ' { "timestamp" : 1 , "status" : 200 } ', (1_000_000_000, UNKNOWN, 200)),
        ("a NUL in a text", r'{"timestamp":1,"status":200,"path":"/\u0000"}', (1_000_000_000, UNKNOWN, 200)),
        ("a log of an application", '{"timestamp":1,"level":"info"}', REJECTED),
        ("no time", '{"status":200}', REJECTED),
        ("a time that is an object", '{"timestamp":{"a":1},"status":200}', REJECTED),
        ("a status that is true", '{"timestamp":1,"status":true}', REJECTED),
        ("a number beyond floats", '{"timestamp":1e999,"status":200}', REJECTED),
        ("a negative duration", '{"timestamp":1,"duration_ms":-1,"status":200}', REJECTED),
        ("two objects as in a list", '{"timestamp":1,"status":200},{"timestamp":1,"status":200}', REJECTED),
        ("two objects", '{"timestamp":1,"status":200}{"timestamp":1,"status":200}', REJECTED),
        ("a cut object", '{"timestamp":1,"status":200', REJECTED),
        ("a list", "[1,2]", REJECTED),
        ("words", "hello", REJECTED),
        ("deep nesting", '{"timestamp":' * 5000, REJECTED),
        ("deep lists", '{"timestamp":1,"status":200,"x":' + "[" * 30000 + "]" * 30000 + "}", REJECTED),
    ],
)
@pytest.mark.parametrize("among", ["sound lines", "bad lines"])
def test_json_lines(what: str, line: str, row: tuple[int, int, int] | None, among: str) -> None:
    # One bad line makes the whole block take the slower way, which must give the same.
    block = parsed("ndjson", GOOD_JSON, *(["{"] if among == "bad lines" else []), line)
    rows = block.rows.select("time", "duration", "status").rows()
    assert rows[1:] == ([] if row is None else [row]), what


def test_only_a_record_s_calls_are_calls() -> None:
    block = parsed(
        "record",
        '{"type":"call","t":1.5,"lag_ms":2,"duration_ms":20,"status":200,"method":"GET","path":"/a","permitted":true}',
        '{"type":"call","t":1.75,"lag_ms":0,"duration_ms":1000,"status":0,"error":"timeout","permitted":true}',
        '{"type":"transition","t":2.0,"instance":0,"from":"closed","to":"open","reason":"failure_rate"}',
        '{"type":"call","t":3.0,"method":"GET","permitted":false,"state":"open"}',
        '{"type":"call","t":4.0,"lag_ms":0,"duration_ms":3,"status":503,"permitted":false,"state":"open"}',
        '{"type":"end","t":9.0,"interrupted":false,"calls":3,"dropped":0}',
        first=RECORD_HEADER,
    )
    assert not len(block.rejected)
    assert block.rows.select("time", "duration", "status", "error", "method", "path").rows() == [
        (AT + 1_752 * MS, 20 * MS, 200, 0, "GET", "/a"),
        (AT + 2_000 * MS, 1000 * MS, 0, ErrorKind.TIMEOUT, None, None),
        (AT + 4_250 * MS, 3 * MS, 503, 0, None, None),
    ]


OF_DIRECTIVES = {
    "iis": "#Fields: date time cs-uri-stem sc-status",
    "cloudfront": "#Fields: date time x-edge-location cs-uri-stem sc-status",
    "cloudfront-real-time": "",
    "gatling": "",
    "zeek": "#fields ts uid method host uri status_code",
}
OF_DOCUMENTS = {name: f'{{"{name}": 1}}' for name in ("har", "jmeter-xml", "otlp", "jaeger")}
INGRESS = " 82 0.250 [shop-web-80] [] 10.2.0.9:80 512 0.248 200 8d0f1c7a90b54dbc"
SAMPLES = {
    "nginx": [LINE + " 0.123", LINE + " 0.001"],
    "nginx-last": [LINE + " 0.123 0.125", LINE + " - 0.001"],
    "nginx-keyed": [LINE + " rt=0.123", LINE + " rt=0.001 urt=-"],
    "ingress-nginx": [LINE + INGRESS, LINE + INGRESS.replace("10.2.0.9:80", "10.2.0.9:80, 10.2.0.8:80")],
    "apache-us": [LINE + " 12345", LINE + " 99", LINE + " 250"],
    "apache-s": [LINE + " 0", LINE + " 12", LINE + " 0", LINE + " 120"],
    "combined": [LINE, LINE.replace("curl/8.5.0", "-")],
    "csv": ["timestamp,status", "1,200"],
    "nlb": [
        "tls 2.0 2026-11-24T10:00:00 net/a/c6 g3 10.0.0.1:5 10.0.0.9:443 5 2 9 6 - arn - x y - shop",
    ],
    "iis-native": [
        "10.0.0.1, -, 11/24/26, 7:55:20, W3SVC2, WEB1, 10.0.0.9, 4502, 163, 3223, 503, 0, GET, /a, -,",
    ],
    "rails": ['{"rails": 1}', '{"timestamp":"2026-11-24 10:00:00 +0000","status":"200"}'],
    "alb-csv": [
        "time,elb_status_code,request_processing_time,target_processing_time,response_processing_time",
        "2026-11-24T10:00:00Z,200,0.1,0.2,0.3",
    ],
    "alb-table": [
        '{"time":"2026-11-24T10:00:00Z","elb_status_code":200,"target_processing_time":0.2}',
    ],
    "zeek-json": ['{"ts":1.5,"uid":"C1","trans_depth":1,"method":"GET","status_code":200}'],
    "zipkin": ['{"traceId":"1","kind":"CLIENT","timestamp":1760000000000000,"duration":10}'],
    "ndjson": [GOOD_JSON, "{", GOOD_JSON],
    "counts": ["timestamp,total,errors", "1700000000,5,1"],
    "locust": [
        "Timestamp,User Count,Type,Name,Total Request Count,Total Failure Count",
        "1700000000,1,,Aggregated,5,1",
    ],
    "record": [RECORD_HEADER, '{"type":"end","t":9.0}'],
}


@pytest.mark.parametrize("name", SAMPLES)
def test_content_tells_the_format(name: str) -> None:
    found = recognise(FORMATS.values(), Lines.made(SAMPLES[name]))
    assert found is FORMATS[name]


def test_every_format_that_content_tells_has_a_sample() -> None:
    assert {log_format.name for log_format in FORMATS.values() if log_format.detected} == {
        *SAMPLES,
        *PROXIES,
        *LOAD_TESTS,
        *JSON_LOGS,
        *OF_DIRECTIVES,
        *OF_DOCUMENTS,
    }


@pytest.mark.parametrize(
    "lines", [["hello", "world"], ["<html>"], ["PK\x03\x04"], ["{}"], ["a,b", "1,2"], [GOOD_JSON, "x", "y"]]
)
def test_content_that_tells_nothing(lines: list[str]) -> None:
    assert recognise(FORMATS.values(), Lines.made(lines)) is None


def test_a_header_with_nothing_below_is_enough() -> None:
    assert recognise(FORMATS.values(), Lines.made([RECORD_HEADER])) is FORMATS["record"]


def test_a_table_of_other_statuses_is_no_log() -> None:
    rows = [f"{1_700_000_000 + at},{20 + at},{at % 2}" for at in range(10)]
    assert recognise(FORMATS.values(), Lines.made(["timestamp,temperature,status", *rows])) is None


@pytest.mark.parametrize(
    ("status", "read"), [("200", 200), ("-", 499), ("20", REJECTED), ("2-0", REJECTED), ("--", REJECTED)]
)
def test_a_dash_for_a_status_is_a_client_that_left(status: str, read: int | None) -> None:
    assert column("combined", "status", LINE.replace(" 200 101 ", f" {status} - ")) == read


def test_whether_the_time_is_the_end() -> None:
    ends = {log_format.name for log_format in FORMATS.values() if log_format.stamp is Stamp.END}
    assert ends == {
        "nginx",
        "nginx-last",
        "nginx-keyed",
        "ingress-nginx",
        "npm",
        "heroku",
        "squid",
        "gin",
        "alb",
        "alb-table",
        "alb-csv",
        "nlb",
        "iis-native",
        "k6",
        "k6-csv",
    } | {
        "caddy",
        "nginx-json",
        "nginx-json-seconds",
        "iis",
        "cloudfront",
        "cloudfront-json",
        "cloudfront-real-time",
        "locust",
    }


def test_formats_by_name() -> None:
    assert format_named("nginx") is FORMATS["nginx"]
    with pytest.raises(ConfigurationError, match=r"unknown log format 'ngnix'; did you mean 'nginx'"):
        format_named("ngnix")
    with pytest.raises(ConfigurationError, match="known: nginx, "):
        format_named("")


texts = st.text(st.characters(exclude_characters="\n", exclude_categories=("Cs",)), max_size=80)
likely = st.sampled_from([LINE + " 0.123", GOOD_JSON, RECORD_HEADER, "1,2,200,,,,", '"', "\\", "[", "{"])


@given(st.lists(texts | likely | st.builds(str.__add__, likely, texts), min_size=1, max_size=6))
@settings(max_examples=60)
def test_no_line_makes_any_format_fail(lines: list[str]) -> None:
    firsts = {"csv": CSV_HEADER, "record": RECORD_HEADER, "ndjson": GOOD_JSON}
    firsts |= dict.fromkeys(JSON_LOGS, "{")
    firsts |= {name: samples[0] for name, samples in LOAD_TESTS.items()}
    firsts |= OF_DIRECTIVES | OF_DOCUMENTS | {name: SAMPLES[name][0] for name in ("counts", "locust")}
    firsts |= {name: SAMPLES[name][0] for name in ("alb-csv", "alb-table", "rails", "zeek-json", "zipkin")}
    for name in FORMATS:
        block = parsed(name, *lines, first=firsts.get(name, ""))
        assert len(block.rows) + len(block.rejected) <= len(lines)
        assert (
            block.rows.null_count().select(pl.sum_horizontal("time", "duration", "status", "error")).item()
            == 0
        )


@pytest.mark.parametrize(
    ("line", "at"),
    [
        ('::1 - - [2025-10-09T10:53:20+02:00] "GET / HTTP/1.1" 200 1 "-" "x"', AT),
        ('::1 - a b [2025-10-09 10:53:20.250 +0200] "GET / HTTP/1.1" 200 1', AT + 250 * MS),
        ('::1 - - 2025-10-09T08:53:20.5Z "GET / HTTP/1.1" 200 1 "-" "x"', AT + 500 * MS),
        ('::1 - - [2025-10-09T08:53:20] "GET / HTTP/1.1" 200 1 "-" "x"', AT),
        ('::1 - - [2025-10-09T08:53] "GET / HTTP/1.1" 200 1 "-" "x"', REJECTED),
        ('::1 - - [] "GET / HTTP/1.1" 200 1 "-" "x"', REJECTED),
        ('::1 - - "GET / HTTP/1.1" 200 1 "-" "x"', REJECTED),
    ],
)
def test_iso_times_in_place_of_the_common_ones(line: str, at: int | None) -> None:
    assert column("combined", "time", line) == at


@pytest.mark.parametrize(
    ("what", "change", "expected"),
    [
        ("a connection", ("", ""), (5 * MS, 200, 0)),
        ("no handshake", (" 5 2 ", " 5 - "), (5 * MS, 499, 0)),
        ("no target", ("10.0.0.9:443", "-"), (5 * MS, 0, ErrorKind.CONNECTION_ERROR)),
    ],
)
def test_connections_of_the_network_load_balancer(
    what: str, change: tuple[str, str], expected: tuple[int, int, int]
) -> None:
    block = parsed("nlb", SAMPLES["nlb"][0].replace(*change) if change[0] else SAMPLES["nlb"][0])
    row = block.rows.to_dicts()[0]
    assert (row["duration"], row["status"], row["error"]) == expected, what
    assert row["host"] == "shop"


def test_iis_own_format() -> None:
    row = parsed("iis-native", SAMPLES["iis-native"][0]).rows.to_dicts()[0]
    assert (row["time"], row["duration"], row["status"]) == (1_795_506_920 * 1000 * MS, 4502 * MS, 503)
    assert (row["method"], row["path"], row["upstream"], row["instance"]) == (
        "GET",
        "/a",
        "W3SVC2",
        "10.0.0.9",
    )
