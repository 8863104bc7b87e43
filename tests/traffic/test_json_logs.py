"""JSON access logs, and the calls they are. The lines were made after the manuals' field lists."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cbtool.traffic.formats import FORMATS, parse_lines, recognise
from cbtool.traffic.scanning.lines import Lines

CADDY = {
    "level": "info",
    "ts": 1795514401.5241024,
    "logger": "http.log.access.log0",
    "msg": "handled request",
    "request": {
        "remote_ip": "127.0.0.1",
        "proto": "HTTP/2.0",
        "method": "GET",
        "host": "shop.example.org",
        "uri": "/a?b=1",
        "headers": {"User-Agent": ["curl/7.82.0"]},
        "tls": {"resumed": False},
    },
    "bytes_read": 0,
    "duration": 0.000929675,
    "size": 10900,
    "status": 200,
    "resp_headers": {"Server": ["Caddy"]},
}
TRAEFIK = {
    "ClientAddr": "10.0.0.1:4711",
    "DownstreamStatus": 502,
    "Duration": 17000321,
    "OriginStatus": 502,
    "RequestHost": "shop.example.org",
    "RequestMethod": "POST",
    "RequestPath": "/orders",
    "RouterName": "orders@docker",
    "ServiceAddr": "10.0.0.9:80",
    "ServiceName": "orders@docker",
    "ServiceURL": "http://10.0.0.9:80",
    "StartUTC": "2026-11-24T10:00:01.500000001Z",
    "level": "info",
    "time": "2026-11-24T10:00:01Z",
}
ISTIO = {
    "authority": "httpbin.default:8000",
    "bytes_sent": "615",
    "duration": "4",
    "method": "GET",
    "path": "/status/200",
    "response_code": "200",
    "response_flags": "-",
    "start_time": "2026-11-24T10:00:01.123Z",
    "upstream_cluster": "inbound|8000||",
    "upstream_host": "10.244.1.5:8000",
    "x_forwarded_for": None,
}
NGINX = {
    "msec": "1795514401.250",
    "request_method": "GET",
    "request_uri": "/a",
    "status": "503",
    "request_time": "0.250",
    "http_host": "shop.example.org",
    "upstream_addr": "10.0.0.1:80",
}
NGINX_SECONDS = {
    "time_iso8601": "2026-11-24T11:00:01+01:00",
    "request": "GET /a HTTP/1.1",
    "status": 200,
    "request_time": 0.25,
    "host": "shop.example.org",
}
ORDERS, INBOUND = ("orders@docker", "10.0.0.9:80"), ("httpbin.default:8000", "inbound|8000||")
SECOND = 1_795_514_401_000_000_000
# Its line, then time, duration, status, error kind, method, path, host, upstream, instance.
CLOUDFRONT = {
    "date": "2026-11-24",
    "time": "10:00:01",
    "x-edge-location": "FRA50-C1",
    "sc-bytes": "723",
    "c-ip": "192.0.2.1",
    "cs-method": "GET",
    "cs(Host)": "d111.cloudfront.net",
    "cs-uri-stem": "/a",
    "sc-status": "200",
    "cs-uri-query": "b=1",
    "x-host-header": "shop.example.org",
    "time-taken": "0.113",
}
CASES: dict[str, list[tuple[dict[str, Any], tuple[Any, ...]]]] = {
    "cloudfront-json": [
        (
            CLOUDFRONT,
            (
                SECOND,
                113_000_000,
                200,
                0,
                "GET",
                "/a?b=1",
                "shop.example.org",
                "d111.cloudfront.net",
                "FRA50-C1",
            ),
        ),
        (
            CLOUDFRONT | {"sc-status": "000", "cs-uri-query": "-", "x-host-header": "-"},
            (SECOND, 113_000_000, 499, 0, "GET", "/a", None, "d111.cloudfront.net", "FRA50-C1"),
        ),
    ],
    "caddy": [
        (CADDY, (SECOND + 524_102_400, 929_675, 200, 0, "GET", "/a?b=1", "shop.example.org", None, None)),
        (
            CADDY | {"ts": "2026-11-24T10:00:01.5Z", "status": 0},
            (SECOND + 500_000_000, 929_675, 0, 0, "GET", "/a?b=1", "shop.example.org", None, None),
        ),
    ],
    "traefik-json": [
        (
            TRAEFIK,
            (SECOND + 500_000_001, 17_000_321, 502, 0, "POST", "/orders", "shop.example.org", *ORDERS),
        )
    ],
    "envoy-json": [
        (
            ISTIO,
            (SECOND + 123_000_000, 4_000_000, 200, 0, "GET", "/status/200", *INBOUND, "10.244.1.5:8000"),
        ),
        (
            ISTIO | {"response_code": 504, "response_flags": "UT", "duration": 15000, "upstream_host": None},
            (SECOND + 123_000_000, 15_000_000_000, 504, 1, "GET", "/status/200", *INBOUND, None),
        ),
    ],
    "nginx-json": [
        (
            NGINX,
            (SECOND + 250_000_000, 250_000_000, 503, 0, "GET", "/a", "shop.example.org", None, "10.0.0.1:80"),
        )
    ],
    "nginx-json-untimed": [
        (
            {
                "time": "2026-11-24T10:00:01+00:00",
                "request": "GET /a HTTP/1.1",
                "response": 404,
                "agent": "-",
            },
            (SECOND, -1, 404, 0, "GET", "/a", None, None, None),
        ),
    ],
    "nginx-json-seconds": [
        (NGINX_SECONDS, (SECOND, 250_000_000, 200, 0, "GET", "/a", "shop.example.org", None, None)),
        (
            {"time_local": "24/Nov/2026:10:00:01 +0000"}
            | {k: v for k, v in NGINX_SECONDS.items() if k != "time_iso8601"},
            (SECOND, 250_000_000, 200, 0, "GET", "/a", "shop.example.org", None, None),
        ),
    ],
}
NAMES = ("time", "duration", "status", "error", "method", "path", "host", "upstream", "instance")


def parsed(name: str, lines: list[str]) -> tuple[list[tuple[Any, ...]], list[int]]:
    log_format = FORMATS[name]
    series = Lines.made(lines)
    fields = log_format.layout.opened_by([lines[0]])
    assert fields is not None
    block = parse_lines(log_format, fields, series)
    columns = [
        block.rows[each].to_list() if each in block.rows.columns else [None] * len(block.rows)
        for each in NAMES
    ]
    return list(zip(*columns, strict=True)), block.rejected.tolist()


@pytest.mark.parametrize("name", CASES)
def test_each_line_is_its_call(name: str) -> None:
    lines = [json.dumps(line) for line, _ in CASES[name]]
    assert parsed(name, lines) == ([call for _, call in CASES[name]], [])


@pytest.mark.parametrize("name", CASES)
def test_a_bad_line_is_rejected_and_spoils_no_other(name: str) -> None:
    lines = [json.dumps(line) for line, _ in CASES[name]]
    calls, rejected = parsed(name, [lines[0], "{", lines[0], '{"request": "x"}', "[1]"])
    assert calls == [CASES[name][0][1]] * 2
    assert rejected == [1, 3, 4]


@pytest.mark.parametrize("name", CASES)
def test_content_tells_the_format(name: str) -> None:
    for line, _ in CASES[name]:
        found = recognise(FORMATS.values(), Lines.made([json.dumps(line)] * 3))
        assert found is not None
        assert found.name == name


def test_what_caddy_says_of_itself_is_no_call() -> None:
    own = json.dumps({"level": "info", "ts": 1795514400.1, "logger": "tls", "msg": "cleaning storage"})
    calls, rejected = parsed("caddy", [own, json.dumps(CADDY)])
    assert (len(calls), rejected) == (1, [])
