"""Reading each log format into calls, beside a plain loop of Python's json, split or iterparse over the same.

    python benchmarks/formats.py [LINES] [FORMAT ...]

The loop does no more than take each line apart, and makes no call of it: it is the least that a script costs.
Of XML a line is a sample, of HAR an entry. What a core is busy with a line says more than lines a second where other work is on the machine.
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
from typing import TYPE_CHECKING, Any, NamedTuple
from xml.etree import ElementTree as ET

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


def _sample(n: int) -> str:
    """What JMeter says of a sample in its own tag when it saves everything."""
    return f't="{n % 900}" it="0" lt="{n % 800}" ct="1" ts="{BEGAN * 1000 + n * 5}" s="true" lb="Home" rc="{_status(n)}" rm="OK" tn="Thread Group 1-{n % 50}" dt="text" de="utf-8" by="640" sby="120" sc="1" ec="0" ng="50" na="50" hn="load-1"'


def _url(n: int) -> str:
    return f"<java.net.URL>http://shop.example{_path(n)}&amp;r=1</java.net.URL>"


def _saved(n: int) -> str:
    """A sample with all that JMeter can be told to save within it."""
    text = 'class="java.lang.String"'
    answer = f"{{&quot;id&quot;:{n},&quot;name&quot;:&quot;Blue &amp; green cup&quot;,&quot;price&quot;:{{&quot;amount&quot;:1299,&quot;currency&quot;:&quot;EUR&quot;}},&quot;tags&quot;:[&quot;kitchen&quot;,&quot;gift&quot;],&quot;description&quot;:&quot;Stoneware, 350 ml, dishwasher safe. Made in small batches.&quot;}}"
    return f"""<httpSample {_sample(n)}>
  <assertionResult>
    <name>Response Assertion</name>
    <failure>false</failure>
    <error>false</error>
  </assertionResult>
  <responseHeader {text}>HTTP/1.1 200 OK&#xd;
Date: Wed, 25 Nov 2026 10:00:00 GMT&#xd;
Content-Type: application/json; charset=utf-8&#xd;
Connection: keep-alive&#xd;
X-Request-Id: 3f8a9c1e-7b4d-4e2a-9c6f-1a2b3c4d5e6f&#xd;
</responseHeader>
  <requestHeader {text}>Connection: keep-alive
Host: shop.example
User-Agent: Apache-HttpClient/4.5.14 (Java/17.0.9)
</requestHeader>
  <responseData {text}>{answer}</responseData>
  <responseFile {text}/>
  <cookies {text}></cookies>
  <method {text}>GET</method>
  <queryString {text}></queryString>
  {_url(n)}
</httpSample>"""


def _in_transaction(n: int) -> str:
    """A request, and around every five of them the transaction that they are of."""
    begin = f"<sample {_sample(n)}>\n" if n % 5 == 0 else ""
    return f"{begin}  <httpSample {_sample(n)}>\n    {_url(n)}\n  </httpSample>" + "\n</sample>" * (
        n % 5 == 4
    )


def _row(n: int) -> dict[str, Any]:
    return {
        "timestamp": BEGAN + n / 200,
        "duration_ms": n % 900,
        "status": _status(n),
        "method": "GET",
        "path": _path(n),
    }


def _span(n: int) -> dict[str, Any]:
    """What Zipkin is told of a call by its client."""
    return {
        "traceId": f"{n:032x}",
        "id": f"{n:016x}",
        "kind": "CLIENT",
        "name": "get",
        "timestamp": BEGAN * 10**6 + n * 5000,
        "duration": n % 900 * 1000,
        "localEndpoint": {"serviceName": "web", "ipv4": "10.0.0.1"},
        "remoteEndpoint": {"serviceName": "shop", "ipv4": "10.0.0.9", "port": 80},
        "tags": {"http.method": "GET", "http.path": _path(n), "http.status_code": str(_status(n))},
    }


def _entry(n: int) -> dict[str, Any]:
    """What a load generator or a proxy writes of a call as an entry of a HAR file."""
    return {
        "startedDateTime": _iso(n),
        "time": n % 900 + 0.25,
        "request": {
            "method": "GET",
            "url": f"http://shop.example{_path(n)}",
            "httpVersion": "HTTP/1.1",
            "cookies": [],
            "headers": [],
            "queryString": [],
            "headersSize": -1,
            "bodySize": 0,
        },
        "response": {
            "status": _status(n),
            "statusText": "OK",
            "httpVersion": "HTTP/1.1",
            "cookies": [],
            "headers": [],
            "content": {"size": 640, "mimeType": "application/json"},
            "redirectURL": "",
            "headersSize": -1,
            "bodySize": 640,
        },
        "cache": {},
        "timings": {"send": 0.25, "wait": n % 900, "receive": 0},
    }


def _browsed(n: int) -> dict[str, Any]:
    """The same with what a browser has beside it: forty headers each way, cookies, and the answer's body."""
    entry = _entry(n)
    headers = [
        {"name": f"x-header-{i}", "value": f"{n * i:x}; value of {i}, and more of it"} for i in range(39)
    ]
    entry["request"]["headers"] = entry["response"]["headers"] = [
        *headers,
        {"name": "user-agent", "value": AGENT},
    ]
    entry["request"]["cookies"] = [
        {
            "name": f"c{i}",
            "value": "5f3759df" * 4,
            "path": "/",
            "domain": "shop.example",
            "expires": "2027-11-25T10:00:00.000Z",
            "httpOnly": True,
            "secure": True,
        }
        for i in range(5)
    ]
    item = '{"id":%d,"name":"Blue & green cup","price":{"amount":1299},\n\t"text":"Stoneware, 350 ml"}'
    entry["response"]["content"]["text"] = "".join(item % i for i in range(n % 150))
    return entry | {
        "_initiator": {"type": "script"},
        "_priority": "High",
        "_resourceType": "fetch",
        "serverIPAddress": "192.0.2.1",
    }


HAR = '{"log":{"version":"1.2","creator":{"name":"x","version":"1"},"entries":['
JAEGER = '{"data":['
LIST, HITS = "[", '{"took":3,"timed_out":false,"hits":{"total":9,"hits":['
XML = '<?xml version="1.0" encoding="UTF-8"?>\n<testResults version="1.2">'
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
    "nginx-last": (
        "",
        lambda n: f'10.0.0.1 - - [{_clf(n)}] "GET {_path(n)} HTTP/1.1" {_status(n)} 123 "-" "{AGENT}" 0.{n % 800:03} 0.{n % 900 + 50:03}',
    ),
    "ingress-nginx": (
        "",
        lambda n: f'10.0.0.1 - - [{_clf(n)}] "GET {_path(n)} HTTP/1.1" {_status(n)} 123 "-" "{AGENT}" 82 0.{n % 900:03} [shop-web-80] [] 10.2.0.9:80 512 0.{n % 800:03} {_status(n)} 8d0f1c7a90b54dbc',
    ),
    "apache-s": (
        "",
        lambda n: f'10.0.0.1 - - [{_clf(n)}] "GET {_path(n)} HTTP/1.1" {_status(n)} 123 "-" "{AGENT}" {n % 9}',
    ),
    "haproxy": (
        "",
        lambda n: f'Feb  6 12:14:14 lb haproxy[14389]: 10.0.1.2:33317 [{_clf(n)[:-6]}.655] in shop/srv1 10/0/30/69/{n % 900} {_status(n)} 2750 - - ---- 1/1/1/1/0 0/0 "GET {_path(n)} HTTP/1.1"',
    ),
    "haproxy-clf": (
        "",
        lambda n: f'10.0.1.2 - - [{_clf(n)}] "GET {_path(n)} HTTP/1.1" {_status(n)} 2750 "" "" 33317 {n % 1000} "http-in" "shop" "srv1" 10 0 30 69 {n % 900} ---- 1 1 1 1 0 0 0 "-" "-" ',
    ),
    "haproxy-tcp": (
        "",
        lambda n: f"Feb  6 12:12:56 lb haproxy[14387]: 10.0.1.2:33313 [{_clf(n)[:-6]}.443] fnt shop/srv1 0/0/{n % 900} 212 -- 0/0/0/0/3 0/0",
    ),
    "npm": (
        "",
        lambda n: f'[{_clf(n)}] - {_status(n)} {_status(n)} - GET https shop.example "{_path(n)}" [Client 10.0.0.1] [Length 123] [Gzip 2.40] [Sent-to 10.0.0.9] "{AGENT}" "-"',
    ),
    "squid": (
        "",
        lambda n: f"{BEGAN + n / 200:.3f} {n % 900:6} 192.168.0.224 TCP_MISS/{_status(n)} 411 GET http://shop.example{_path(n)} - DIRECT/137.226.34.227 text/html",
    ),
    "gin": (
        "",
        lambda n: f'[GIN] {_iso(n)[:10].replace("-", "/")} - {_iso(n)[11:19]} | {_status(n)} | {n % 900 + 0.4:>9.4f}ms |        10.0.0.1 | GET      "{_path(n)}"',
    ),
    "s3": (
        "",
        lambda n: f'79a59df900b949e55d96a1e698fbaced shop-files [{_clf(n)}] 192.0.2.3 arn:aws:iam::1:user/x 3E57427F3 REST.GET.OBJECT items/{n % 500} "GET {_path(n)} HTTP/1.1" {_status(n)} - 242 242 {n % 900} {n % 800} "-" "{AGENT}" - x= SigV4 ECDHE-RSA-AES128-GCM-SHA256 AuthHeader shop-files.s3.amazonaws.com TLSv1.2 - -',
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
    "nlb": (
        "",
        lambda n: f"tls 2.0 {_iso(n)[:19]} net/shop/c6e77e28c25b2234 g3d4b5e8bb8464cd 72.21.218.154:51341 172.100.100.185:443 {n % 900} 2 98 246 - arn:aws:acm:us-east-2:671290407336:certificate/2a108f19 - ECDHE-RSA-AES128-SHA tlsv12 - shop.example - - -",
    ),
    "alb-csv": (
        '"type","time","elb","client_ip","client_port","target_ip","target_port","request_processing_time","target_processing_time","response_processing_time","elb_status_code","target_status_code","request_verb","request_url"',
        lambda n: f'"https","{_iso(n)}","app/lb/50dc","192.168.131.39","2817","10.0.0.1","80","0.086","0.{n % 900:03}","0.037","{_status(n)}","{_status(n)}","GET","https://shop.example:443{_path(n)}"',
    ),
    "alb-table": (
        "",
        lambda n: json.dumps({"type": "https", "time": _iso(n), "elb": "app/lb/50dc", "client_ip": "192.168.131.39", "target_ip": "10.0.0.1", "target_port": 80, "request_processing_time": 0.086, "target_processing_time": n % 900 / 1000, "response_processing_time": 0.037, "elb_status_code": _status(n), "target_status_code": str(_status(n)), "request_verb": "GET", "request_url": f"https://shop.example:443{_path(n)}"}),
    ),
    "iis-native": (
        "",
        lambda n: f"10.0.0.1, -, 11/24/26, {_iso(n)[11:19]}, W3SVC2, WEB1, 10.0.0.9, {n % 900}, 163, 3223, {_status(n)}, 0, GET, {_path(n)}, -,",
    ),
    "LTSV": (
        "",
        lambda n: f"time:[{_clf(n)}]\thost:10.0.0.1\tvhost:shop.example\tmethod:GET\tpath:{_path(n)}\tstatus:{_status(n)}\tsize:123\treferer:-\tua:{AGENT}\treqtime:0.{n % 900:03}",
    ),
    "rails": (
        "",
        lambda n: f'Started GET "{_path(n)}" for 10.0.0.1 at {_iso(n)[:19].replace("T", " ")} +0000\nProcessing by ItemsController#show as HTML\nCompleted {_status(n)} OK in {n % 900}ms (Views: 5.2ms | ActiveRecord: 2.0ms)\n',
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
    "zeek": (
        "#separator \\x09\n#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\ttrans_depth\tmethod\thost\turi\treferrer\tversion\tuser_agent\torigin\trequest_body_len\tresponse_body_len\tstatus_code\tstatus_msg\tinfo_code\tinfo_msg\ttags\tusername\tpassword\tproxied\torig_fuids\torig_filenames\torig_mime_types\tresp_fuids\tresp_filenames\tresp_mime_types",
        lambda n: f"{BEGAN + n / 200:.6f}\tCUM0KZ3MLUfNB0cl11\t10.0.0.1\t48649\t10.0.0.9\t80\t1\tGET\tshop.example\t{_path(n)}\t-\t1.1\t{AGENT}\t-\t0\t640\t{_status(n)}\tOK\t-\t-\t(empty)\t-\t-\t-\t-\t-\t-\tF7yn\t-\ttext/html",
    ),
    "zeek-json": (
        "",
        lambda n: json.dumps({"ts": BEGAN + n / 200, "uid": "CUM0KZ3MLUfNB0cl11", "id.orig_h": "10.0.0.1", "id.orig_p": 48649, "id.resp_h": "10.0.0.9", "id.resp_p": 80, "trans_depth": 1, "method": "GET", "host": "shop.example", "uri": _path(n), "version": "1.1", "user_agent": AGENT, "request_body_len": 0, "response_body_len": 640, "status_code": _status(n), "status_msg": "OK", "tags": []}),
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
    "nginx-json-seconds": (
        "",
        lambda n: json.dumps({"time_iso8601": f"{_iso(n)[:19]}+00:00", "remote_addr": "10.0.0.1", "request": f"GET {_path(n)} HTTP/1.1", "status": _status(n), "request_time": n % 900 / 1000, "host": "shop.example", "http_user_agent": AGENT}),
    ),
    "nginx-json-untimed": (
        "",
        lambda n: json.dumps({"time": f"{_iso(n)[:19]}+00:00", "remote_ip": "10.0.0.1", "request": f"GET {_path(n)} HTTP/1.1", "response": _status(n), "bytes": 340, "referrer": "-", "agent": AGENT}),
    ),
    "cloudfront-json": (
        "",
        lambda n: json.dumps({"date": _iso(n)[:10], "time": _iso(n)[11:19], "x-edge-location": "FRA50-C1", "sc-bytes": "723", "c-ip": "192.0.2.1", "cs-method": "GET", "cs(Host)": "d111.cloudfront.net", "cs-uri-stem": _path(n).partition("?")[0], "sc-status": str(_status(n)), "cs(User-Agent)": AGENT.replace(" ", "%20"), "cs-uri-query": f"q={n % 77}", "x-host-header": "shop.example", "time-taken": f"0.{n % 900:03}"}),
    ),
    "record": (
        '{"type":"header","cbtool":"0.1.0","format":1,"epoch":1760000000.25,"profile":{"breaker":{}}}',
        lambda n: json.dumps({"type": "call", "t": n / 200, "lag_ms": 0.2, "permitted": True, "state": "closed", "instance": 0, "method": "GET", "duration_ms": n % 900 + 0.5, "status": _status(n), "outcome": "success", "path": _path(n)}, separators=(",", ":")),
    ),
    "ndjson": (
        "",
        lambda n: json.dumps(_row(n)),
    ),
    "ndjson, as a list": (LIST, lambda n: "," * (n > 0) + json.dumps(_row(n))),
    "ndjson, as an indented list": (LIST, lambda n: "," * (n > 0) + json.dumps(_row(n), indent=2)),
    "ndjson, as hits": (HITS, lambda n: "," * (n > 0) + json.dumps({"_index": "calls", "_id": str(n), "_source": _row(n)})),
    "csv": (
        "timestamp,duration_ms,status,method,path",
        lambda n: f"{BEGAN + n / 200:.3f},{n % 900},{_status(n)},GET,{_path(n)}",
    ),
    "counts": ("timestamp,total,errors", lambda n: f"{BEGAN + n * 10},1,{int(n % 97 == 0)}"),
    "locust": (
        f"Timestamp,User Count,Type,Name,Requests/s,Failures/s,50%,66%,75%,80%,90%,95%,98%,99%,99.9%,99.99%,100%,Total Request Count,Total Failure Count,Total Median Response Time,Total Average Response Time,Total Min Response Time,Total Max Response Time,Total Average Content Size\n{BEGAN},10,,Aggregated,0.000000,0.000000,N/A,N/A,N/A,N/A,N/A,N/A,N/A,N/A,N/A,N/A,N/A,0,0,0,0.0,0,0,0",
        lambda n: f"{BEGAN + n + 1},10,,Aggregated,1.000000,0.000000,12,13,14,14,15,20,30,40,50,60,60,{n + 1},{n // 97},12,13.1,2,60,310.0",
    ),
    "hey": (
        "response-time,DNS+dialup,DNS,Request-write,Response-delay,Response-read,status-code,offset",
        lambda n: f"0.{n % 900:03}0,0.0010,0.0005,0.0000,0.0480,0.0001,{_status(n)},{n / 200:.4f}",
    ),
    "oha": (
        "request-start,DNS,DNS+dialup,Response-delay,request-duration,bytes,status",
        lambda n: f"{n / 200:.9f},0.000374078,0.001148565,0.002619327,0.{n % 900:03}626127,11,{_status(n)}",
    ),
    "jmeter-xml": (XML, lambda n: f"<httpSample {_sample(n)}/>"),
    "jmeter-xml, all saved": (XML, _saved),
    "jmeter-xml, transactions": (XML, _in_transaction),
    "har": (HAR, lambda n: "," * (n > 0) + json.dumps(_entry(n))),
    "har, as of a browser": (HAR, lambda n: "," * (n > 0) + json.dumps(_browsed(n))),
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
    "zipkin": ("", lambda n: json.dumps(_span(n))),
    "zipkin, as a list": (LIST, lambda n: "," * (n > 0) + json.dumps(_span(n))),
    "jaeger": (
        JAEGER,
        lambda n: "," * (n > 0) + json.dumps({"traceID": f"{n:x}", "spans": [{"traceID": f"{n:x}", "spanID": f"{n:x}", "operationName": "get", "references": [], "startTime": BEGAN * 10**6 + n * 5000, "duration": n % 900 * 1000, "tags": [{"key": "span.kind", "type": "string", "value": "client"}, {"key": "http.method", "type": "string", "value": "GET"}, {"key": "http.url", "type": "string", "value": f"http://shop.example{_path(n)}"}, {"key": "http.status_code", "type": "int64", "value": _status(n)}], "logs": [], "processID": "p1", "warnings": None}], "processes": {"p1": {"serviceName": "web", "tags": []}}}),
    ),
}  # fmt: skip
"""By format, the header and the n-th line."""

ENDS = {XML: "</testResults>\n", HAR: "]}}\n", LIST: "]\n", HITS: "]}}\n", JAEGER: "]}\n"}
LARGE = {"har, as of a browser": 20}  # a line is as large as that many others


TOLD_AS = {"LTSV": "guessed", TEMPLATE: "template"}
"""What those are read as that have no format of their own."""


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


def parsed(path: Path) -> int:
    """Take each sample apart in Python."""
    elements = ET.iterparse(path, ("start", "end"))  # noqa: S314  # written here
    _, root = next(elements)
    count = 0
    for event, element in elements:
        if event == "end" and element.tag == "httpSample":
            count += 1
            root.clear()
    return count


def loaded(path: Path, *keys: str) -> int:
    """Take a document apart in Python, and look at each object of a list in it."""
    with path.open() as file:
        found = json.load(file)
    for key in keys:
        found = found[key]
    return sum(1 for each in found if each.get("response", each))


PEERS: dict[str, Callable[[Path], int]] = {
    XML: parsed,
    HAR: lambda path: loaded(path, "log", "entries"),
    LIST: loaded,
    HITS: lambda path: loaded(path, "hits", "hits"),
    JAEGER: lambda path: loaded(path, "data"),
}


def main() -> None:
    arguments = sys.argv[1:]
    most = int(arguments.pop(0)) if arguments and arguments[0].isdigit() else 300_000
    unknown = [name for name in arguments if name not in LINES]
    if unknown:
        sys.exit(f"no format {', '.join(map(repr, unknown))} is timed here; there are {'; '.join(LINES)}")
    with tempfile.TemporaryDirectory() as folder:
        for name in arguments or LINES:
            header, line = LINES[name]
            lines = most // LARGE.get(name, 1)
            path = Path(folder) / "log"
            with path.open("w") as file:
                if header:
                    file.write(header + "\n")
                file.writelines(line(n) + "\n" for n in range(lines))
                file.write(ENDS.get(header, ""))
            megabytes = path.stat().st_size / 1e6
            chosen = TEMPLATE if name == TEMPLATE else None
            read = partial(read_calls, log_format=chosen)
            took, calls = measured(path, lambda file: len(read([str(file)]).calls))  # noqa: B023  # called at once
            peer, _ = measured(path, PEERS.get(header, looped))
            if calls != lines:
                sys.exit(f"{name}: read {calls:,} of {lines:,} lines")
            found = read([str(path)]).format
            if found != TOLD_AS.get(name, name.partition(",")[0]):
                sys.exit(f"{name}: was taken for {found}")
            shown = "a log_format" if name == TEMPLATE else name
            print(
                f"{shown:24} {lines / took.passed / 1000:7,.0f} k lines/s, {megabytes / took.passed:5,.0f} MB/s, {peer.passed / took.passed:5.1f} times a loop;"
                f" {took.busy / lines * 1e6:5.2f} µs of a core a line, the loop {peer.busy / lines * 1e6:5.2f}",
                flush=True,
            )
            path.unlink()


if __name__ == "__main__":
    main()
