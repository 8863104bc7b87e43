"""Results of load tests, and the calls they are.

The lines were typed by hand, not written by the tools. Checked against a source: that JMeter stamps the start
(its jmeter.properties), and that 1050 is k6's timeout (its documentation). The rest holds what the parser does.
"""

from __future__ import annotations

import pytest

from cbtool.traffic.formats import FORMATS, parse_lines, recognise
from cbtool.traffic.scanning.lines import Lines

# ruff: noqa: E501  # a line is as long as it is
_K6 = '{"metric":"http_req_duration","type":"Point","data":{"time":"2024-05-01T10:00:00.5Z","value":12.5,"tags":{"method":"GET","status":"%s","url":"http://a.b/x?c=1","error":"%s","error_code":"%s"}}}'
SAMPLES = {
    "jmeter": [
        "timeStamp,elapsed,label,responseCode,responseMessage,threadName,success,bytes,URL",
        "1714557600123,45,home,200,OK,t 1-1,true,10,http://a.b/x",
        "1714557601123,30000,home,Non HTTP response code: java.net.SocketTimeoutException,Non HTTP response message: Read timed out,t 1-1,false,0,http://a.b/y",
        '1714557602123,7,"home, again",Non HTTP response code: java.net.ConnectException,Connection refused,t 1-1,false,0,null',
    ],
    "vegeta": [
        '{"attack":"a","seq":0,"code":200,"timestamp":"2024-05-01T10:00:00.25Z","latency":1500000,"bytes_out":0,"bytes_in":5,"error":"","body":null,"method":"GET","url":"http://a.b/x","headers":null}',
        '{"attack":"a","seq":1,"code":0,"timestamp":"2024-05-01T12:00:01+02:00","latency":30000000000,"bytes_out":0,"bytes_in":0,"error":"Get http://a.b/x: context deadline exceeded","body":null,"method":"GET","url":"http://a.b/x","headers":null}',
    ],
    "vegeta-csv": [
        "1714557600000000000,200,1500000,0,5,,aGk=,a,0,GET,http://a.b/x,",
        '1714557601000000000,0,2500000,0,0,"dial tcp: connection refused, twice",,a,1,GET,http://a.b/x,',
    ],
    "k6": [
        '{"type":"Metric","data":{"name":"http_reqs","type":"counter"},"metric":"http_reqs"}',
        '{"metric":"http_reqs","type":"Point","data":{"time":"2024-05-01T10:00:00.5Z","value":1,"tags":{"status":"200"}}}',
        _K6 % ("200", "", ""),
        _K6 % ("0", "request timeout", "1050"),
        _K6 % ("0", "dial: connection refused", "1212"),
    ],
    "hey": [
        "response-time,DNS+dialup,DNS,Request-write,Response-delay,Response-read,status-code,offset",
        "0.0500,0.0010,0.0005,0.0000,0.0480,0.0001,200,1.2500",
    ],
    "oha": [
        "request-start,DNS,DNS+dialup,Response-delay,request-duration,bytes,status",
        "0.002211678,0.000374078,0.001148565,0.002619327,0.002626127,11,503",
    ],
    "k6-csv": [
        "metric_name,timestamp,metric_value,check,error,error_code,expected_response,group,method,name,proto,scenario,service,status,subproto,tls_version,url,extra_tags,metadata",
        "http_reqs,1714557600,1.000000,,,,true,,GET,http://a.b/x,HTTP/1.1,default,,200,,,http://a.b/x,,",
        "http_req_duration,1714557600,12.500000,,,,true,,GET,http://a.b/x,HTTP/1.1,default,,503,,,http://a.b/x,,",
    ],
}
# Time as stamped, duration, status, error kind (1 timeout, 2 connection error), path.
_AT = 1_714_557_600_000_000_000
CALLS = {
    "jmeter": [
        (_AT + 123_000_000, 45_000_000, 200, 0, "/x"),
        (_AT + 1_123_000_000, 30_000_000_000, 0, 1, "/y"),
        (_AT + 2_123_000_000, 7_000_000, 0, 2, None),
    ],
    "vegeta": [
        (_AT + 250_000_000, 1_500_000, 200, 0, "/x"),
        (_AT + 1_000_000_000, 30_000_000_000, 0, 1, "/x"),
    ],
    "vegeta-csv": [(_AT, 1_500_000, 200, 0, "/x"), (_AT + 1_000_000_000, 2_500_000, 0, 2, "/x")],
    "k6": [
        (_AT + 500_000_000, 12_500_000, 200, 0, "/x?c=1"),
        (_AT + 500_000_000, 12_500_000, 0, 1, "/x?c=1"),
        (_AT + 500_000_000, 12_500_000, 0, 2, "/x?c=1"),
    ],
    "hey": [(1_250_000_000, 50_000_000, 200, 0, None)],
    "oha": [(2_211_678, 2_626_127, 503, 0, None)],
    "k6-csv": [(_AT, 12_500_000, 503, 0, "/x")],
}


@pytest.mark.parametrize("name", SAMPLES)
def test_results_become_calls(name: str) -> None:
    lines = Lines.made(SAMPLES[name])
    log_format = FORMATS[name]
    assert recognise(FORMATS.values(), lines) is log_format
    fields = log_format.layout.opened_by([lines.text(0)])
    assert fields is not None
    block = parse_lines(log_format, fields, lines[1:] if log_format.layout.header else lines)
    assert not len(block.rejected)
    rows = block.rows if "path" in block.rows.columns else block.rows.with_columns(path=None)
    assert rows.select("time", "duration", "status", "error", "path").rows() == CALLS[name]
