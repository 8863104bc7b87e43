"""Refusing requests by what they are."""

from __future__ import annotations

import pytest

from cbtool.breaker.refusal import Guard, Refusal, RefusalRule, Request
from cbtool.errors import InvalidSettingError

GUARD = Guard(
    rules=(
        RefusalRule("no-drops", "data would be lost; ask an administrator", methods=("DELETE",)),
        RefusalRule("unfinished", "the series name ends with a dot", path="/series/*."),
        RefusalRule("negative-group", "group by needs a positive time", query=r"group_by=-"),
        RefusalRule("too-many-points", "ask for at most 9000 points", methods=("GET",), most=9000),
    ),
    allowed=("/series/annotations/*",),
)


@pytest.mark.parametrize(
    ("method", "target", "cost", "rule"),
    [
        pytest.param("GET", "/series/cpu", 9000, None, id="at the cost limit"),
        pytest.param("GET", "/series/cpu", 9001, "too-many-points", id="above it"),
        pytest.param("POST", "/series/cpu", 9001, None, id="every condition must fit"),
        pytest.param("GET", "/series/cpu", None, None, id="an unknown cost passes"),
        pytest.param("delete", "/series/cpu", 1, "no-drops", id="methods in any case"),
        pytest.param("DELETE", "/series/cpu.", 1, "no-drops", id="the first rule that fits"),
        pytest.param("GET", "/series/a/b.", 1, "unfinished", id="a star crosses slashes"),
        pytest.param("GET", "/series/cpu?name=x.", 1, None, id="the path ends before the query"),
        pytest.param("GET", "/series/cpu?group_by=-5s", 1, "negative-group", id="in the query"),
        pytest.param("GET", "/group_by=-5s", 1, None, id="not in the path"),
        pytest.param("DELETE", "/series/annotations/a.", 1, None, id="what is allowed is never refused"),
    ],
)
def test_the_first_rule_that_fits_refuses(
    method: str, target: str, cost: float | None, rule: str | None
) -> None:
    refusal = GUARD.refusal(Request(method, target, cost))
    assert (refusal.rule if refusal else None) == rule


def test_the_caller_is_told_which_rule_and_why() -> None:
    refusal = GUARD.refusal(Request("DELETE", "/series/cpu"))
    assert refusal == Refusal("no-drops", "data would be lost; ask an administrator")


def test_an_unknown_cost_can_be_refused() -> None:
    rule = RefusalRule("cost", "state a limit", most=10, refuse_unknown_cost=True)
    assert Guard((rule,)).refusal(Request("GET", "/")) is not None


def test_names_are_unique() -> None:
    rule = RefusalRule("a", "x", methods=("GET",))
    with pytest.raises(InvalidSettingError, match="one rule of each name"):
        Guard((rule, rule))
