"""`cbtool report`, from the command line."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from cbtool.__main__ import run


@pytest.fixture(autouse=True)
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten calls a second for four minutes, of which the third fails two calls of three."""
    rows = ["timestamp,duration_ms,status"]
    for n in range(2400):
        failing = n % 3 > 0 if 1200 <= n < 1800 else n % 97 == 0
        rows.append(f"{1_795_514_400 + n / 10:.1f},{20 + n % 7},{500 if failing else 200}")
    (tmp_path / "calls.csv").write_text("\n".join(rows) + "\n")
    (tmp_path / "few.csv").write_text("\n".join(rows[:50]) + "\n")
    monkeypatch.chdir(tmp_path)


def test_the_page_holds_what_recommend_and_simulate_print(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["report", "calls.csv", "--current", "starting-point", "-o", "page.html"]) == 0
    assert "page written to page.html" in capsys.readouterr().err
    assert run(["report", "calls.csv", "--current", "starting-point", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    page = Path("page.html").read_text()
    embedded = page.partition('id="data">')[2].partition("</script>")[0]
    assert json.loads(embedded) == document
    current = ["--current", "starting-point"]
    assert run(["recommend", "calls.csv", *current, "--json", "-o", "recommended.toml"]) == 0
    assert document["recommendation"] == json.loads(capsys.readouterr().out)
    assert document["recommendation"]["current"]["log"]["caught"] == 1
    for role, profile in (("before", "starting-point"), ("after", "recommended.toml")):
        assert run(["simulate", "calls.csv", "--profile", profile, "--json"]) == 0
        assert document[role]["simulation"] == json.loads(capsys.readouterr().out)
    assert document["profile"] == Path("recommended.toml").read_text()


def test_a_refusal_writes_the_page_and_exits_with_3(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["report", "few.csv", "-o", "page.html"]) == 3
    told = capsys.readouterr().err
    assert run(["recommend", "few.csv", "--json"]) == 3
    needs = json.loads(capsys.readouterr().out)["needs"]
    assert needs
    for need in needs:
        assert f"needs: {need}" in told
        assert f"<li>{need}</li>" in Path("page.html").read_text()


def test_standard_output_gets_the_page_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["report", "few.csv", "-o", "-"]) == 3
    out = capsys.readouterr().out
    assert out.startswith("<!DOCTYPE html>")
    assert out.endswith("</html>\n")


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["calls.csv", "--current", "nobody", "-o", "p.html"], 2, "nobody"),
        (["calls.csv", "--to", "resilience5j", "-o", "p.html"], 2, "resilience5j"),
        (["calls.csv", "-o", "missing/p.html"], 4, "missing/p.html: cannot be written"),
        (["calls.csv", "-o", "."], 4, ".: is a folder"),
        (["missing.log", "-o", "p.html"], 4, "missing.log"),
        (["-o", "p.html"], 2, "name a log"),
    ],
)
def test_mistakes_are_told(
    arguments: list[str], status: int, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["report", *arguments]) == status
    err = capsys.readouterr().err
    assert words in err
    assert "Traceback" not in err
    assert not Path("p.html").exists()


def test_a_sweeps_file_becomes_a_page_of_its_front(capsys: pytest.CaptureFixture[str]) -> None:
    vary = ["--vary", "failure_rate_threshold=20,50,80", "--vary", "sliding_window_type=time"]
    assert run(["sweep", "calls.csv", *vary, "-o", "all.parquet", "--json"]) == 0
    swept = json.loads(capsys.readouterr().out)
    assert run(["report", "all.parquet", "-o", "page.html", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["about"], document["points"]) == ("sweep", 3)
    assert all(row in swept["rows"] for row in document["rows"])
    assert document["failing"] == swept["failing"]
    assert "Circuit breaker sweep" in Path("page.html").read_text()


def test_json_and_the_page_cannot_both_have_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["report", "calls.csv", "--json", "-o", "-"]) == 2
    assert "name a file" in capsys.readouterr().err


def test_named_instances_labels_and_validation_reach_the_page(capsys: pytest.CaptureFixture[str]) -> None:
    rows = Path("calls.csv").read_text().splitlines()
    named = [f"{rows[0]},instance", *(f"{row},host-{n % 2}" for n, row in enumerate(rows[1:]))]
    Path("named.csv").write_text("\n".join(named) + "\n")
    asked = ["--instances", "auto", "--incident", "+2m/+3m", "--validate"]
    assert run(["report", "named.csv", *asked, "-o", "page.html", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["recommendation"]["instances"] == 2
    assert document["before"]["simulation"]["instances"] == 2
    assert [each["start"] for each in document["recommendation"]["incidents"]] == [120.0]
    assert document["recommendation"]["validation"]["held_out"]["name"] == "first 70 %"
    assert "Held against what it did not see" in Path("page.html").read_text()


def test_standard_input_is_read(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(Path("few.csv").read_bytes())))
    assert run(["report", "-", "-o", "-"]) == 3
    assert capsys.readouterr().out.startswith("<!DOCTYPE html>")
