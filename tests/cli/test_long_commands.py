"""Commands on logs that do not fit in memory print what they print of others."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cbtool.__main__ import run
from cbtool.logs import intake, stored_groups, text_codes
from cbtool.recommend.incidents import excerpt, segments
from cbtool.recommend.reading import columns
from cbtool.scratch import sorting
from cbtool.simulation import long
from cbtool.simulation.hosts import summary
from cbtool.sweeping import long as long_sweep

if TYPE_CHECKING:
    from cbtool.simulation.long import Heard

CALLS = 6000


@pytest.fixture(autouse=True)
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twenty calls a second, a tenth of them late in the file, with two bad stretches, one slow."""
    draw = random.Random(1)
    rows = []
    for n in range(CALLS):
        bad, slow = 2000 <= n < 2600, 4000 <= n < 4500
        status = draw.choice((500, 200)) if bad else draw.choice((200,) * 60 + (503, 404))
        took = draw.choice((2500, 3000)) if slow else draw.choice((20, 30, 90))
        rows.append((n - 300 * (draw.random() < 0.1), f"{1_795_514_400 + n / 20:.2f},{took},{status}"))
    text = "\n".join(row for _, row in sorted(rows))
    (tmp_path / "calls.csv").write_text(f"timestamp,duration_ms,status\n{text}\n")
    monkeypatch.chdir(tmp_path)


def as_long(patch: pytest.MonkeyPatch) -> None:
    """From now on memory is small."""
    patch.setattr(intake, "MANY", 500)
    patch.setattr(sorting, "RUN", 700)
    patch.setattr(long, "PART", 901)
    patch.setattr(summary, "PART", 901)
    patch.setattr(columns, "PIECE", 577)
    patch.setattr(segments, "PIECE", 577)
    patch.setattr(long_sweep, "BATCH", 4)


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    status = run([*arguments])
    return status, capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--json"],
        ["--json", "--instances", "3", "--seed", "5"],
        ["--json", "--load", "0.4", "--seed", "2"],
        [
            "--json",
            "--threshold",
            "trips==0",
            "--threshold",
            "failure_rate<=30%",
            "--threshold",
            "slow_call_rate<=9%",
        ],
        ["--json", "-p", "hystrix"],
        ["--json", "-p", "polly", "--since", "+20s", "--status", "2xx,5xx"],
        ["--json", "-p", "sre-throttling", "--instances", "2"],
    ],
    ids=" ".join,
)
def test_simulate_says_in_parts_what_it_says_at_once(
    arguments: list[str], little_memory: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    at_once = told(
        capsys, "simulate", "calls.csv", "--engine", "kernel", *arguments, "--calls-out", "whole.csv"
    )
    as_long(little_memory)
    in_parts = told(capsys, "simulate", "calls.csv", *arguments, "--calls-out", "parts.csv")
    assert at_once[0] in {0, 1}
    assert in_parts == at_once
    assert Path("parts.csv").read_text() == Path("whole.csv").read_text()


VARY = ["--vary", "failure_rate_threshold=20,50,80", "--vary", "dialect=default,resilience4j,hystrix,opossum"]
SLOW = ["--vary", "slow_call_duration_threshold=1s,2.7s", "--vary", "slow_call_rate_threshold=20,60"]


@pytest.mark.parametrize("arguments", [VARY, SLOW, [*VARY, "--instances", "3"], [*SLOW, "--load", "0.5"]])
def test_a_sweep_in_parts_gives_the_same_rows(
    arguments: list[str], little_memory: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    at_once = told(capsys, "sweep", "calls.csv", *arguments, "--json")
    as_long(little_memory)
    assert told(capsys, "sweep", "calls.csv", *arguments, "--json") == at_once
    assert '"incidents": 2' in at_once[1]


def test_recommend_says_the_same_of_an_excerpt_that_is_all(
    little_memory: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    status, printed = told(
        capsys, "recommend", "calls.csv", "--json", "--instances", "2", "--to", "resilience4j"
    )
    as_long(little_memory)
    again = told(capsys, "recommend", "calls.csv", "--json", "--instances", "2", "--to", "resilience4j")
    assert status == 0
    assert again == (status, printed)


def test_recommend_from_an_excerpt(
    little_memory: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    known = json.loads(told(capsys, "recommend", "calls.csv", "--json")[1])
    as_long(little_memory)
    little_memory.setattr(excerpt, "MOST", 2500)
    found = json.loads(told(capsys, "recommend", "calls.csv", "--json", "--output", "mine.toml")[1])
    assert found["incidents"] == known["incidents"]
    assert found["calls"] == known["calls"] == CALLS - 93
    assert Path("mine.toml").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ["--dialects", "default,hystrix,gobreaker", "-p", "sre-throttling", "--json"],
        ["--dialects", "polly", "-p", "balanced", "--load", "0.5,0.1", "--instances", "2", "--seed", "3"],
    ],
    ids=" ".join,
)
def test_a_comparison_in_parts_is_the_same(
    arguments: list[str], little_memory: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    at_once = told(capsys, "compare", "calls.csv", *arguments)
    as_long(little_memory)
    assert told(capsys, "compare", "calls.csv", *arguments) == at_once
    assert at_once[0] == 0


@pytest.mark.parametrize(
    "command",
    [
        ["simulate", "--plot"],
        ["simulate", "--plot", "--instances", "3", "-p", "hystrix"],
        ["recommend", "--plot"],
        ["report", "--json", "--instances", "2"],
        ["report", "--json", "--current", "hystrix", "--to", "resilience4j"],
    ],
    ids=" ".join,
)
def test_what_is_drawn_in_parts_is_the_same(
    command: list[str], little_memory: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    at_once = told(capsys, command[0], "calls.csv", *command[1:])
    as_long(little_memory)
    assert told(capsys, command[0], "calls.csv", *command[1:]) == at_once
    assert at_once[0] == 0


NAMED = "timestamp,duration_ms,status,path,host,upstream,instance"
MAPPED = ["--map", ",".join(f"{name}={name}" for name in NAMED.split(","))]


@pytest.fixture
def named() -> None:
    """The same calls, to several things that some do not say; one instance is bad for a while."""
    draw = random.Random(2)
    first, *rows = Path("calls.csv").read_text().splitlines()
    assert first == "timestamp,duration_ms,status"
    lines = []
    for n, row in enumerate(rows):
        path = draw.choice((f"/orders/{n}?q={n}", "/users/1234/photos", "/", "", f"/rare-{n % 40}"))
        host = draw.choice(("Shop.example", "shop.example", "api.example", ""))
        instance = draw.choice(("10.0.0.1", "10.0.0.2", "10.0.0.10", ""))
        bad = 3000 < n < 3500 and instance == "10.0.0.2"
        call = row.rpartition(",")[0] + ",503" if bad else row
        lines.append(f"{call},{path},{host},{draw.choice(('a', 'b'))},{instance}")
    Path("named.csv").write_text("\n".join([NAMED, *lines]) + "\n")


@pytest.mark.parametrize(
    "command",
    [
        ["simulate", "--json"],
        ["simulate", "--instances", "2", "--status", "2xx,5xx"],
        ["simulate", "--load", "0.5"],
        ["sweep", "--json", "--vary", "failure_rate_threshold=20,50", "--vary", "dialect=default,hystrix"],
        ["compare", "-p", "balanced", "-p", "hystrix", "--load", "1,0.3"],
        ["recommend", "--json"],
    ],
    ids=" ".join,
)
@pytest.mark.parametrize("by", ["path", "host", "instance"])
@pytest.mark.usefixtures("named")
def test_groups_in_parts_are_the_same(
    by: str, command: list[str], little_memory: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    if by != "path" and command[0] == "recommend":
        command = ["simulate", "--since", "+20s"]
    arguments = [command[0], "named.csv", *MAPPED, *command[1:], "--by", by]
    status, known = run(arguments), capsys.readouterr()
    as_long(little_memory)
    assert (run(arguments), capsys.readouterr()) == (status, known)
    assert status == 0
    assert known.out.count("10.0.0.") + known.out.count("/orders/:id") + known.out.count("shop.example")


@pytest.mark.parametrize(
    "asked", [[], ["--json", "--hosts", "3", "-p", "istio"], ["--by", "host"]], ids=" ".join
)
@pytest.mark.usefixtures("named")
def test_hosts_watched_in_parts_are_ejected_alike(
    asked: list[str], little_memory: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    at_once = told(capsys, "hosts", "named.csv", *MAPPED, *asked)
    as_long(little_memory)
    assert told(capsys, "hosts", "named.csv", *MAPPED, *asked) == at_once
    assert at_once[0] == 0
    assert run(["hosts", "calls.csv"]) == 2
    assert "the traffic names no hosts" in capsys.readouterr().err


@pytest.mark.usefixtures("named")
def test_groups_of_what_is_not_said_or_of_too_many(
    little_memory: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    as_long(little_memory)
    assert run(["simulate", "calls.csv", "--by", "host"]) == 2
    assert "--by host: the log does not say it" in capsys.readouterr().err
    little_memory.setattr(text_codes, "MOST", 30)
    little_memory.setattr(stored_groups, "MOST", 30)
    assert run(["simulate", "named.csv", "--by", "path"]) == 2
    assert "the log has more than 30 different ones; choose some (--path)" in capsys.readouterr().err
    assert run(["simulate", "named.csv", *MAPPED, "--by", "host"]) == 0


@pytest.mark.usefixtures("named")
def test_recommend_says_of_hosts_and_instances_what_it_says_in_memory(
    little_memory: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    known = json.loads(told(capsys, "recommend", "named.csv", *MAPPED, "--json")[1])
    as_long(little_memory)
    assert json.loads(told(capsys, "recommend", "named.csv", *MAPPED, "--json")[1]) == known
    little_memory.setattr(excerpt, "MOST", 2500)
    found = json.loads(told(capsys, "recommend", "named.csv", *MAPPED, "--json")[1])
    said = [each for each in known["notes"] if "instance" in each or "several" in each]
    assert len(said) == 4
    assert said[1].startswith("One bad instance: 10.0.0.2 failed 91.3 % of its 126 calls")
    assert [each for each in found["notes"] if "instance" in each or "several" in each] == said


KNOWN = ["--incident", "+100s/+130s", "--incident", "+200s/+225s"]


@pytest.mark.parametrize(
    "asked",
    [["--by", "path", "--validate"], ["--validate"], ["--instances", "auto"], KNOWN],
    ids=" ".join,
)
@pytest.mark.usefixtures("named")
def test_what_recommend_may_be_asked_for(
    asked: list[str], little_memory: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    at_once = told(capsys, "recommend", "named.csv", *MAPPED, *asked)
    assert at_once[0] == 0
    as_long(little_memory)
    assert told(capsys, "recommend", "named.csv", *MAPPED, *asked) == at_once


@pytest.mark.parametrize("asked", [["--instances", "auto"], KNOWN], ids=" ".join)
@pytest.mark.usefixtures("named")
def test_what_a_page_may_be_asked_for(
    asked: list[str], little_memory: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    at_once = told(capsys, "report", "named.csv", *MAPPED, *asked, "--json")
    assert at_once[0] == 0
    as_long(little_memory)
    assert told(capsys, "report", "named.csv", *MAPPED, *asked, "--json") == at_once
    little_memory.setattr(excerpt, "MOST", 2500)
    of_an_excerpt = json.loads(told(capsys, "report", "named.csv", *MAPPED, *asked, "--json")[1])
    known = json.loads(at_once[1])["recommendation"]
    assert of_an_excerpt["recommendation"]["incidents"] == known["incidents"]
    assert of_an_excerpt["recommendation"]["instances"] == known["instances"]


@pytest.mark.parametrize(
    "asked",
    [
        ["--instances", "3", "--threshold", "trips==0"],
        ["--instances", "auto"],
        ["--by", "host"],
        KNOWN,
    ],
    ids=" ".join,
)
@pytest.mark.usefixtures("named")
def test_checks_on_parts_are_the_same(
    asked: list[str], little_memory: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["verify", "named.csv", *MAPPED, "-p", "balanced", "--json", *asked]
    at_once = told(capsys, *command)
    assert at_once[0] in {0, 1}
    as_long(little_memory)
    assert told(capsys, *command) == at_once


def test_a_long_sweep_that_was_stopped_goes_on(
    little_memory: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["sweep", "calls.csv", *VARY, "-o", "whole.csv"]) == 0
    as_long(little_memory)
    heard = 0

    def some(watched: object, what: Heard, hear: object = long_sweep._Watched.hear) -> None:
        nonlocal heard
        heard += 1
        if heard > 50:  # in the second batch
            raise KeyboardInterrupt
        hear(watched, what)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(long_sweep._Watched, "hear", some)
        assert run(["sweep", "calls.csv", *VARY, "-o", "all.csv"]) == 130
    capsys.readouterr()
    assert run(["sweep", "calls.csv", *VARY, "-o", "all.csv"]) == 0
    assert "going on from all.csv.part: 4 of 12 settings were tried" in capsys.readouterr().err
    assert Path("all.csv").read_text() == Path("whole.csv").read_text()


def test_the_readable_machine_answers_the_same(
    little_memory: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    machine = ["--engine", "machine", "--instances", "2", "--json"]
    both = ["compare", "calls.csv", "-p", "balanced", "-p", "hystrix", *machine]
    at_once, compared = told(capsys, "simulate", "calls.csv", *machine), told(capsys, *both)
    as_long(little_memory)
    assert told(capsys, "simulate", "calls.csv", *machine) == at_once
    assert told(capsys, "simulate", "calls.csv", "--instances", "2", "--json") == at_once
    assert told(capsys, *both) == compared
