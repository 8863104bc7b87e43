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
        f"{HEAD} {ASKED} {AGENT} **0/123456**",
        '10.0.0.1 - - [24/Nov/2026:10:00:00.000 +0000] "GET /a?b HTTP/1.1" 503 12 ',
        '[24/Nov/2026 10:00:00] "GET /a?b HTTP/1.1" 503 1234',
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


@pytest.mark.parametrize("lines", [[], ["x"], [f"{HEAD} GET / 200"], [ASKED], [f"{HEAD}"] * 3, ['"' * 4000]])
def test_other_lines_are_not_guessed(lines: list[str]) -> None:
    assert guessed_lines(lines, timed=False) is None
