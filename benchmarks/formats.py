"""Reading each log format into calls, beside a plain loop of Python's json or split over the same lines.

    python benchmarks/formats.py [LINES] [FORMAT ...]

The loop does no more than take each line apart, and makes no call of it: it is the least that a script costs.
What a core is busy with a line says more than lines a second where other work is on the machine.
"""

from __future__ import annotations

# ruff: noqa: E501  # a log line is as long as it is
import json
import sys
import tempfile
import time
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from cbtool.logs import read_calls

if TYPE_CHECKING:
    from collections.abc import Callable

ROUNDS = 3
BEGAN = 1_760_000_000
AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Safari/537.36"


def _clf(n: int) -> str:
    return datetime.fromtimestamp(BEGAN + n // 200, UTC).strftime("%d/%b/%Y:%H:%M:%S +0000")


def _iso(n: int) -> str:
    return datetime.fromtimestamp(BEGAN + n / 200, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def _status(n: int) -> int:
    return 503 if n % 97 == 0 else 200


def _path(n: int) -> str:
    return f"/api/v1/items/{n % 500}?q={n % 77}"


TEMPLATE = (
    '$remote_addr [$time_iso8601] "$request" $status "$http_user_agent" $host $upstream_addr $request_time'
)
"""A log of no known format, which is read as its own description says."""

LINES: dict[str, tuple[str, Callable[[int], str]]] = {
    "nginx": (
        "",
        lambda n: f'10.0.0.1 - - [{_clf(n)}] "GET {_path(n)} HTTP/1.1" {_status(n)} 123 "-" "{AGENT}" 0.{n % 900:03}',
    ),
    "nginx-keyed": (
        "",
        lambda n: f'10.0.0.1 - - [{_clf(n)}] "GET {_path(n)} HTTP/1.1" {_status(n)} 123 "-" "{AGENT}" rt=0.{n % 900:03} urt="0.{n % 800:03}"',
    ),
    "apache-us": (
        "",
        lambda n: f'10.0.0.1 - - [{_clf(n)}] "GET {_path(n)} HTTP/1.1" {_status(n)} 123 "-" "{AGENT}" {n % 900}123',
    ),
    TEMPLATE: (
        "",
        lambda n: f'10.0.0.1 [{_iso(n)}] "GET {_path(n)} HTTP/1.1" {_status(n)} "{AGENT}" shop.example 10.0.0.9:80 0.{n % 900:03}',
    ),
    "combined": (
        "",
        lambda n: f'10.0.0.1 - - [{_clf(n)}] "GET {_path(n)} HTTP/1.1" {_status(n)} 123 "-" "{AGENT}"',
    ),
    "envoy": (
        "",
        lambda n: f'[{_iso(n)}] "GET {_path(n)} HTTP/2" {_status(n)} - 154 0 {n % 900} 100 "10.0.35.28" "{AGENT}" "cc21" "shop" "10.0.2.1:80"',
    ),
    "haproxy": (
        "",
        lambda n: f'Feb  6 12:14:14 lb haproxy[14389]: 10.0.1.2:33317 [{_clf(n)[:-6]}.655] in shop/srv1 10/0/30/69/{n % 900} {_status(n)} 2750 - - ---- 1/1/1/1/0 0/0 "GET {_path(n)} HTTP/1.1"',
    ),
    "traefik": (
        "",
        lambda n: f'10.0.0.1 - - [{_clf(n)}] "GET {_path(n)} HTTP/1.1" {_status(n)} 12 "-" "{AGENT}" {n} "r@docker" "http://10.0.0.9:80" {n % 900}ms',
    ),
    "heroku": (
        "",
        lambda n: f'{_iso(n)[:-1]}+00:00 heroku[router]: at=info method=GET path="{_path(n)}" host=shop.example request_id=b82105ac fwd="1.2.3.4" dyno=web.2 connect=1ms service={n % 900}ms status={_status(n)} bytes=975 protocol=https',
    ),
    "alb": (
        "",
        lambda n: f'https {_iso(n)} app/lb/50dc 192.168.131.39:2817 10.0.0.1:80 0.086 0.{n % 900:03} 0.037 {_status(n)} {_status(n)} 0 57 "GET https://shop.example:443{_path(n)} HTTP/1.1" "{AGENT}" ECDHE-RSA-AES128-GCM-SHA256 TLSv1.2 arn:aws:tg/73e2 "Root=1-58337281" "shop.example" "arn:aws:acm" 1 {_iso(n)} "forward" "-" "-" "10.0.0.1:80" "200" "-" "-"',
    ),
    "elb": (
        "",
        lambda n: f'{_iso(n)} lb 192.168.131.39:2817 10.0.0.1:80 0.000073 0.{n % 900:03} 0.000057 {_status(n)} {_status(n)} 0 29 "GET http://shop.example:80{_path(n)} HTTP/1.1" "{AGENT}" - -',
    ),
    "iis": (
        "#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) cs(Referer) sc-status sc-substatus sc-win32-status time-taken",
        lambda n: f"{_iso(n)[:10]} {_iso(n)[11:19]} 10.0.0.1 GET {_path(n).replace('?', ' ')} 80 - 10.1.1.1 {AGENT.replace(' ', '+')} - {_status(n)} 0 0 {n % 900}",
    ),
    "cloudfront": (
        "#Fields: date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-stem sc-status cs(Referer) cs(User-Agent) cs-uri-query cs(Cookie) x-edge-result-type x-edge-request-id x-host-header cs-protocol cs-bytes time-taken",
        lambda n: f"{_iso(n)[:10]}\t{_iso(n)[11:19]}\tLAX1\t392\t192.0.2.1\tGET\td1.cloudfront.net\t{_path(n).partition('?')[0]}\t{_status(n)}\t-\t{AGENT.replace(' ', '%20')}\t-\t-\tHit\tSOX4==\tshop.example\thttps\t23\t0.{n % 900:03}",
    ),
    "cloudfront-real-time": (
        "",
        lambda n: f"{BEGAN + n / 200:.3f}\t192.0.2.10\t0.020\t{_status(n)}\t512\tGET\thttps\td1.example\t{_path(n)}\t34\tICN51\tAbC==\tshop.example\t0.{n % 900:03}\tHTTP/2.0\tIPv4",
    ),
    "traefik-json": (
        "",
        lambda n: json.dumps({"ClientAddr": "10.0.0.1:4711", "DownstreamStatus": _status(n), "Duration": n % 900 * 10**6, "OriginStatus": _status(n), "RequestHost": "shop.example", "RequestMethod": "GET", "RequestPath": _path(n), "RouterName": "r@docker", "ServiceAddr": "10.0.0.9:80", "ServiceName": "r@docker", "ServiceURL": "http://10.0.0.9:80", "StartUTC": _iso(n), "level": "info", "time": _iso(n)}),
    ),
    "envoy-json": (
        "",
        lambda n: json.dumps({"authority": "shop.example", "bytes_sent": "615", "duration": str(n % 900), "method": "GET", "path": _path(n), "response_code": str(_status(n)), "response_flags": "-", "start_time": _iso(n), "upstream_cluster": "inbound|8000||", "upstream_host": "10.0.0.9:80", "user_agent": AGENT}),
    ),
    "caddy": (
        "",
        lambda n: json.dumps({"level": "info", "ts": BEGAN + n / 200, "logger": "http.log.access", "msg": "handled request", "request": {"remote_ip": "10.0.0.1", "method": "GET", "host": "shop.example", "uri": _path(n), "headers": {"User-Agent": [AGENT]}}, "duration": n % 900 / 1000, "size": 1, "status": _status(n)}),
    ),
    "nginx-json": (
        "",
        lambda n: json.dumps({"msec": f"{BEGAN + n / 200:.3f}", "remote_addr": "10.0.0.1", "request_method": "GET", "request_uri": _path(n), "status": str(_status(n)), "request_time": f"0.{n % 900:03}", "http_user_agent": AGENT}),
    ),
    "ndjson": (
        "",
        lambda n: json.dumps({"timestamp": BEGAN + n / 200, "duration_ms": n % 900, "status": _status(n), "method": "GET", "path": _path(n)}),
    ),
    "csv": (
        "timestamp,duration_ms,status,method,path",
        lambda n: f"{BEGAN + n / 200:.3f},{n % 900},{_status(n)},GET,{_path(n)}",
    ),
    "jmeter": (
        "timeStamp,elapsed,label,responseCode,responseMessage,threadName,success,bytes,URL",
        lambda n: f"{BEGAN * 1000 + n * 5},{n % 900},home,{_status(n)},OK,t 1-1,true,10,http://shop.example{_path(n)}",
    ),
    "vegeta": (
        "",
        lambda n: json.dumps({"attack": "a", "seq": n, "code": _status(n), "timestamp": _iso(n), "latency": n % 900 * 1000000, "bytes_out": 0, "bytes_in": 5, "error": "", "body": None, "method": "GET", "url": f"http://shop.example{_path(n)}", "headers": None}),
    ),
    "vegeta-csv": (
        "",
        lambda n: f"{BEGAN * 10**9 + n * 5_000_000},{_status(n)},{n % 900}000000,0,5,,aGk=,a,{n},GET,http://shop.example{_path(n)},",
    ),
    "k6": (
        "",
        lambda n: json.dumps({"metric": "http_req_duration", "type": "Point", "data": {"time": _iso(n), "value": n % 900, "tags": {"method": "GET", "status": str(_status(n)), "url": f"http://shop.example{_path(n)}"}}}),
    ),
    "k6-csv": (
        "metric_name,timestamp,metric_value,check,error,error_code,expected_response,group,method,name,proto,scenario,service,status,subproto,tls_version,url,extra_tags,metadata",
        lambda n: f"http_req_duration,{BEGAN + n // 200},{n % 900}.5,,,,true,,GET,http://shop.example/,HTTP/1.1,default,,{_status(n)},,,http://shop.example{_path(n)},,",
    ),
    "gatling": ("", lambda n: f"REQUEST\t\tHome\t{BEGAN * 1000 + n * 5}\t{BEGAN * 1000 + n * 5 + n % 900}\tOK\t"),
    "otlp": (
        "",
        lambda n: json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [{"traceId": "4bf9", "spanId": f"{n:x}", "name": "GET", "kind": 3, "startTimeUnixNano": str(BEGAN * 10**9 + n * 5_000_000), "endTimeUnixNano": str(BEGAN * 10**9 + n * 5_000_000 + n % 900 * 10**6), "attributes": [{"key": "http.response.status_code", "value": {"intValue": str(_status(n))}}, {"key": "url.full", "value": {"stringValue": f"http://shop.example{_path(n)}"}}], "status": {}}]}]}]}),
    ),
}  # fmt: skip
"""By format, the header and the n-th line."""


class Cost(NamedTuple):
    """What a reading took: seconds that passed, and seconds that cores were busy with it."""

    passed: float
    busy: float


def measured(path: Path, work: Callable[[Path], int]) -> tuple[Cost, int]:
    """Return the least of each over some rounds, and what the work gave."""
    costs, given = [], 0
    for _ in range(ROUNDS):
        began, busy = time.perf_counter(), time.process_time()
        given = work(path)
        costs.append(Cost(time.perf_counter() - began, time.process_time() - busy))
    return Cost(min(each.passed for each in costs), min(each.busy for each in costs)), given


def looped(path: Path) -> int:
    """Take each line apart in Python."""
    with path.open() as file:
        take = json.loads if file.read(1) == "{" else str.split
        file.seek(0)
        return sum(1 for line in file if take(line))


def main() -> None:
    arguments = sys.argv[1:]
    lines = int(arguments.pop(0)) if arguments and arguments[0].isdigit() else 300_000
    with tempfile.TemporaryDirectory() as folder:
        for name in arguments or LINES:
            header, line = LINES[name]
            path = Path(folder) / "log"
            with path.open("w") as file:
                if header:
                    file.write(header + "\n")
                file.writelines(line(n) + "\n" for n in range(lines))
            chosen = TEMPLATE if name == TEMPLATE else None
            read = partial(read_calls, log_format=chosen)
            took, calls = measured(path, lambda file: len(read([str(file)]).calls))  # noqa: B023  # called at once
            peer, _ = measured(path, looped)
            if calls != lines:
                sys.exit(f"{name}: read {calls:,} of {lines:,} lines")
            shown = "a log_format" if name == TEMPLATE else name
            print(
                f"{shown:20} {lines / took.passed / 1000:7,.0f} k lines/s, {peer.passed / took.passed:5.1f} times a loop;"
                f" {took.busy / lines * 1e6:5.2f} µs of a core a line, the loop {peer.busy / lines * 1e6:5.2f}",
                flush=True,
            )
            path.unlink()


if __name__ == "__main__":
    main()
