"""Formats in servers' own notations: dates written in any way, and Envoy's and HAProxy's fields."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cbtool.errors import ConfigurationError
from cbtool.traffic.formats import Stamp, format_named, parse_lines
from cbtool.traffic.scanning.lines import Lines

# ruff: noqa: E501  # a log line is as long as it is
AT = datetime(2026, 11, 5, 21, 47, 6, tzinfo=UTC)
NS = 1_000_000_000
SECOND = int(AT.timestamp()) * NS
MS = 1_000_000


def call(template: str, line: str) -> dict[str, Any] | None:
    log_format = format_named(template)
    parts = log_format.layout.opened_by([line])
    assert parts is not None
    rows = parse_lines(log_format, parts, Lines.made([line])).rows
    return rows.to_dicts()[0] if len(rows) else None


@pytest.mark.parametrize(
    ("written", "line", "fraction"),
    [
        ("%{%Y-%m-%dT%H:%M:%S}t.%{msec_frac}t%{%z}t", "2026-11-05T22:47:06.467+0100", 467_000_000),
        ("%{%Y-%m-%dT%H:%M:%S}t.%{msec_frac}t %{%z}t", "2026-11-05T21:47:06.467 +0000", 467_000_000),
        ("[%{%d/%b/%Y:%T}t.%{usec_frac}t %{%z}t]", "[05/Nov/2026:21:47:06.467575 +0000]", 467_575_000),
        ("%t.%{usec_frac}t", "[05/Nov/2026:21:47:06 +0000].467575", 467_575_000),
        ("%{begin:%F %T}t,%{begin:msec_frac}t", "2026-11-05 21:47:06,467", 467_000_000),
        ("%{%a %b %e %H:%M:%S %Y}t", "Thu Nov  5 21:47:06 2026", 0),
        ("%{%A, %B %d %Y %R:%S}t", "Thursday, November 05 2026 21:47:06", 0),
        ("%{%c}t", "Thu Nov  5 21:47:06 2026", 0),
        ("%{%D %T}t", "11/05/26 21:47:06", 0),
        ("%{%d.%m.%y %T %Z}t", "05.11.26 21:47:06 UTC", 0),
        ("%{sec}t.%{msec_frac}t", "1793915226.467", 467_000_000),
        ("%{%s}t", "1793915226", 0),
        ("%{begin:msec}t", "1793915226467", 467_000_000),
        ("%{usec}t", "1793915226467575", 467_575_000),
    ],
)
def test_apaches_dates(written: str, line: str, fraction: int) -> None:
    found = call(f'%h {written} "%r" %>s %Dus', f'10.0.0.1 {line} "GET /a?b HTTP/1.1" 503 871us')
    assert found is not None
    assert found["time"] == SECOND + fraction
    assert (found["status"], found["duration"], found["path"]) == (503, 871_000, "/a?b")
    finer = any(word in written for word in ("sec", "%s"))
    assert format_named(f"%h {written} %>s").resolution_ns == (1 if finer else NS)


@pytest.mark.parametrize("line", ["32/Nov/2026 1:2:3", "05/Nox/2026 21:47:06", "05/Nov/26 21:47:06", ""])
def test_dates_that_there_are_not(line: str) -> None:
    assert call("%{%d/%b/%Y %T}t %>s", f"{line} 200") is None


ZONE = st.integers(-14 * 4, 14 * 4).map(lambda quarters: timezone(timedelta(minutes=15 * quarters)))


@given(st.datetimes(datetime(1971, 1, 1), datetime(2199, 12, 30), timezones=ZONE))  # noqa: DTZ001
def test_a_date_is_read_as_it_was_written(moment: datetime) -> None:
    notation = "%Y/%m/%d %H-%M-%S %z"
    found = call(f"%{{{notation}}}t %>s", f"{moment.strftime(notation)} 200")
    assert found is not None
    assert found["time"] == int(moment.replace(microsecond=0).timestamp()) * NS


def test_the_end_and_the_start() -> None:
    assert format_named("%{end:usec}t %>s").stamp is Stamp.END
    assert format_named("%{begin:usec}t %>s").stamp is Stamp.START
    assert format_named("[%START_TIME%] %RESPONSE_CODE%").stamp is Stamp.START


@pytest.mark.parametrize(
    ("template", "note"),
    [
        ("%{%F %T}t %>s", "no time zone"),
        ("%{%F %T %Z}t %>s", "names of time zones"),
        ("%{%F %T %z}t %>s", None),
        ("%ci [%tr] %ST", "no time zone"),
        ("%ci [%trg] %ST", "no time zone"),
    ],
)
def test_what_is_said_of_zones(template: str, note: str | None) -> None:
    notes = format_named(template).notes
    assert len(notes) == (note is not None)
    assert note is None or note in notes[0]


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("%{%I:%M %p}t %>s", "a date with %I cannot be read; with %Y, .* it can"),
        ("%{%j %Y}t %>s", "a date with %j cannot be read"),
        ("%{%H:%M:%S}t %>s", "no time: it needs %t"),
        ("%ci %ST", "no time: it needs %tr, %trg or %Ts"),
        ("[%START_TIME%] %DURATION%", "no status: it needs %RESPONSE_CODE%"),
    ],
)
def test_what_cannot_be_read_is_said(template: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        format_named(template)


ENVOY = (
    '[%START_TIME%] "%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%" %RESPONSE_CODE% '
    '%RESPONSE_FLAGS% %BYTES_SENT% %DURATION% "%REQ(:AUTHORITY):40%" "%UPSTREAM_HOST%" %UPSTREAM_CLUSTER%\\n'
)


def test_an_envoy_format() -> None:
    line = '[2026-11-05T21:47:06.123Z] "GET /a HTTP/2" 503 UF,URX 12 44 "shop" "10.0.0.1:80" out|80||x'
    found = call(ENVOY, line)
    assert found is not None
    assert (found["time"], found["duration"], found["status"]) == (SECOND + 123 * MS, 44 * MS, 503)
    assert (found["error"], found["method"], found["path"], found["host"]) == (2, "GET", "/a", "shop")
    assert (found["instance"], found["upstream"]) == ("10.0.0.1:80", "out|80||x")


@pytest.mark.parametrize(
    ("written", "line", "fraction"),
    [
        ("%START_TIME(%Y/%m/%dT%H:%M:%S.%3f%z)%", "2026/11/05T21:47:06.123+0000", 123 * MS),
        ("%START_TIME(%s.%9f)%", "1793915226.123456789", 123_456_789),
        ("%START_TIME(%d %b %T %Y)%", "05 Nov 21:47:06 2026", 0),
    ],
)
def test_envoys_dates(written: str, line: str, fraction: int) -> None:
    found = call(f"{written} %RESPONSE_CODE% %DURATION%", f"{line} 0 -")
    assert found is not None
    assert (found["time"], found["duration"], found["status"]) == (SECOND + fraction, -1, 0)


@pytest.mark.parametrize(
    ("template", "line"),
    [
        (
            "%ci:%cp [%tr] %ft %b/%s %TR/%Tw/%Tc/%Tr/%Ta %ST %B %tsc %ac/%fc %hr %{+Q}r",
            'x haproxy[9]: 10.0.0.1:401 [05/Nov/2026:21:47:06.881] web~ app/b 0/0/0/5/5 200 12 --NI 6/6 {a} "GET /x?y=9 HTTP/1.1"',
        ),
        (
            r"%{+Q}o\ %t\ %b\ %s\ %r\ %ST\ %Tt\ %ts",
            '05/Nov/2026:21:47:06.881 "app" "b" "GET /x?y=9 HTTP/1.1" 200 5 --',
        ),
        ("%Ts.%ms %HM %HU %b %s %ST %Ta %tsc", "1793915226.881 GET /x?y=9 app b 200 5 --NI"),
    ],
)
def test_haproxy_formats(template: str, line: str) -> None:
    found = call(template, line)
    assert found is not None
    assert (found["time"], found["duration"], found["status"]) == (SECOND + 881 * MS, 5 * MS, 200)
    assert (found["method"], found["path"]) == ("GET", "/x?y=9")
    assert (found["upstream"], found["instance"]) == ("app", "b")


def test_haproxys_states_tell_who_gave_up() -> None:
    template = "[%tr] %b/%s %Tt %ST %ts"
    gone = call(template, "[05/Nov/2026:21:47:06.881] a/b -1 -1 CD")
    late = call(template, "[05/Nov/2026:21:47:06.881] a/b 9 504 sH")
    assert gone is not None
    assert late is not None
    assert (gone["status"], gone["duration"], late["error"]) == (499, -1, 1)


@pytest.mark.parametrize(
    ("template", "behind", "took"),
    [
        ('%h %t "%r" %>s %b "%{Referer}i" %I %O %D', '101 "-" 300 400 871', 871_000),
        ('%h %t "%r" %>s %b %j %k %S %X %{tid}P %D', "101 - 2 700 + 99 871", 871_000),
        ('%h %t "%r" %>s %b %I%O %D', "101 300400 871", 871_000),
        ('%h %t "%r" %>s %b **%T/%D**', "101 **0/871**", 871_000),
    ],
)
def test_apaches_directives_that_mean_nothing_here_are_passed_over(
    template: str, behind: str, took: int
) -> None:
    found = call(template, f'10.0.0.1 [24/Nov/2026:10:00:00 +0000] "GET /a HTTP/1.1" 503 {behind}')
    assert found is not None
    assert (found["status"], found["duration"], found["path"]) == (503, took, "/a")
    assert format_named(template).notes == ()


def test_a_directive_that_nobody_knows_is_named() -> None:
    template = '%h %W %t "%r" %>s %{x}Y %D'
    found = call(template, '10.0.0.1 w [24/Nov/2026:10:00:00 +0000] "GET /a HTTP/1.1" 503 y z 871')
    assert found is not None
    assert found["duration"] == 871_000
    (note,) = format_named(template).notes
    assert note.startswith("%W, %{x}Y: no directive that is known")


@pytest.mark.parametrize(
    "template", ['%t "%r" %>s %I%D', '%t "%r" %W%>s', "$msec $status $bytes_sent$request_time"]
)
def test_a_number_directly_behind_another_field_is_ambiguous(template: str) -> None:
    with pytest.raises(ConfigurationError, match="ambiguous: nothing tells where the field ends"):
        format_named(template)


@pytest.mark.parametrize(
    "written",
    [
        'LogFormat "%h %l %u %t \\"%m %U%q %H\\" %>s %b %D" mine',
        "log_format main escape=json '$remote_addr - - [$time_local] \"$request\" '\n  '$status 101 ${request_time}';",
    ],
)
def test_what_stands_around_a_format_in_a_configuration_is_left_out(written: str) -> None:
    took = "871" if "%D" in written else "0.000871"
    found = call(written, f'10.0.0.1 - - [24/Nov/2026:10:00:00 +0000] "GET /a?b HTTP/1.1" 503 101 {took}')
    assert found is not None
    assert (found["status"], found["duration"], found["path"]) == (503, 871_000, "/a?b")


@pytest.mark.parametrize(
    ("times", "took"),
    [("0.001, 0.002 : 0.003 0.010", 10), ("- 0.010", 10), ("0.001, 0.002 : 0.003 -", 6), ("- -", None)],
)
def test_an_upstreams_time_stands_in_for_a_requests(times: str, took: int | None) -> None:
    template = '[$time_local] "$request" $status $upstream_response_time $request_time'
    found = call(template, f'[24/Nov/2026:10:00:00 +0000] "GET /a HTTP/1.1" 200 {times}')
    assert found is not None
    assert found["duration"] == (-1 if took is None else took * MS)
