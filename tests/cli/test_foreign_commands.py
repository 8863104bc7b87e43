"""`profiles import`, `profiles export` and `recommend --to`, from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cbtool.__main__ import run

SPRING = """\
resilience4j:
  circuitbreaker:
    instances:
      payments:
        slidingWindowType: TIME_BASED
        slidingWindowSize: 30
        failureRateThreshold: RATE
      search:
        failureRateThreshold: 60
"""


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("application.yml").write_text(SPRING.replace("RATE", "40"))


def test_every_breaker_of_a_file_becomes_a_profile(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["profiles", "import", "application.yml", "-o", "mine"]) == 0
    assert sorted(path.name for path in Path("mine").iterdir()) == ["payments.toml", "search.toml"]
    assert run(["profiles", "validate", "mine/payments.toml"]) == 0
    assert "mine/payments.toml: ok (profile)" in capsys.readouterr().out
    assert "failure_rate_threshold = 40" in Path("mine/payments.toml").read_text()
    assert 'sliding_window_size = "30s"' in Path("mine/payments.toml").read_text()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param(
            SPRING.replace("RATE", "120"),
            "application.yml:7: resilience4j payments: failureRateThreshold must be over 0 and at most 100",
            id="what the library rejects, with its rule",
        ),
        pytest.param("a: [\n", "application.yml:2: not valid YAML", id="malformed"),
        pytest.param(
            "server:\n  port: 80\n",
            "application.yml:1: no breaker's settings of any library are in it; supported are resilience4j",
            id="something else",
        ),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_its_line(
    text: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("application.yml").write_text(text)
    assert run(["profiles", "import", "application.yml"]) == 2
    assert message in capsys.readouterr().err


def test_export_prints_the_snippet_and_tells_the_losses(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["profiles", "export", "balanced", "--to", "mercari"]) == 0
    printed = capsys.readouterr()
    assert "circuitbreaker.WithTripFunc(circuitbreaker.NewTripFuncFailureRate(25, 0.2))," in printed.out
    assert "lost: minimum_number_of_errors = 5: mercari has no minimum of errors. 25 calls" in printed.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--to", "gobraker"], "gobraker is no library that cbtool knows"),
        (["--to", "gobreaker", "--format", "yaml"], "gobreaker is written as code, json, toml, not as yaml"),
    ],
)
def test_what_cannot_be_exported_is_said(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["profiles", "export", "balanced", *arguments]) == 2
    assert message in capsys.readouterr().err


def test_a_recommendation_is_printed_as_the_library_s_users_write_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["recommend", "--scenario", "hard-outage", "--to", "opossum", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    settings, snippet = told["breaker"], told["snippet"]
    assert "new CircuitBreaker(call, {" in snippet
    assert f"errorThresholdPercentage: {settings['failure_rate_threshold']:g}," in snippet
    assert any("opossum has no minimum of errors" in sentence for sentence in told["lost"])


def test_the_reasons_of_a_snippet_without_comments_go_to_standard_error(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["profiles", "export", "balanced", "--to", "sentinel"]) == 0
    told = capsys.readouterr().err.splitlines()
    assert "cbtool: minRequestAmount: no rate is judged over fewer calls" in told
    assert "cbtool: timeWindow: how long open lasts before trials" in told
