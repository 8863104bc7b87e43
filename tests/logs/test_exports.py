"""Lines within what other programs exported, labelled values, and Rails' requests of several lines."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING

import pytest

from cbtool.errors import WrongFormatError
from cbtool.logs import read_calls

if TYPE_CHECKING:
    from pathlib import Path

    from cbtool.logs import LogRead

# ruff: noqa: E501  # a log line is as long as it is
MS = 1_000_000
AT = 1_795_514_400  # 2026-11-24T10:00:00Z
LINES = [
    f'10.0.0.1 - - [24/Nov/2026:10:00:0{at} +0000] "GET /a?b={at} HTTP/1.1" 50{at} 12 "-" "x, {at}" 0.25{at}'
    for at in range(4)
]


def read(tmp_path: Path, text: str) -> LogRead:
    path = tmp_path / "a.log"
    path.write_text(text)
    return read_calls([str(path)])


def rows(header: list[str], at: int) -> str:
    """CSV of which one column is the line."""
    made = io.StringIO()
    write = csv.writer(made)
    write.writerow(header)
    for line in LINES:
        write.writerow([line if place == at else f"x{place}" for place in range(len(header))])
    return made.getvalue()


EXPORTS = {
    "CloudWatch's Insights": rows(["@timestamp", "@message"], 1),
    "Datadog": rows(["Date", "Host", "Service", "Content"], 3),
    "Grafana": rows(["Time", "Line", "tsNs"], 1),
    "a single column": rows(["message"], 0),
    "Loki's API": json.dumps(
        {
            "status": "success",
            "data": {
                "resultType": "streams",
                "result": [
                    {
                        "stream": {"app": "a"},
                        "values": [[str(at), line] for at, line in enumerate(LINES[:2])],
                    },
                    {
                        "stream": {"app": "b"},
                        "values": [[str(at), line, {}] for at, line in enumerate(LINES[2:])],
                    },
                ],
                "stats": {},
            },
        }
    ),
    "journald with bytes": "".join(json.dumps({"MESSAGE": list(line.encode())}) + "\n" for line in LINES),
}


@pytest.mark.parametrize("who", EXPORTS)
def test_lines_within_an_export(who: str, tmp_path: Path) -> None:
    found = read(tmp_path, EXPORTS[who])
    calls = found.calls
    assert (found.format, found.lines, found.rejected) == ("nginx", 4, 0)
    assert calls.status.tolist() == [500, 501, 502, 503]
    assert calls.duration_ns.tolist() == [(250 + at) * MS for at in range(4)]
    assert calls.path is not None
    assert calls.path.to_list() == [f"/a?b={at}" for at in range(4)]


def test_a_value_without_an_end_is_one_mistake(tmp_path: Path) -> None:
    text = EXPORTS["CloudWatch's Insights"] + 'x,"' + "y" * 200_000
    found = read(tmp_path, text)
    assert (len(found.calls), found.rejected <= 1) == (4, True)


@pytest.mark.parametrize(
    "damage", [lambda text: text[:-40], lambda text: text.replace('"values"', '"values": 1, "x"')]
)
def test_a_damaged_answer_of_lokis(damage: object, tmp_path: Path) -> None:
    with pytest.raises(WrongFormatError, match=r"a\.log: damaged: "):
        read(tmp_path, damage(EXPORTS["Loki's API"]))  # type: ignore[operator]


def test_labelled_values(tmp_path: Path) -> None:
    lines = [
        f"time:[24/Nov/2026:10:00:00 +0000]\thost:10.0.0.1\treq:GET /a HTTP/1.1\tstatus:50{at}\tapptime:0.25{at}\tvhost:shop\n"
        for at in range(4)
    ]
    found = read(tmp_path, "".join([*lines, "oops\n"]))
    calls = found.calls
    assert (found.lines, found.rejected) == (5, 0)  # a line without a status is no call
    assert sorted(calls.duration_ns.tolist()) == [(250 + at) * MS for at in range(4)]
    assert calls.host is not None
    assert calls.host.to_list() == ["shop"] * 4
    assert calls.path is not None
    assert calls.path.to_list() == ["/a"] * 4


RAILS = """\
Started GET "/users/1?a=b" for 10.0.0.1 at 2026-11-24 11:00:00 +0100
Processing by UsersController#show as HTML
  Parameters: {"id"=>"1"}
Completed 200 OK in 12ms (Views: 8.0ms | ActiveRecord: 1.0ms)

Started POST "/users" for 10.0.0.1 at 2026-11-24 11:00:05 +0100
Completed 500 Internal Server Error in 1503ms (ActiveRecord: 0.0ms)

RuntimeError (no):
Started GET "/none" for 10.0.0.1 at 2026-11-24 11:00:07 +0100

ActionController::RoutingError (No route matches [GET] "/none"):
Started GET "/lost" for 10.0.0.1 at 2026-11-24 11:00:08 +0100
Started GET "/last" for 10.0.0.1 at 2026-11-24 11:00:09 +0100
Completed 304 Not Modified in 2.5ms (Views: 8.0ms)
"""


def test_rails_requests(tmp_path: Path) -> None:
    found = read(tmp_path, RAILS)
    calls = found.calls
    assert (found.format, found.rejected) == ("rails", 1)
    assert [(each.line, each.text[:14]) for each in found.samples] == [(15, '{"timestamp":"')]
    assert calls.epoch == AT
    assert calls.start_ns.tolist() == [0, 5000 * MS, 7000 * MS, 9000 * MS]
    assert calls.status.tolist() == [200, 500, 404, 304]
    assert calls.duration_ns.tolist() == [12 * MS, 1503 * MS, -1, 2_500_000]
    assert calls.path is not None
    assert calls.path.to_list() == ["/users/1?a=b", "/users", "/none", "/last"]
    assert calls.method is not None
    assert calls.method.to_list() == ["GET", "POST", "GET", "GET"]


@pytest.mark.parametrize("kubernetes", [False, True])
def test_rails_requests_at_the_same_time_are_told_apart_by_their_tags(
    kubernetes: bool, tmp_path: Path
) -> None:
    def line(fraction: str, tag: str, words: str) -> str:
        own = f"I, [2026-11-24T10:00:00.{fraction} #7]  INFO -- : {tag}{words}"
        return f"2026-11-24T10:00:01.5Z stdout F {own}\n" if kubernetes else f"{own}\n"

    started = 'Started GET "/{}" for 10.0.0.1 at 2026-11-24 10:00:00 +0000'
    text = (
        line("100000", "[a-1] ", started.format("a"))
        + line("200000", "[b-2] ", started.format("b"))
        + line("300000", "[a-1] ", "Processing by X#y as HTML")
        + line("400000", "[b-2] ", "Completed 503 Service Unavailable in 200ms (x)")
        + line("500000", "[a-1] ", "Completed 200 OK in 400ms (x)")
    )
    calls = read(tmp_path, text).calls
    assert calls.epoch == pytest.approx(AT + 0.1)
    assert calls.start_ns.tolist() == [0, 100 * MS]
    assert calls.status.tolist() == [200, 503]
    assert calls.duration_ns.tolist() == [400 * MS, 200 * MS]
