"""Access lines in an order of somebody's own, as servers' documentation and their users have them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cbtool.logs import read_calls
from cbtool.traffic.formats import guessed_lines

if TYPE_CHECKING:
    from pathlib import Path

    from cbtool.logs import LogRead

# ruff: noqa: E501  # a log line is as long as it is
HEAD = "10.0.0.1 - bob [24/Nov/2026:10:00:00 +0000]"
ASKED = '"GET /a?b HTTP/1.1" 503 101'
AGENT = '"https://x/" "curl/8 (x; 1.5 y)"'
AT = 1_795_514_400


def read(tmp_path: Path, line: str) -> LogRead:
    path = tmp_path / "a.log"
    path.write_text(f"{line}\n" * 4)
    return read_calls([str(path)])


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (f"{HEAD} {ASKED} 0.250 {AGENT}", "value 3 from the end"),
        (f"{HEAD} {ASKED} {AGENT} [10.0.0.9:80] [0.120] 0.250", "the last value"),
        (f"{HEAD} {ASKED} {AGENT} 0.250 [0.120] HIT", "value 3 from the end"),
        (f'{HEAD} {ASKED} {AGENT} HIT [0.250] "a b" x', "value 3 from the end"),
        (f"{HEAD} {ASKED} {AGENT} HIT 0.250", "the last value"),
        (
            f"{HEAD} {ASKED} {AGENT} TLSv1.3 upstream_response_time 0.120 msec 1795514400.123 request_time 0.250",
            "what is called request_time",
        ),
        (
            f'{HEAD} {ASKED} {AGENT} "-" request_time: 0.250 upstream: 10.0.0.9:80',
            "what is called request_time",
        ),
        (f"[2026-11-24T11:00:00+01:00] 10.0.0.1 {ASKED} 0.250", "the last value"),
        ("2026/11/24 10:00:00 | 503 |   250ms | 10.0.0.1 | GET    | /a?b | -", "the value behind the status"),
        (
            "2026-11-24 10:00:00.000 +00:00 [INF] HTTP GET /a?b responded 503 in 250.0000 ms",
            "the value before ms",
        ),
        (f'2026-11-24 10:00:00 10.0.0.1 "1.2.3.4, 5.6.7.8" {ASKED} {AGENT} 0.250', "the last value"),
    ],
)
def test_durations_are_found(line: str, told: str, tmp_path: Path) -> None:
    found = read(tmp_path, line)
    calls = found.calls
    assert (found.format, found.rejected, len(calls)) == ("guessed", 0, 4)
    assert calls.duration_ns.tolist() == [250_000_000] * 4
    assert calls.epoch == pytest.approx(AT - 0.25)
    assert (calls.status[0], calls.path[0] if calls.path is not None else None) == (503, "/a?b")
    assert any(f"durations from {told}; --log-format" in note for note in calls.notes)


@pytest.mark.parametrize(
    "line",
    [
        f"{HEAD} {ASKED} {AGENT} 123456 miss",
        '10.0.0.1 - - [24/Nov/2026:10:00:00.000 +0000] "GET /a?b HTTP/1.1" 503 12 ',
        '[24/Nov/2026 10:00:00] "GET /a?b HTTP/1.1" 503 1234',
        "[Tue Nov 24 10:00:00 2026] 10.0.0.1:52340 [503]: GET /a?b",
        '10.0.0.1 - - [24/Nov/2026 10:00:00] "GET /a?b HTTP/1.1" 503 -',
        '"10.0.0.1 - - [24/Nov/2026:10:00:00 +0000] "GET /a?b HTTP/1.1" 503 12"',
        f'<134>2026-11-24T10:00:00Z cache-1 logs[1]: 10.0.0.1 "-" "-" [24/Nov/2026:10:00:00 +0000] {ASKED}',
    ],
)
def test_without_a_duration_there_is_still_a_call(line: str, tmp_path: Path) -> None:
    found = read(tmp_path, line)
    assert (found.format, found.rejected, len(found.calls)) == ("guessed", 0, 4)
    assert found.calls.epoch == pytest.approx(AT)
    assert found.calls.status.tolist() == [503] * 4
    assert not found.calls.knows_durations
    assert any("and no duration; --log-format" in note for note in found.calls.notes)


def test_what_a_client_writes_is_no_duration(tmp_path: Path) -> None:
    found = read(tmp_path, f'{HEAD} {ASKED} "https://x/" "Wget 1.21"')
    assert (found.format, found.calls.knows_durations) == ("combined", False)
    found = read(tmp_path, f'{HEAD} {ASKED} "-" "x took=9.5 9.5 y" HIT 0.250')
    assert found.calls.duration_ns.tolist() == [250_000_000] * 4


def test_requests_that_were_none_are_calls_and_other_lines_are_not(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    lines = [f"{HEAD} {ASKED} {AGENT} HIT 0.250", f'{HEAD} "\\x16\\x03" 400 0 "-" "-" - 0.001', "restarted"]
    path.write_text("\n".join([lines[0]] * 8 + lines[1:]) + "\n")
    found = read_calls([str(path)])
    assert (len(found.calls), found.rejected) == (9, 1)
    assert found.calls.method is not None
    assert found.calls.method.to_list().count("GET") == 8


@pytest.mark.parametrize("lines", [[], ["x"], [f"{HEAD} GET 200"], [ASKED], [f"{HEAD}"] * 3, ['"' * 4000]])
def test_other_lines_are_not_guessed(lines: list[str]) -> None:
    assert guessed_lines(lines, timed=False) is None


AGAIN = "GET /a?b HTTP/1.1"


@pytest.mark.parametrize(
    ("line", "told", "starts"),
    [
        (f"{HEAD} {ASKED} {AGENT} **0/250000**", "the microseconds behind the seconds", 0),
        (f"{HEAD} {ASKED} {AGENT} 0 250000", "the microseconds behind the seconds", 0),
        (f"{HEAD} {ASKED} {AGENT} D=250000", "D=, in microseconds", 0),
        (f"{HEAD} {ASKED} {AGENT} 250ms", "the value with a unit", -0.25),
        (f"{HEAD} {ASKED} 250 249", "Tomcat's %D and %F", -0.25),
        (
            f"[24/Nov/2026:10:00:00 +0000] bob exec-6 10.0.0.1 {AGAIN} 503 250ms 7 http://x/ curl",
            "the value with",
            -0.25,
        ),
        (
            f'a.log 2026-11-24 10:00:00 7 INFO wsgi [r -] 10.0.0.1 "{AGAIN}" status: 503 len: 9 time: 0.25',
            "called time",
            -0.25,
        ),
        (f'2026/11/24 10:00:00 "{AGAIN}" from 10.0.0.1:5 - 503 12B in 250ms', "the value with a unit", -0.25),
        ("2026-11-24T10:00:00.000Z GET /a?b 503 250.000 ms - 12", "the value before ms", -0.25),
        ("[E 261124 10:00:00 web:2271] 503 GET /a?b (10.0.0.1) 250.00ms", "the value with a unit", -0.25),
        (
            "[pid: 1|app: 0|req: 1/1] 10.0.0.1 () {4 vars in 6 bytes} [Tue Nov 24 10:00:00 2026] GET /a?b => generated 12 bytes in 250 msecs (HTTP/1.1 503) 2 headers in 79 bytes",
            "the value before msecs",
            0,
        ),
        (
            f'10.0.0.1 | https | o@1x2 | bob | 2026-11-24 10:00:00,000 | "{AGAIN}" | "" "git/2" | 503 | 1 | 2 | - | 250 | x |',
            "Bitbucket's response time",
            -0.25,
        ),
    ],
)
def test_durations_in_other_orders_and_units(line: str, told: str, starts: float, tmp_path: Path) -> None:
    found = read(tmp_path, line)
    calls = found.calls
    assert (found.format, found.rejected, len(calls)) == ("guessed", 0, 4)
    assert calls.duration_ns.tolist() == [250_000_000] * 4
    assert calls.epoch == pytest.approx(AT + starts)
    assert calls.path is not None
    assert calls.method is not None
    assert (calls.status[0], calls.path[0], calls.method[0]) == (503, "/a?b", "GET")
    assert any(told in note for note in calls.notes)


@pytest.mark.parametrize("behind", ["{}", "{} shop.example - -"])
def test_whole_numbers_that_can_only_be_milliseconds(behind: str, tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_text("".join(f"{HEAD} {ASKED} {AGENT} {behind.format(took)}\n" for took in (9, 30, 1250, 7)))
    calls = read_calls([str(path)]).calls
    assert sorted(calls.duration_ns.tolist()) == [7_000_000, 9_000_000, 30_000_000, 1_250_000_000]
    assert any("as milliseconds" in note for note in calls.notes)


def test_access_lines_among_others(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    asked = [f"2026-11-24 10:00:0{at} INFO {AGAIN} {500 + at} 250ms" for at in range(4)]
    others = ["2026-11-24 10:00:00 INFO started", "  at x.y(Z.java:1)", "connect 200 1ms", "", "GET /a"] * 3
    path.write_text("\n".join([*others, *asked, *others]) + "\n")
    found = read_calls([str(path)])
    assert (found.calls.status.tolist(), found.rejected) == ([500, 501, 502, 503], 0)
    assert any("most lines are of other kinds" in note for note in found.calls.notes)


@pytest.mark.parametrize("behind", ["", f" {AGENT}"])
@pytest.mark.parametrize(
    ("values", "taken_for", "unit"),
    [
        ([7, 12, 30, 55, 9, 14, 22, 41], "guessed", 10**6),
        ([0, 0, 1, 0, 2, 0, 1, 3], "apache-s", 10**9),
        ([7, 12, 30], "apache-s", 10**9),
    ],
)
def test_small_whole_numbers_are_seconds_only_where_most_are_none(
    values: list[int], taken_for: str, unit: int, behind: str, tmp_path: Path
) -> None:
    path = tmp_path / "a.log"
    path.write_text("".join(f"{HEAD} {ASKED}{behind} {value}\n" for value in values))
    found = read_calls([str(path)])
    assert (found.format, len(found.calls)) == (taken_for, len(values))
    assert sorted(found.calls.duration_ns.tolist()) == [value * unit for value in sorted(values)]


def test_uwsgis_lines_have_one_of_two_units(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    line = "[pid: 8|app: 0|req: 1/1] 10.0.0.1 () {{3 vars in 6 bytes}} [Tue Nov 24 10:00:00 2026] GET /a => generated 9 bytes in {} (HTTP/1.1 200) 2 headers\n"
    path.write_text(line.format("68 micros") + line.format("3 msecs") * 3)
    found = read_calls([str(path)])
    assert (found.format, found.rejected) == ("guessed", 0)
    assert sorted(found.calls.duration_ns.tolist()) == [68_000, *[3_000_000] * 3]
