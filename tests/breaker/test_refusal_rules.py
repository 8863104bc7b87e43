"""Refusing requests by what they are."""

from __future__ import annotations

from typing import Any

import pytest

from cbtool.breaker.refusal import Guard, RefusalRule, Request, guard_of
from cbtool.errors import CallNotPermittedError, InvalidSettingError

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
def test_rules(method: str, target: str, cost: float | None, rule: str | None) -> None:
    refusal = GUARD.refusal(Request(method, target, cost))
    assert (refusal.rule if refusal else None) == rule


def test_the_caller_is_told_which_rule_and_why() -> None:
    with pytest.raises(CallNotPermittedError, match="no-drops: data would be lost"):
        GUARD.check(Request("DELETE", "/series/cpu"))


def test_an_unknown_cost_can_be_refused() -> None:
    rule = RefusalRule("cost", "state a limit", most=10, refuse_unknown_cost=True)
    assert Guard((rule,)).refusal(Request("GET", "/")) is not None


def test_what_each_rule_refuses_is_counted() -> None:
    requests = [Request("DELETE", "/a"), Request("DELETE", "/b"), Request("GET", "/series/x.")]
    assert GUARD.refusals(requests) == {
        "no-drops": 2,
        "unfinished": 1,
        "negative-group": 0,
        "too-many-points": 0,
    }


def test_a_profile_s_table() -> None:
    guard = guard_of(
        {
            "allowed": ["/healthz"],
            "exports": {"reason": "exports run at night", "methods": ["GET"], "path": "/export/*"},
        }
    )
    assert guard.refusal(Request("GET", "/export/all")) is not None
    assert guard.refusal(Request("GET", "/healthz")) is None


@pytest.mark.parametrize(
    ("table", "names"),
    [
        pytest.param({"a": {"reason": "x"}}, "refusal.a", id="no condition"),
        pytest.param({"a": {"methods": ["GET"]}}, "refusal.a.reason", id="no reason"),
        pytest.param({"a": {"reason": "x", "most": -1}}, "refusal.a.most", id="a negative cost"),
        pytest.param({"a": {"reason": "x", "query": "("}}, "refusal.a.query", id="no expression"),
        pytest.param({"a": {"reason": "x", "host": "b"}}, "refusal.a.host", id="an unknown key"),
        pytest.param({"a": {"reason": "x", "methods": "GET"}}, "refusal.a.methods", id="not a list"),
        pytest.param({"a": 5}, "refusal.a", id="not a table"),
        pytest.param({"allowed": [5]}, "refusal.allowed", id="not texts"),
    ],
)
def test_what_cannot_be_meant_is_rejected(table: dict[str, Any], names: str) -> None:
    with pytest.raises(InvalidSettingError) as caught:
        guard_of(table)
    assert caught.value.field == names


def test_names_are_unique() -> None:
    rule = RefusalRule("a", "x", methods=("GET",))
    with pytest.raises(InvalidSettingError, match="one rule of each name"):
        Guard((rule, rule))
