"""Proxies' and load balancers' lines, and the calls they are.

The lines were typed by hand after what these logs look like; they are neither real logs nor the manuals' own
samples. Whether a stamp is a start or an end, and what each flag and code means, has not been checked against
the manuals: these tests hold what the parser does.
"""

from __future__ import annotations

import pytest

from cbtool.traffic.formats import FORMATS, parse_lines, recognise
from cbtool.traffic.scanning.lines import Lines

# ruff: noqa: E501  # a log line is as long as it is
SAMPLES = {
    "envoy": [
        '[2016-04-15T20:17:00.310Z] "POST /api/v1/locations HTTP/2" 204 - 154 0 226 100 "10.0.35.28" "nsq2http" "cc21d9b0" "locations" "tcp://10.0.2.1:80"',
        '[2020-11-25T21:26:18.409Z] "GET /status/418 HTTP/1.1" 418 - via_upstream - "-" 0 135 3 1 "-" "curl/7.73.0-DEV" "84961386" "httpbin:8000" "127.0.0.1:80" inbound|8000|| 127.0.0.1:41854 10.44.1.27:80 10.44.1.23:37652 outbound_.8000_._.httpbin.foo.svc.cluster.local default',
        '[2016-04-15T20:17:00.310Z] "GET / HTTP/2" 504 UT 154 0 15000 - "-" "-" "-" "-" "-"',
        '[2016-04-15T20:17:00.310Z] "GET / HTTP/2" 0 DC 154 0 150 - "-" "-" "-" "-" "-"',
    ],
    "haproxy": [
        'Feb  6 12:14:14 localhost haproxy[14389]: 10.0.1.2:33317 [06/Feb/2009:12:14:14.655] http-in static/srv1 10/0/30/69/109 200 2750 - - ---- 1/1/1/1/0 0/0 {1wt.eu} {} "GET /index.html HTTP/1.1"',
        'haproxy[674]: 127.0.0.1:33319 [15/Oct/2003:08:31:57.130] relais-http Srv1 -1/-1/-1/-1/8490 -1 0 - - CR-- 2/2/2/0/0 0/0 ""',
        'haproxy[674]: 127.0.0.1:33320 [15/Oct/2003:08:32:17.654] px-http px-http/srv1 9/0/7/-1/14658 504 195 - - sHDN 342/341/340/11/+3 0/0 "GET / HTTP/1.1"',
        'haproxy[18113]: 127.0.0.1:34548 [15/Oct/2003:15:18:55.798] px-http px-http/<NOSRV> -1/-1/-1/-1/50001 408 +2750 - - cR-- 2/2/2/0/+2 0/0 "<BADREQ>"',
        'haproxy[9]: -:2 [22/May/2021:02:22:22.222] www~ shop/node2 shop.example 0/0/0/18/18 200 200 - - ---- 2/2/2/0/0 0/0 "GET /a HTTP/1.1"',
    ],
    "haproxy-clf": [
        '10.0.1.2 - - [06/Feb/2009:12:14:14 +0100] "GET /a?b=1 HTTP/1.1" 200 139 "" "" 33317 655 "http-in" "static" "srv1" 10 0 30 69 109 ---- 1 1 1 1 0 0 0 "-" "-" ',
        'Feb  6 12:14:14 lb haproxy[9]: 10.0.1.2 - - [06/Feb/2009:12:14:14 +0100] "GET / HTTP/1.1" 504 +195 "" "" 33320 54 "px" "px" "srv2" 9 0 7 -1 14658 sHDN 342 341 340 11 +3 0 0 "" "" ',
        "Nov  7 17:58:52 haproxy haproxy[489]: Server app/app1 is DOWN, reason: Layer4 timeout, check duration: 2002ms.",
        '10.0.1.2 - - [06/Feb/2009:12:14:15 +0100] "" -1 0 "" "" 33319 7 "px" "px" "<NOSRV>" -1 -1 -1 -1 8490 CR-- 2 2 2 0 0 0 0 "" "" ',
    ],
    "haproxy-tcp": [
        "Feb  6 12:12:56 lb haproxy[14387]: 10.0.1.2:33313 [06/Feb/2009:12:12:51.443] fnt bck/srv1 0/0/5007 212 -- 0/0/0/0/3 0/0",
        "10.0.1.2:33313 [06/Feb/2009:12:12:52.443] fnt bck/srv2 0/-1/3003 0 sC 0/0/0/0/0 0/0",
        "10.0.1.2:33313 [06/Feb/2009:12:12:53.443] fnt bck/<NOSRV> -1/-1/12 0 SC 0/0/0/0/0 0/0",
        "10.0.1.2:33313 [06/Feb/2009:12:12:54.443] fnt bck/srv1 0/0/+1201 +9 CD 0/0/0/0/0 0/0",
    ],
    "npm": [
        '[24/Jan/2022:16:51:02 +0000] - 404 404 - GET http openresty.local "/sdf?a=1" [Client 1.2.3.4] [Length 192] [Gzip 3.10] [Sent-to 10.0.0.2] "Mozilla/5.0 (X11)" "-"',
        '[24/Jan/2022:16:51:03 +0000] MISS 502, 200 503 - POST https shop.example "/a" [Client 1.2.3.4] [Length 192] [Gzip -] [Sent-to shop] "curl" "-"',
        '[24/Jan/2022:13:40:19 +0000] 444 - GET https 4.3.2.1 "/.env" [Client 207.32.219.89] [Length 0] [Gzip -] "Mozilla/5.0 (Linux; U)" "-"',
        '[24/Jan/2022:13:40:20 +0000] 400 - - http _ "-" [Client 207.32.219.89] [Length 0] [Gzip -] "-" "-"',
    ],
    "traefik": [
        '10.0.0.1 - - [09/Oct/2025:10:53:20 +0000] "GET /a HTTP/1.1" 200 12 "-" "curl" 5 "r@docker" "http://10.0.0.9:80" 17ms',
    ],
    "heroku": [
        '2012-10-11T03:47:20+00:00 heroku[router]: at=error code=H12 desc="Request timeout" method=GET path=/ host=myapp.herokuapp.com fwd=17.17.17.17 dyno=web.1 connect=6ms service=30001ms status=503 bytes=0',
        "2012-10-11T03:47:20.5+00:00 app[web.1]: hello",
        '2010-10-06T21:51:37-07:00 heroku[router]: at=info method=GET path="/x?a=1" host=a.b fwd="1.2.3.4" dyno=web.2 connect=1ms service=18ms status=200 bytes=975',
    ],
    "alb": [
        'https 2018-07-02T22:23:00.186641Z app/my-loadbalancer/50dc6c495c0c9188 192.168.131.39:2817 10.0.0.1:80 0.086 0.048 0.037 200 200 0 57 "GET https://www.example.com:443/ HTTP/1.1" "curl/7.46.0" ECDHE-RSA-AES128-GCM-SHA256 TLSv1.2 arn:aws:elasticloadbalancing:us-east-2:123456789012:targetgroup/my-targets/73e2d6bc24d8a067 "Root=1-58337281" "www.example.com" "arn:aws:acm" 1 2018-07-02T22:22:48.364000Z "authenticate,forward" "-" "-" "10.0.0.1:80" "200" "-" "-"',
        'http 2026-11-24T10:00:01.186641Z app/my-lb/50 192.168.131.39:2817 - -1 -1 -1 400 - 0 272 "- http://my-lb.example:80- " "-" - - - "-" "-" "-" - 2026-11-24T10:00:01.186000Z "-" "-" "-" "-" "-" "-" "-" TID_1234abcd',
        r'https 2026-11-24T10:00:03.186641Z app/my-lb/50 10.0.1.252:48160 10.0.0.66:9000 0.000 10.002 -1 460 - 5 0 "POST https://example.com:443/a\"b HTTP/1.1" "x \"y\" z" - - arn:aws:x:1:targetgroup/my-targets/73 "Root=1" "-" "-" 1 2026-11-24T10:00:03.180000Z "forward" "-" "-" "10.0.0.66:9000" "-" "-" "-" TID_2',
        'http 2018-11-30T22:23:00.186641Z app/my-loadbalancer/50dc6c495c0c9188 192.168.131.39:2817 - 0.000 0.001 -1 502 - 34 366 "GET http://www.example.com:80/ HTTP/1.1" "curl/7.46.0" - - arn:aws:elasticloadbalancing:us-east-2:123456789012:targetgroup/my-targets/73e2d6bc24d8a067 "Root=1-58337364" "-" "-" 0 2018-11-30T22:22:48.364000Z "forward" "-" "LambdaInvalidResponse" "-" "-" "-" "-"',
    ],
    "s3": [
        '79a59df900b949e55d96a1e698fbaced shop-files [24/Nov/2026:10:00:00 +0000] 192.0.2.3 arn:aws:iam::1:user/x 3E57427F3 REST.GET.OBJECT a%20b.txt "GET /a%20b.txt HTTP/1.1" 503 SlowDown 242 - 11 9 "-" "S3Console/0.4" - x= SigV4 - - h - - -',
        '79a59df900b949e55d96a1e698fbaced shop-files [24/Nov/2026:10:00:01 +0000] 192.0.2.3 - 3E57427F4 REST.PUT.OBJECT k "PUT /k?x=1 HTTP/1.1" 200 - - 9 44 - "-" "-" -',
        '79a59df900b949e55d96a1e698fbaced shop-files [24/Nov/2026:10:00:02 +0000] - AmazonS3 3E57427F5 S3.EXPIRE.OBJECT k "-" - - - 3 - - "-" "-" -',
    ],
    "gin": [
        '[GIN] 2026/11/24 - 10:00:00 | 200 |    123.4µs |       10.0.0.1 | GET      "/a?b=1"',
        '[GIN] 2026/11/24 - 10:00:01 |\x1b[97;41m 503 \x1b[0m|      1m2.5s |             ::1 |\x1b[97;46m POST    \x1b[0m "/b"',
    ],
    "squid": [
        "1286536308.779    180 192.168.0.224 TCP_MISS/200 411 GET http://a.example/x?y - DIRECT/137.226.34.227 text/html",
        "1286536309.450      5 192.168.0.68 TCP_MISS_ABORTED/000 0 CONNECT imap.example:993 - HIER_DIRECT/1.2.3.4 -",
        "1286536310.450  60012 192.168.0.68 TCP_MISS_TIMEOUT/504 0 GET http://a.example/b - HIER_NONE/- text/html",
    ],
    "elb": [
        '2015-05-13T23:39:41.945958Z my-loadbalancer 192.168.131.39:2817 - -1 -1 -1 400 0 0 0 "- http://www.example.com:80- " "-" - -',
        '2015-05-13T23:39:42.945958Z my-loadbalancer 192.168.131.39:2817 10.0.0.1:80 0.001 0.00003 0.00004 - - 82 305 "- - - " "-" - -',
        '2015-05-13T23:39:43.945958Z my-loadbalancer 192.168.131.39:2817 10.0.0.1:80 0.000073 0.001048 0.000057 200 200 0 29 "GET http://www.example.com:80/ HTTP/1.1" "curl/7.38.0" - -',
    ],
}
# Time, duration, status, error kind (1 timeout, 2 connection error), and who answered: `instance`, or the
# host where Envoy was asked.
CALLS = {
    "envoy": [
        (1460751420310000000, 226000000, 204, 0, "locations"),
        (1606339578409000000, 3000000, 418, 0, "httpbin:8000"),
        (1460751420310000000, 15000000000, 504, 1, None),
        (1460751420310000000, 150000000, 499, 0, None),
    ],
    "haproxy": [
        (1233922454655000000, 109000000, 200, 0, "srv1"),
        (1066206717130000000, 8490000000, 499, 0, None),
        (1066206737654000000, 14658000000, 504, 1, "srv1"),
        (1066231135798000000, 50001000000, 408, 0, None),
        (1621650142222000000, 18000000, 200, 0, "node2"),
    ],
    "haproxy-clf": [
        (1233918854655000000, 109000000, 200, 0, "srv1"),
        (1233918854054000000, 14658000000, 504, 1, "srv2"),
        (1233918855007000000, 8490000000, 499, 0, None),
    ],
    "haproxy-tcp": [
        (1233922371443000000, 5007000000, 200, 0, "srv1"),
        (1233922372443000000, 3003000000, 0, 1, "srv2"),
        (1233922373443000000, 12000000, 0, 2, None),
        (1233922374443000000, 1201000000, 499, 0, "srv1"),
    ],
    "npm": [
        (1643043062000000000, -1, 404, 0, "10.0.0.2"),
        (1643043063000000000, -1, 503, 0, "shop"),
        (1643031619000000000, -1, 444, 0, None),
        (1643031620000000000, -1, 400, 0, None),
    ],
    "traefik": [(1760007200000000000, 17000000, 200, 0, "http://10.0.0.9:80")],
    "heroku": [
        (1349927240000000000, 30007000000, 503, 1, "web.1"),
        (1286427097000000000, 19000000, 200, 0, "web.2"),
    ],
    "alb": [
        (1530570180186641000, 171000000, 200, 0, "10.0.0.1:80"),
        (1795514401186641000, 641000, 400, 0, None),
        (1795514403186641000, 6641000, 460, 0, "10.0.0.66:9000"),
        (1543616580186641000, 11822641000, 502, 2, None),
    ],
    "s3": [
        (1795514400000000000, 11000000, 503, 0, "shop-files"),
        (1795514401000000000, 44000000, 200, 0, "shop-files"),
    ],
    "gin": [(1795514400000000000, 123400, 200, 0, None), (1795514401000000000, 62500000000, 503, 0, None)],
    "squid": [
        (1286536308779000000, 180000000, 200, 0, "137.226.34.227"),
        (1286536309450000000, 5000000, 499, 0, "1.2.3.4"),
        (1286536310450000000, 60012000000, 504, 1, None),
    ],
    "elb": [
        (1431560381945958000, -1, 400, 0, None),
        (1431560383945958000, 1178000, 200, 0, "10.0.0.1:80"),
    ],
}


@pytest.mark.parametrize("name", SAMPLES)
def test_lines_become_calls(name: str) -> None:
    lines = Lines.made(SAMPLES[name])
    log_format = FORMATS[name]
    assert recognise(FORMATS.values(), lines) is log_format
    fields = log_format.layout.opened_by([lines.text(0)])
    assert fields is not None
    block = parse_lines(log_format, fields, lines)
    assert not len(block.rejected)
    who = {"envoy": "host", "s3": "upstream"}.get(name, "instance")
    rows = block.rows if who in block.rows.columns else block.rows.with_columns(instance=None)
    assert rows.select("time", "duration", "status", "error", who).rows() == CALLS[name]


def test_a_format_with_durations_comes_before_one_that_fits_without_them() -> None:
    """An Envoy whose calls were all answered once counted as a common log."""
    line = '[2025-10-09T08:53:20.005Z] "GET /a HTTP/2" 200 - 154 0 17 100 "10.0.35.28" "curl" "cc21" "shop" "10.0.2.1:80"'
    found = recognise(FORMATS.values(), Lines.made([line]))
    assert found is FORMATS["envoy"]
