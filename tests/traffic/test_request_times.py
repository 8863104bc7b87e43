"""nginx' times at a line's end: which of several is the request's, lists of retries, and dashes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cbtool.logs import read_calls

if TYPE_CHECKING:
    from pathlib import Path

HEAD = '10.0.0.1 - - [24/Nov/2026:10:00:00 +0000] "GET /a HTTP/1.1" 200 101 "-" "curl/8"'
MS = 1_000_000


@pytest.mark.parametrize(
    ("times", "name", "durations"),
    [
        (['"0.011" "0.012"', '"-" "0.003"', '"1.000, 0.020" "1.025"'], "nginx-last", [12, 3, 1025]),
        (["0.011 0.012", "- 0.003", "1.000, 0.020 : 0.003 1.025"], "nginx-last", [12, 3, 1025]),
        (["0.012 0.011", "0.003 -", "1.025 1.000, 0.020 : 0.003"], "nginx", [12, 3, 1025]),
        (["0.012 0.012", "0.003 0.003", "1.025 1.025"], "nginx", [12, 3, 1025]),
        (["0.001 0.002 0.009 0.012", "- - - 0.003", "0.1 0.2 1.0 1.025"], "nginx-last", [12, 3, 1025]),
        (["0.012 0.001 0.002 0.009", "0.003 - - -", "1.025 0.1 0.2 1.0"], "nginx", [12, 3, 1025]),
        (['"10.0.0.9:80" "200" "0.007" "0.012"', '"-" "-" "-" "0.003"'], "nginx-last", [12, 3]),
        (["0.012 0.013", "0.003 0.003", "1.025 -"], "nginx", [12, 3, 1025]),  # as its clock has it
        (['"-" 0.012', '"-" -', '"-" - 0.003'], "nginx", [12, None, 3]),
        (["0.001, 0.002 : 0.003 .", "-, 0.004 p", "0.005 ."], "nginx", [6, 4, 5]),
    ],
)
def test_the_requests_time_is_told_by_what_is_in_the_lines(
    times: list[str], name: str, durations: list[int | None], tmp_path: Path
) -> None:
    path = tmp_path / "a.log"
    path.write_text("".join(f"{HEAD} {each}\n" for each in times))
    read = read_calls([str(path)])
    assert (read.format, read.rejected) == (name, 0)
    expected = [-1 if each is None else each * MS for each in durations]
    assert sorted(read.calls.duration_ns.tolist()) == sorted(expected)
    assert any("the last was taken" in note for note in read.calls.notes) == (name == "nginx-last")


@pytest.mark.parametrize(
    "line", ['"-" 400 0 "-" "-"', '"GET / HTTP/1.1" 200 5 "-" "-" "-"', '"-" 400 226 "-" "-" "-"']
)
def test_dashes_alone_are_no_times(line: str, tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_text(f"10.0.0.1 - - [24/Nov/2026:10:00:00 +0000] {line}\n" * 3)
    read = read_calls([str(path)])
    assert (read.format, read.rejected, read.calls.knows_durations) == ("combined", 0, False)
