"""`cbtool recommend` from end to end: streams, files, exit status."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cbtool.__main__ import run
from cbtool.profiles import load_profile

SHORT = """
name = "short"
description = "Half a minute with an outage."
seed = 1
[[phase]]
name = "before"
duration = "20s"
rate = "60/s"
failure_rate = 1
[[phase]]
name = "outage"
duration = "6s"
rate = "60/s"
failure_rate = 100
[[phase]]
name = "after"
duration = "20s"
rate = "60/s"
failure_rate = 1
"""
CONTRACT = {"verdict", "breaker", "reasons", "regimes", "incidents", "expected", "needs", "seed", "notes"}


@pytest.fixture
def scenario(tmp_path: Path) -> str:
    path = tmp_path / "short.toml"
    path.write_text(SHORT)
    return str(path)


def csv_log(path: Path, calls: int, status: int = 200) -> str:
    rows = [f"{1_700_000_000 + i * 0.1:.1f},20,{status}" for i in range(calls)]
    path.write_text("\n".join(["timestamp,duration_ms,status", *rows]) + "\n")
    return str(path)


def test_json_is_one_document_with_the_contract_s_keys(
    scenario: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["recommend", "--scenario", scenario, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document.keys() >= CONTRACT
    assert document["verdict"] == "recommended"
    settings = {reason["setting"] for reason in document["reasons"]}
    assert settings == document["breaker"].keys() - {"sliding_window_type"}
    for reason in document["reasons"]:
        assert reason.keys() == {"setting", "value", "why", "data", "formula"}
        assert reason["value"] == document["breaker"][reason["setting"]]
    for estimate in ("false_trips_per_day", "detection_delay_s", "bad_calls_shed_percent"):
        low, value, high = (document["expected"][estimate][key] for key in ("low", "value", "high"))
        assert low <= value <= high
    (incident,) = document["incidents"]
    assert incident["kind"] == "outage"
    assert incident["start"] == pytest.approx(20, abs=1)


def test_the_saved_profile_is_the_printed_one(
    scenario: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    saved = tmp_path / "mine.toml"
    assert run(["recommend", "-s", scenario, "-o", str(saved)]) == 0
    printed = capsys.readouterr()
    config = load_profile(str(saved)).config
    assert f"minimum_number_of_errors                      {config.minimum_number_of_errors}" in printed.out
    assert f"--profile {saved}" in printed.out
    assert str(saved) in printed.err
    assert run(["simulate", "-s", scenario, "-p", str(saved), "--threshold", "trips==1"]) == 0


def test_too_little_data_is_refused_after_the_document(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    saved = tmp_path / "mine.toml"
    assert run(["recommend", csv_log(tmp_path / "few.csv", 50), "--json", "-o", str(saved)]) == 3
    printed = capsys.readouterr()
    document = json.loads(printed.out)
    assert document["verdict"] == "refused"
    assert document["breaker"] is None
    few, short = document["needs"]
    assert few == "450 more calls, about 45s at this load; there are 50"
    assert short.startswith("9m55s more in all, unless an incident is in it")
    assert "cannot carry a recommendation" in printed.err
    assert not saved.exists()


@pytest.mark.parametrize("chosen", [[], ["--since", "+20d"]])
def test_no_call_at_all_is_a_refusal_with_its_document_too(
    chosen: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "calls.csv"
    log.write_text("timestamp,duration_ms,status\n" + "1764000000,5,200\n" * (3 if chosen else 0))
    assert run(["recommend", str(log), "--json", *chosen]) == 3
    captured = capsys.readouterr()
    document = json.loads(captured.out)
    assert document.keys() >= CONTRACT
    assert document["verdict"] == "refused"
    assert document["needs"] == ["a call that fits" if chosen else "at least one answered call"]
    assert "needs: " in captured.err


def test_nothing_but_failures_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["recommend", csv_log(tmp_path / "bad.csv", 500, status=503)]) == 3
    assert "nothing says what healthy is" in " ".join(capsys.readouterr().out.split())


def test_a_log_without_trouble_gets_an_answer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["recommend", csv_log(tmp_path / "good.csv", 7000)]) == 0
    assert "No incident was seen" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        ([], 2),
        (["--scenario", "no-such-scenario"], 2),
        (["missing.log"], 4),
        (["--scenario", "{scenario}", "--false-trips-per-day", "0"], 2),
        (["--scenario", "{scenario}", "--reject-cost", "-1"], 2),
        (["--scenario", "{scenario}", "--shortest-incident", "soon"], 2),
        (["missing.log", "--timeout", "1s"], 4),
        (["--scenario", "{scenario}", "-o", "/no/such/folder/mine.toml"], 4),
    ],
)
def test_bad_input_is_one_or_two_lines_and_its_status(
    arguments: list[str], status: int, scenario: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["recommend", *(a.format(scenario=scenario) for a in arguments)]) == status
    error = "\n".join(line for line in capsys.readouterr().err.splitlines() if not line.endswith("…"))
    assert error.startswith("cbtool: ")
    assert len(error.strip().splitlines()) <= 3


def test_a_shorter_timeout_makes_a_scenario_s_calls_fail_sooner(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "hanging.toml"
    path.write_text(SHORT.replace("failure_rate = 100", "timeouts = 80"))
    for timeout in ("3s", "500ms"):
        assert run(["recommend", "-s", str(path), "--timeout", timeout, "--json"]) == 0
    documents = capsys.readouterr().out.split("\n}\n")
    slow, quick = (json.loads(text + "\n}") for text in documents[:2])
    delay = "detection_delay_s"
    assert quick["expected"][delay]["value"] < slow["expected"][delay]["value"]
    assert slow["incidents"][0]["kind"] == "timeouts"


def test_today_s_settings_are_shown_beside_the_new_ones(
    scenario: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["recommend", "-s", scenario, "--current", "balanced"]) == 0
    assert "\ntoday  " in capsys.readouterr().out
    assert run(["recommend", "-s", scenario, "--current", "balanced", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["current"]["name"] == "balanced"
    assert document["current"]["log"]["incidents"] == 1
    names = [each["name"] for each in document["alternatives"]]
    assert "recommended" in names
    (chosen,) = [each for each in document["alternatives"] if each["name"] == "recommended"]
    assert chosen["breaker"] == document["breaker"]


def test_every_number_is_explained(scenario: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["recommend", "-s", scenario, "--explain"]) == 0
    text = capsys.readouterr().out
    assert "How each number was come by" in text
    assert "r/(1+r) = 0.25/1.25 = 20 %" in " ".join(text.split())
    assert run(["recommend", "-s", scenario, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    for reason in document["reasons"]:
        assert f"{reason['setting']} = " in text
    assert all(len(line) <= 80 for line in text.splitlines() if scenario not in line)


def test_named_incidents_come_from_the_command_and_from_files(
    scenario: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    listed = tmp_path / "incidents.csv"
    listed.write_text("start,end,kind\n+20s,+26s,outage\n")
    starts = []
    for given in (["--incident", "+20s/+26s:outage"], ["--incidents", str(listed)]):
        assert run(["recommend", "-s", scenario, "--json", *given]) == 0
        (incident,) = json.loads(capsys.readouterr().out)["incidents"]
        starts.append((incident["start"], incident["end"], incident["kind"]))
    assert starts[0] == starts[1]
    assert starts[0][0] == pytest.approx(20, abs=0.1)


def test_a_log_s_own_instances_share_its_calls(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "named.csv"
    rows = [
        f"{1_700_000_000 + i * 0.1:.1f},20,{503 if i % 97 == 0 else 200},web-{i % 3}" for i in range(9000)
    ]
    path.write_text("\n".join(["timestamp,duration_ms,status,instance", *rows]) + "\n")
    assert run(["recommend", str(path), "--instances", "auto", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["instances"] == 3
    assert document["regimes"][0]["rate"] == pytest.approx(10 / 3, rel=0.01)
    assert run(["recommend", str(path)]) == 0
    assert "The log names 3 instances" in capsys.readouterr().out


def test_the_saved_profile_says_what_it_was_read_from(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    saved = tmp_path / "mine.toml"
    assert run(["recommend", csv_log(tmp_path / "good.csv", 7000), "-o", str(saved), "--json"]) == 0
    evidence = load_profile(str(saved)).evidence
    assert evidence is not None
    assert (evidence.log_format, evidence.calls) == ("csv", 7000)
    assert (evidence.since, evidence.until) == ("2023-11-14T22:13:20Z", "2023-11-14T22:24:59Z")
    assert json.loads(capsys.readouterr().out)["evidence"]["load_usual"] == pytest.approx(10, rel=0.01)


def test_a_validation_holds_promises_against_what_happened(
    scenario: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["recommend", "-s", scenario, "--validate"]) == 0
    text = capsys.readouterr().out
    assert "Held out: fitted on the first 70 % of the time, judged on the rest" in text
    assert "Settings from parts of the log" in text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--incident", "noon"], "--incident: 'noon' is no incident; write START/END"),
        (["--incident", "+9h/+10h"], "--incident: the incident lies outside the calls"),
        (["--incident", "+20s/+26s:flood"], "'flood' is no kind of incident"),
        (["--incidents", "no/such.csv"], "no/such.csv: cannot be read"),
        (["--current", "no-such"], "no-such"),
        (["--instances", "some"], "--instances must be from 1 to 1,000, or auto (got some)"),
        (["--instances", "auto"], "--instances auto: the log does not name instances"),
        (["--detection-delay", "0"], "--detection-delay must be above 0"),
        (["--false-trip-cost", "-1"], "--false-trip-cost must be above 0"),
    ],
)
def test_what_cannot_be_asked_is_said(
    arguments: list[str], message: str, scenario: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["recommend", "-s", scenario, *arguments]) in {2, 4}
    error = capsys.readouterr().err
    assert message in error
    assert len(error.strip().splitlines()) <= 3


def test_rows_may_come_in_any_order(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [f"{1_700_000_000 + i * 0.1:.1f},{20 + i % 7},{503 if i % 131 == 0 else 200}" for i in range(7000)]
    rows += rows[::5]  # calls of one instant, too
    documents = []
    for name, order in (("a.csv", rows), ("b.csv", rows[::-1])):
        (tmp_path / name).write_text("\n".join(["timestamp,duration_ms,status", *order]) + "\n")
        assert run(["recommend", str(tmp_path / name), "--json"]) == 0
        documents.append(json.loads(capsys.readouterr().out) | {"source": ""})
    assert documents[0] == documents[1]
