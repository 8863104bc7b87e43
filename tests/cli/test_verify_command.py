"""`cbtool verify`: what it prints, writes and ends with."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from cbtool.__main__ import run
from cbtool.report.junit import Case, junit_xml
from cbtool.report.markdown import checks_markdown
from cbtool.scenarios import load_scenario
from cbtool.simulation.generate import calls_of

AT = ["--load", "1/s..15/s"]
NAIVE = """\
[breaker]
sliding_window_type = "time"
sliding_window_size = "10s"
failure_rate_threshold = 10
minimum_number_of_calls = 1
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "naive.toml").write_text(NAIVE)
    return tmp_path


def parsed(text: str) -> ET.Element:
    return ET.fromstring(text)  # noqa: S314  # our own


def write_log(path: Path, *, keep: int = 100_000) -> None:
    calls = calls_of(load_scenario("low-load-night"))
    lines = [
        f"{1_764_000_000 + start / 1e9:.3f},{duration / 1e6:.1f},{status}"
        for start, duration, status in zip(calls.start_ns, calls.duration_ns, calls.status, strict=True)
    ]
    path.write_text("\n".join(["timestamp,duration_ms,status", *lines[:keep]]) + "\n")


def test_what_was_recommended_from_a_log_passes_on_it(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_log(folder / "night.csv")
    assert run(["recommend", "night.csv", "-o", "night.toml"]) == 0
    capsys.readouterr()
    assert run(["verify", "night.csv", "-p", "night.toml"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("Passed: night holds in all")
    for heading in ("Recent traffic", "Scenarios", "Drift", "Reachability"):
        assert f"\n{heading}\n" in out
    assert " ✓  healthy failure rate" in out
    assert "✗" not in out


def test_the_traffic_is_shared_as_it_was_when_recommended(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_log(folder / "night.csv")
    assert run(["recommend", "night.csv", "-o", "night.toml", "--instances", "2"]) == 0
    capsys.readouterr()
    assert run(["verify", "night.csv", "-p", "night.toml", "--json"]) == 0
    halved = json.loads(capsys.readouterr().out)["loads"]
    assert run(["verify", "night.csv", "-p", "night.toml", "--json", "--instances", "1"]) in {0, 1}
    assert json.loads(capsys.readouterr().out)["loads"] == pytest.approx([2 * load for load in halved])


def test_a_gate_that_fails_ends_with_1_and_says_which(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["verify", "-p", "naive.toml", *AT]) == 1
    out = capsys.readouterr().out
    assert out.startswith("Failed: naive does not hold in ")
    assert " ✗  low load (1/s): trips on a blip" in out
    assert max(map(len, out.splitlines())) <= 100


def test_json_is_one_document(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["verify", "-p", "naive.toml", *AT, "--json"]) == 1
    document = json.loads(capsys.readouterr().out)
    assert document["passed"] is False
    assert {"name", "passed", "value", "limit"} <= document["checks"][0].keys()
    assert document["loads"] == [1.0, 15.0]


def test_a_scenario_alone_and_its_assertions(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["verify", "-p", "balanced", "-s", "hard-outage"]
    assert run([*arguments, "--threshold", "trips==1", "--threshold", "time_to_open<5s"]) == 0
    out = capsys.readouterr().out
    assert " ✓  hard-outage: time_to_open<5s  3.4s" in out
    assert run([*arguments, "--threshold", "flaps>0"]) == 1


def test_junit_has_a_case_a_check(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["verify", "-p", "naive.toml", *AT, "--json", "--junit", "cb.xml"]) == 1
    document = json.loads(capsys.readouterr().out)
    suite = parsed((folder / "cb.xml").read_text()).find("testsuite")
    assert suite is not None
    cases = {case.get("name"): case for case in suite.iter("testcase")}
    assert list(cases) == [check["name"] for check in document["checks"]]
    for check in document["checks"]:
        failure = cases[check["name"]].find("failure")
        assert (failure is None) == check["passed"]
        if failure is not None:
            assert failure.get("message") == f"{check['shown']}, wanted {check['wanted']}"
    assert suite.get("failures") == str(sum(not check["passed"] for check in document["checks"]))
    assert suite.get("tests") == str(len(cases))


def test_junit_and_markdown_hold_whatever_a_name_is_made_of() -> None:
    nasty = '<a href="x">&\x1b[31m ]]> | **b** \ud800'
    case = Case("scenarios", nasty, passed=False, value="1\n2", limit="<3", why="because|of `it`")
    suite = parsed(junit_xml(nasty, [case]))
    read = suite.find("testsuite/testcase")
    assert read is not None
    assert read.get("name") == nasty.replace("\x1b", "�").replace("\ud800", "�")
    table = checks_markdown(nasty, "v", [case]).splitlines()
    row = next(line for line in table if line.startswith("| ❌"))
    assert row.count(" | ") == 4  # five cells, whatever is in them
    assert "\\<a href" in row
    assert "\x1b" not in row


def test_markdown_to_standard_output_is_all_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["verify", "-p", "balanced", *AT, "--markdown", "-"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("### cbtool verify balanced\n\nPassed: balanced holds in all ")
    assert "| ✅ | low load (1/s): trips on a blip | 0 | 0 |" in out


def test_github_gets_a_summary_and_annotations(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    summary = folder / "summary.md"
    summary.write_text("before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    assert run(["verify", "-p", "naive.toml", *AT]) == 1
    out, err = capsys.readouterr()
    assert summary.read_text().startswith("before\n### cbtool verify naive\n")
    annotations = [line for line in err.splitlines() if line.startswith("::error ")]
    assert len(annotations) == out.count(" ✗ ")
    assert annotations[0].startswith("::error title=cbtool verify naive::low load (1/s): ")


def test_simulate_writes_its_thresholds_as_junit(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    arguments = ["simulate", "-s", "hard-outage", "-p", "balanced", "--threshold", "trips==0"]
    assert run([*arguments, "--junit", "sim.xml"]) == 1
    failure = parsed((folder / "sim.xml").read_text()).find("testsuite/testcase/failure")
    assert failure is not None
    assert failure.get("message") == "1, wanted trips==0"
    assert "::error title=cbtool simulate balanced::trips==0: 1, wanted trips==0" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["-p", "balanced"], 2, "name a log"),
        (AT, 2, "name the profile"),
        (["-p", "balanced", "nowhere.log"], 4, "nowhere.log: cannot be read"),
        (["-p", "nowhere.toml", *AT], 4, "nowhere.toml"),
        (["-p", "balanced", *AT, "--junit", "no/where.xml"], 4, "cannot be written"),
        (["-p", "balanced", "--load", "9/s..1/s"], 2, "--load"),
        (["-p", "balanced", *AT, "--threshold", "opens=1"], 2, "not a threshold"),
        (["-p", "balanced", *AT, "--detection-delay", "soon"], 2, "--detection-delay"),
        (["-p", "balanced", *AT, "--path", "/api"], 2, "there is no log"),
        (["-p", "balanced", *AT, "--incident", "+1m/+2m"], 2, "there is no log"),
        (["-p", "balanced", *AT, "--json", "--markdown", "-"], 2, "both want standard output"),
    ],
)
def test_what_cannot_be_done_is_said(
    arguments: list[str], status: int, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["verify", *arguments]) == status
    assert message in capsys.readouterr().err


def test_too_little_traffic_is_refused_with_what_is_missing(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_log(folder / "short.csv", keep=60)
    assert run(["verify", "short.csv", "-p", "balanced"]) == 3
    assert "more calls" in capsys.readouterr().err


def test_what_the_profile_s_refusal_rules_turn_away_never_arrives(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    exports = "[refusal.exports]\nreason = 'by night'\npath = '/export/*'\n"
    (folder / "guarded.toml").write_text(f"{NAIVE}\n{exports}")
    rows = (  # every tenth call fails, and is an export
        f"{second},10,500,GET,/export/a" if second % 10 == 0 else f"{second},10,200,GET,/u"
        for second in range(1200)
    )
    lines = ["timestamp,duration_ms,status,method,path", *rows]
    (folder / "mixed.csv").write_text("\n".join(lines) + "\n")
    arguments = ["verify", "mixed.csv", "--threshold", "failure_rate<1%", "--threshold", "trips==0", "--json"]
    for profile, holds in (("guarded.toml", True), ("naive.toml", False)):
        run([*arguments, "-p", profile])
        checks = {each["name"]: each for each in json.loads(capsys.readouterr().out)["checks"]}
        assert checks["failure_rate<1%"]["passed"] is holds
        assert checks["trips==0"]["passed"] is holds


def test_each_group_is_checked_by_itself(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    calls = calls_of(load_scenario("brown-out"), seed=3)
    rows = [
        {
            "timestamp": start / 1e9,
            "duration_ms": duration / 1e6,
            "status": int(status),
            "path": "/rare" if number % 1000 == 0 else f"/users/{number}" if number % 2 else "/health",
        }
        for number, (start, duration, status) in enumerate(
            zip(calls.start_ns.tolist(), calls.duration_ns.tolist(), calls.status.tolist(), strict=True)
        )
    ]
    (folder / "log.ndjson").write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert run(["verify", "log.ndjson", "-p", "naive.toml", "--by", "path", "--junit", "out.xml"]) == 1
    text = capsys.readouterr().out
    assert "/users/:id" in text
    assert "/users/:id: ✗ " in text
    assert "/rare: too little data; needs " in text
    names = {case.get("classname") for case in parsed((folder / "out.xml").read_text()).iter("testcase")}
    assert "cbtool./health: recent traffic" in names
    assert run(["verify", "log.ndjson", "-p", "naive.toml", "--by", "path", "--json"]) == 1
    groups = {group["group"]: group for group in json.loads(capsys.readouterr().out)["groups"]}
    assert groups["/users/:id"]["passed"] is False
    assert groups["/rare"]["passed"] is None
    assert groups["/rare"]["needs"]
