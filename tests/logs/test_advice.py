"""What is said of files that no format fits, and formats in nginx' notation that are made to fit a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cbtool.errors import WrongFormatError
from cbtool.logs import read_calls
from cbtool.traffic.formats import fitted_format

if TYPE_CHECKING:
    from pathlib import Path

# ruff: noqa: E501  # a log line is as long as it is
AT = "24/Nov/2026:10:00:00 +0000"
CSV = "10.0.0.{at},-,bob,{AT},GET,/a,HTTP/1.1,50{at},{at},8f6b-{at}"
XML = (
    '<request id="8f6b-{at}"> <ip>10.0.0.1</ip> <user>-</user> <requestTime>{AT}</requestTime> <httpMethod>GET</httpMethod>'
    " <resourcePath>/a</resourcePath> <status>50{at}</status> <responseLength>{at}12</responseLength> </request>"
)


@pytest.mark.parametrize("line", [CSV, XML], ids=["Amazon's API gateway as CSV", "and as XML"])
def test_a_format_is_made_to_fit_the_lines(line: str, tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_text("".join(line.format(at=at, AT=AT) + "\n" for at in range(5)))
    found = read_calls([str(path)])
    assert (found.format, found.rejected) == ("guessed", 0)
    assert found.calls.epoch == pytest.approx(1_795_514_400)
    assert found.calls.status.tolist() == [500, 501, 502, 503, 504]
    assert found.calls.path is not None
    assert set(found.calls.path) == {"/a"}
    (note,) = (each for each in found.calls.notes if "--log-format" in each)
    # What the note says does the same.
    template = note.partition("'")[2].partition("'")[0]
    assert read_calls([str(path)], log_format=template).calls.status.tolist() == found.calls.status.tolist()


def test_a_quoted_request_may_be_none(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    asked = ["GET /a HTTP/1.1", "GET /b", "\\x16\\x03", "hello world", "-"]
    path.write_text(
        "".join(f'1795514400.25{at} x "{line}" 50{at} 0.00{at}\n' for at, line in enumerate(asked))
    )
    found = read_calls([str(path)])
    assert (found.rejected, len(found.calls)) == (0, 5)
    assert sorted(found.calls.status.tolist()) == [500, 501, 502, 503, 504]
    assert found.calls.path is not None
    assert set(found.calls.path) == {"/a", "/b", None}


@pytest.mark.parametrize("line", [f"{AT}404GET /a", f"{AT}x GET /a c503", f"{AT} GET /a\u00e4503"])
def test_what_cannot_be_parted_is_refused_in_words(line: str, tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_text(f"{line}\n" * 3)
    with pytest.raises(WrongFormatError, match="no known log format"):
        read_calls([str(path)])


@pytest.mark.parametrize(
    "line", ["hello", f"{AT} GET /a", "GET /a 200", f"{AT} GET /a - 200 404", f"{AT} 200", "", "x" * 70_000]
)
def test_what_is_not_certain_is_not_read(line: str) -> None:
    assert fitted_format([line] * 3) is None


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (
            '{"when":"2026-11-24T10:00:00Z","answer":"ok"}',
            "JSON with when, answer (none looks like a status): say what is what with --map timestamp=when,status=COLUMN",
        ),
        (
            '{"then":{"at":1795514400.5},"went":{"how":503}}',
            "JSON with then.at, went.how: say what is what with --map timestamp=then.at,status=went.how",
        ),
        (
            "when,went\n1795514400,200",
            "rows with when, went: say what is what with --map timestamp=when,status=went and",
        ),
        (
            "path=/a status=200",
            "pairs of path, status (none looks like a time): say what is what with --map timestamp=COLUMN,status=status",
        ),
        ("10:00:00 | 200 | 12ms | GET | /a", "its lines have a status, but no time"),
        (
            f"{AT} went to /a in time",
            "have a time, but no status: a log needs both; where they have it, say so with --log-format, such as '$time_local $a $request_uri $b' with $status in it",
        ),
        (
            f"{AT} went to /a with 200 or 404",
            "its lines have a time and a status: say what else they have with --log-format, such as '$time_local $a $request_uri $b $status $c'",
        ),
        ("hello", "a log's lines have a time and a status of HTTP: say what these have with --log-format"),
        ("Aug 16 00:10:45 air syslogd[314]: sent", "a log's lines have a time and a status of HTTP"),
        (
            "time,open\n1795514400,101\n1795514460,102\n1795514520,103",
            "rows with time, open (none looks like a status): say what is what with --map timestamp=time",
        ),
        ('{"accountId":1795514400,"bytes":503,"ok":true}', "(none looks like a time or a status): say"),
    ],
)
def test_what_was_seen_and_what_to_do(line: str, told: str, tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_text(f"{line}\n" * (1 if "\n" in line else 3))
    with pytest.raises(WrongFormatError) as caught:
        read_calls([str(path)])
    problem, _, advice = str(caught.value).partition("\n")
    assert problem.startswith(f"{path}:1: no known log format: '")
    assert told in advice
    assert "\n" not in advice


def test_lines_that_others_write_a_little_differently(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_text(
        "Info: 1737539565.563 481 10.0.0.1 TCP_MISS/503 69 GET http://shop.example/a - DIRECT/10.0.0.9 - X\n"
        * 3
    )
    found = read_calls([str(path)])
    assert (found.format, found.calls.status.tolist()) == ("squid", [503] * 3)
    assert found.calls.duration_ns.tolist() == [481_000_000] * 3
    path.write_text(
        "RUN\tReplay\t\tgatling-1\t1549361913283\t \t3.5.1\n"
        "REQUEST\t\t\t1549361915041\t1549361915050\tKO\tstatus.find.is(200), but actually found 400\n"
    )
    found = read_calls([str(path)])  # requests without names
    assert (found.format, found.calls.status.tolist()) == ("gatling", [400])
    assert found.calls.duration_ns.tolist() == [9_000_000]
