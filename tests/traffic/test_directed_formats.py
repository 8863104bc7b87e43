"""Logs that describe their own columns, and formats written in a web server's own notation."""

from __future__ import annotations

import pytest

from cbtool.errors import ConfigurationError
from cbtool.traffic.error_kind import ErrorKind
from cbtool.traffic.formats import FORMATS, format_named, parse_lines, recognise
from cbtool.traffic.formats.parsing import ParsedBlock
from cbtool.traffic.scanning.lines import Lines

IIS = """\
#Software: Microsoft Internet Information Services 10.0
#Version: 1.0
#Date: 2026-03-17 08:00:00
#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip sc-status time-taken
2026-03-17 08:01:15 10.0.2.10 GET /orders - 80 - 10.0.1.50 200 1250
2026-03-17 08:01:16 10.0.2.10 POST /orders id=42&a=b 80 SHOP\\smith 10.0.1.51 500 31
#Fields: date time cs-host cs-method cs-uri-stem sc-status
2026-03-17 08:01:17 shop.example GET /late 503
2026-03-17 08:01:18 shop.example GET /cut
"""
CLOUDFRONT = """\
#Version: 1.0
#Fields: date time x-edge-location c-ip cs-method cs(Host) cs-uri-stem sc-status cs-uri-query time-taken
2026-05-23\t01:13:11\tFRA2\t192.0.2.10\tGET\td1.cloudfront.example\t/a.html\t200\t-\t0.251
2026-05-23\t01:13:12\tLAX1\t192.0.2.11\tGET\td1.cloudfront.example\t/b.html\t000\tq=1\t5.000
"""
GATLING = """\
RUN\tshop.Load\tload\t1700000000000\t \t3.9.5
USER\tBuyers\tSTART\t1700000000100
REQUEST\t\tHome\t1700000000200\t1700000000450\tOK\t
REQUEST\tcart,pay\tPay\t1700000000300\t1700000001300\tKO\tstatus.find.in(200,201), but actually found 502
REQUEST\t\tPay\t1700000000400\t1700000060400\tKO\ti.g.h.c.i.RequestTimeoutException: Request timeout
USER\tBuyers\tEND\t1700000061000
"""


def read(name: str, text: str) -> ParsedBlock:
    lines = Lines.made(text.splitlines())
    assert recognise(FORMATS.values(), lines) is FORMATS[name]
    fields = FORMATS[name].layout.opened_by(lines.texts())
    assert fields is not None
    return parse_lines(FORMATS[name], fields, lines)


def templated(template: str, *lines: str) -> ParsedBlock:
    log_format = format_named(template)
    fields = log_format.layout.opened_by(list(lines))
    assert fields is not None
    return parse_lines(log_format, fields, Lines.made(lines))


def test_iis_and_a_directive_that_changes_the_columns_half_way() -> None:
    parsed = read("iis", IIS)
    assert parsed.rejected.tolist() == [8]
    assert parsed.rows["path"].to_list() == ["/orders", "/orders?id=42&a=b", "/late"]
    assert parsed.rows["status"].to_list() == [200, 500, 503]
    assert parsed.rows["duration"].to_list() == [1_250_000_000, 31_000_000, -1]
    assert parsed.rows["time"][0] == 1_773_734_475_000_000_000
    assert parsed.rows["host"].to_list() == [None, None, "shop.example"]
    assert parsed.rows["instance"].to_list() == ["10.0.2.10", "10.0.2.10", None]


def test_cloudfronts_standard_log_and_a_viewer_who_left() -> None:
    parsed = read("cloudfront", CLOUDFRONT)
    assert not len(parsed.rejected)
    assert parsed.rows["status"].to_list() == [200, 499]
    assert parsed.rows["duration"].to_list() == [251_000_000, 5_000_000_000]
    assert parsed.rows["path"].to_list() == ["/a.html", "/b.html?q=1"]
    assert parsed.rows["instance"].to_list() == ["FRA2", "LAX1"]


def test_cloudfronts_real_time_log() -> None:
    line = (
        "1773734475.125\t192.0.2.10\t0.020\t504\t512\tGET\thttps\td1.cloudfront.example\t/live?x=1\t34\tICN51-C1"
        "\tAbC==\tshop.example\t30.001\tHTTP/2.0\tIPv4"
    )
    parsed = read("cloudfront-real-time", line)
    assert parsed.rows["time"].to_list() == [1_773_734_475_125_000_000]
    assert (parsed.rows["status"][0], parsed.rows["duration"][0]) == (504, 30_001_000_000)
    assert (parsed.rows["host"][0], parsed.rows["upstream"][0]) == ("shop.example", "d1.cloudfront.example")


def test_gatlings_requests_and_what_their_messages_say() -> None:
    parsed = read("gatling", GATLING)
    assert not len(parsed.rejected)
    assert parsed.rows["time"][0] == 1_700_000_000_200_000_000
    assert parsed.rows["duration"].to_list() == [250_000_000, 1_000_000_000, 60_000_000_000]
    assert parsed.rows["status"].to_list() == [200, 502, 0]
    assert parsed.rows["error"].to_list() == [0, 0, ErrorKind.TIMEOUT.value]
    assert parsed.rows["path"].to_list() == ["/Home", "/Pay", "/Pay"]


def test_gatlings_first_text_format_has_four_times_and_the_user_in_front() -> None:
    times = "1500000000200\t1500000000201\t1500000000449\t1500000000450"
    parsed = read(
        "gatling", f"Shop.Load\t7-0\tUSER\tSTART\t1\t0\nShop.Load\t7-0\tREQUEST\t\tHome\t{times}\tOK\t "
    )
    assert parsed.rows["duration"].to_list() == [250_000_000]


def test_gatlings_older_rows_name_the_scenario_and_the_user_first() -> None:
    parsed = read("gatling", "REQUEST\tBuyers\t17\t\tHome\t1500000000200\t1500000000450\tOK\t ")
    assert parsed.rows["path"].to_list() == ["/Home"]
    assert parsed.rows["duration"].to_list() == [250_000_000]


def test_an_nginx_log_format_with_retries_and_an_upstream() -> None:
    parsed = templated(
        '$remote_addr [$time_iso8601] "$request" $status "$http_user_agent" up=$upstream_addr '
        "ut=$upstream_response_time h=$host ups=$proxy_host",
        '::1 [2026-11-24T10:00:00+01:00] "GET /a?b=1 HTTP/1.1" 502 "a \\x22b\\x22" '
        "up=10.0.0.1:80, 10.0.0.2:80 ut=0.100, 0.250 h=shop ups=backend",
        '::1 [2026-11-24T10:00:01+01:00] "" 400 "-" up=- ut=- h=shop ups=-',
        "something else",
    )
    assert parsed.rejected.tolist() == [2]
    assert parsed.rows["time"][0] == 1_795_510_800_000_000_000
    assert parsed.rows["duration"].to_list() == [350_000_000, -1]
    assert parsed.rows["status"].to_list() == [502, 400]
    assert parsed.rows["instance"].to_list() == ["10.0.0.1:80, 10.0.0.2:80", None]
    assert parsed.rows["upstream"].to_list() == ["backend", None]
    assert parsed.rows["path"].to_list() == ["/a?b=1", None]


def test_an_nginx_log_format_with_unix_milliseconds() -> None:
    parsed = templated(
        "${msec}|$request_method|$uri|$status|$request_time", "1700000000.125|GET|/a|200|0.010"
    )
    assert parsed.rows.row(0) == (1_700_000_000_125_000_000, 200, 10_000_000, 0, "GET", "/a")


def test_an_apache_log_format_with_its_quotes_escaped() -> None:
    parsed = templated(
        '%h %l %u %t \\"%r\\" %>s %b \\"%{Referer}i\\" \\"%{User-Agent}i\\" %D %v',
        r'::1 - frank [10/Oct/2000:13:55:36 -0700] "GET /a HTTP/1.0" 200 9 "-" "x \"y\" z" 1500 w.example',
        r'127.0.0.1 - - [10/Oct/2000:13:55:37 -0700] "GET /b HTTP/1.0" 503 - "-" "-" 2500 w.example',
    )
    assert not len(parsed.rejected)
    assert parsed.rows["time"][0] == 971_211_336_000_000_000
    assert parsed.rows["duration"].to_list() == [1_500_000, 2_500_000]
    assert parsed.rows["host"].to_list() == ["w.example", "w.example"]


@pytest.mark.parametrize(
    ("template", "missing"),
    [("$remote_addr $status", "no time"), ("%h %t %D", "no status"), ("[$time_local] $request", "no status")],
)
def test_a_format_without_time_or_status_says_what_it_lacks(template: str, missing: str) -> None:
    with pytest.raises(ConfigurationError, match=missing):
        format_named(template)
