"""`cbtool capacity`, from the command line."""

from __future__ import annotations

import json

import pytest

from cbtool.__main__ import run

SHOPIFY = ["--breakers", "42", "--threads", "2", "--timeout", "250ms"]


def test_the_published_examples(capsys: pytest.CaptureFixture[str]) -> None:
    # 263 % before and 4 % after: Damian Polan, "Your circuit breaker is misconfigured", 2020.
    assert run(["capacity", "shopify-initial", "shopify-tuned", *SHOPIFY, "--json"]) == 0
    before, after = json.loads(capsys.readouterr().out)["profiles"]
    assert before["extra_utilisation"] == pytest.approx(262.5)
    assert after["extra_utilisation"] == pytest.approx(3.5)
    assert [before["opening_cost"], after["opening_cost"]] == pytest.approx([15.75, 15.75])


def test_the_wait_and_the_timeout_that_keep_a_share(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["capacity", "shopify-initial", *SHOPIFY, "--waste", "10%", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["waste"] == 10
    [cost] = document["profiles"]
    per_second = cost["breakers"] * cost["trials"] / cost["threads"]
    assert per_second * cost["trial"] / cost["wait_for_waste"] == pytest.approx(0.10)
    assert per_second * cost["trial_for_waste"] / cost["wait"] == pytest.approx(0.10)


def test_it_says_so_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["capacity", "shopify-initial", *SHOPIFY, "--waste", "10"]) == 0
    text = capsys.readouterr().out
    assert text.startswith("shopify-initial\n  42 breakers open, 2 threads: trials take 263 % of the time")
    assert text.count("52.5s") == 1
    assert "brings that to" not in text
    assert "trials take 10 % with waits of 52.5s, or with trials of 9.52ms" in " ".join(text.split())


def test_a_load_says_what_a_time_window_holds(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["capacity", "hystrix", "--json"]) == 0
    assert run(["capacity", "hystrix", "--load", "50/s", "--json"]) == 0
    unknown, known = (
        json.loads(each) for each in capsys.readouterr().out.replace("}\n{", "}\0{").split("\0")
    )
    # Half of the 500 calls in 10 s; without a load, half of 20 or more, of which the first 20 fail.
    assert [
        (each["profiles"][0]["errors"], each["profiles"][0]["at_least"]) for each in (unknown, known)
    ] == [
        (20, True),
        (250, False),
    ]


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["balanced", "--waste", "0"], "a share of the time is over 0 %"),
        (["balanced", "--waste", "x"], "not a percentage"),
        (["balanced", "--load", "0"], "a load is more than none"),
        (["sre-throttling"], "it never opens"),
        (["no-such-profile"], "no-such-profile"),
    ],
)
def test_what_cannot_be_answered(
    arguments: list[str], problem: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["capacity", *arguments]) == 2
    assert problem in capsys.readouterr().err
