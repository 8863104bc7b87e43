"""`compare --dialects`: libraries by their own defaults, each trip held against the incidents."""

import json

import pytest

from cbtool.breaker.dialects import NAMES
from cbtool.cli.run import run_command as run


def compared(capsys: pytest.CaptureFixture[str], *words: str) -> list[dict[str, object]]:
    assert run(["compare", "--scenario", "hard-outage", "--json", *words]) == 0
    cells: list[dict[str, object]] = json.loads(capsys.readouterr().out)["comparison"]
    return cells


def test_every_dialect_takes_part(capsys: pytest.CaptureFixture[str]) -> None:
    cells = compared(capsys, "--dialects", "all", "--load", "1")
    assert [cell["profile"] for cell in cells] == list(NAMES)
    assert {cell["incidents"] for cell in cells} == {1}
    caught = {cell["profile"] for cell in cells if cell["caught"]}
    assert {"default", "resilience4j", "polly", "gobreaker", "hystrix", "pybreaker"} <= caught


def test_a_load_too_low_for_a_minimum_catches_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    cells = compared(capsys, "--dialects", "resilience4j,gobreaker", "--load", "0.01")
    assert [(cell["profile"], cell["caught"]) for cell in cells] == [("resilience4j", 0), ("gobreaker", 1)]
    assert cells[1]["detection_delay"] is not None


def test_who_trips_falsely_and_who_catches_nothing_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    four = "resilience4j,gobreaker,failsafe,sre-throttling"
    assert run(["compare", "--scenario", "brown-out", "--load", "0.01", "--dialects", four]) == 0
    told = capsys.readouterr().out.split("\n\n")[1]
    assert told == (
        "no trips, but a share of the calls refused: sre-throttling.\n"
        "load 0.01: trips while nothing is wrong: failsafe.\n"
        "load 0.01: catches no incident: resilience4j, gobreaker."
    )


def test_the_compiled_machine_gives_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    words = ("--dialects", "polly,opossum,sentinel,hystrix", "--load", "1")
    assert compared(capsys, *words, "--engine", "kernel") == compared(capsys, *words, "--engine", "machine")


def test_an_unknown_dialect_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["compare", "--scenario", "hard-outage", "--dialects", "poly"]) == 2
    error = " ".join(capsys.readouterr().err.split())
    assert "'poly' is no dialect that cbtool knows; did you mean 'polly'" in error
