from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cbtool.breaker.outcome import Verdict
from cbtool.errors import ConfigurationError, InvalidSettingError
from cbtool.traffic.calls import Calls, ErrorKind
from cbtool.traffic.outcomes import DEFAULT_RULES, OutcomeRules, parse_slow

GOOD, BAD, UNCOUNTED = Verdict.SUCCESS, Verdict.FAILURE, Verdict.IGNORED
NONE, TIMEOUT, BROKEN = ErrorKind.NONE, ErrorKind.TIMEOUT, ErrorKind.CONNECTION_ERROR


@pytest.mark.parametrize(
    ("what", "status", "error", "verdict"),
    [
        ("an answer", 200, NONE, GOOD),
        ("a redirect", 302, NONE, GOOD),
        ("the client's mistake", 404, NONE, UNCOUNTED),
        ("a client that gave up", 499, NONE, UNCOUNTED),
        ("the server's mistake", 500, NONE, BAD),
        ("the last server error", 599, NONE, BAD),
        ("a status of nobody", 999, NONE, GOOD),
        ("a timeout", 0, TIMEOUT, BAD),
        ("a timeout after headers that said 200", 200, TIMEOUT, BAD),
        ("a broken connection", 0, BROKEN, BAD),
        ("no answer and no reason", 0, NONE, BAD),
    ],
)
def test_default_rules(what: str, status: int, error: ErrorKind, verdict: Verdict) -> None:
    assert DEFAULT_RULES.verdict(status, error) is verdict, what


@pytest.mark.parametrize(
    ("what", "rules", "status", "error", "verdict"),
    [
        ("a single code", OutcomeRules(("503",), ()), 503, NONE, BAD),
        ("its neighbour", OutcomeRules(("503",), ()), 502, NONE, GOOD),
        ("a range's first", OutcomeRules(("500-504",), ()), 500, NONE, BAD),
        ("a range's last", OutcomeRules(("500-504",), ()), 504, NONE, BAD),
        ("beyond a range", OutcomeRules(("500-504",), ()), 505, NONE, GOOD),
        ("failure before ignored", OutcomeRules(("429",), ("4xx",)), 429, NONE, BAD),
        ("the rest stays ignored", OutcomeRules(("429",), ("4xx",)), 404, NONE, UNCOUNTED),
        ("timeouts not listed", OutcomeRules(("5xx",), ()), 0, TIMEOUT, GOOD),
        ("timeouts ignored", OutcomeRules(("5xx",), ("timeout",)), 0, TIMEOUT, UNCOUNTED),
        ("no answer follows connection errors", OutcomeRules((), ("connection_error",)), 0, NONE, UNCOUNTED),
        ("a family in capitals", OutcomeRules(("5XX",), ()), 500, NONE, BAD),
        ("no rule at all", OutcomeRules((), ()), 500, NONE, GOOD),
    ],
)
def test_rules_make_a_verdict_of_a_status_or_an_error(
    what: str, rules: OutcomeRules, status: int, error: ErrorKind, verdict: Verdict
) -> None:
    assert rules.verdict(status, error) is verdict, what


@pytest.mark.parametrize(
    "rule",
    [
        "",
        "6xx",
        "0xx",
        "5x",
        "99",
        "600",
        "504-500",
        "500-",
        "timeouts",
        "-1",
        "5xx ",
        "\u0665xx",
        "\u0665\u0660\u0660",
    ],
)
@pytest.mark.parametrize("field", ["failure", "ignored"])
def test_a_wrong_rule_names_its_field(field: str, rule: str) -> None:
    with pytest.raises(InvalidSettingError) as caught:
        OutcomeRules(**{field: (rule,)})
    assert caught.value.field == field
    assert repr(rule) in str(caught.value)


def test_slow_must_be_longer_than_nothing() -> None:
    with pytest.raises(InvalidSettingError, match="slow must be longer than 0"):
        OutcomeRules(slow=0.0)


@pytest.mark.parametrize(
    ("text", "seconds"), [("> 2s", 2.0), (">250ms", 0.25), ("1m30s", 90.0), (" > 0.5 ", 0.5)]
)
def test_slow_as_profiles_write_it(text: str, seconds: float) -> None:
    assert parse_slow(text) == seconds


@pytest.mark.parametrize("text", ["", ">", "< 2s", "fast", "> 0s", ">> 2s"])
def test_slow_that_says_nothing(text: str) -> None:
    with pytest.raises(ConfigurationError, match="slow must be"):
        parse_slow(text)


def test_equal_rules_are_equal() -> None:
    assert OutcomeRules() == DEFAULT_RULES
    assert hash(OutcomeRules()) == hash(DEFAULT_RULES)
    assert OutcomeRules(("500",)) != DEFAULT_RULES


@given(st.lists(st.tuples(st.integers(0, 999), st.sampled_from(ErrorKind))))
def test_many_calls_get_the_verdicts_that_each_gets_alone(answers: list[tuple[int, ErrorKind]]) -> None:
    n = len(answers)
    calls = Calls(
        start_ns=np.zeros(n, np.int64),
        duration_ns=np.zeros(n, np.int64),
        status=np.array([status for status, _ in answers], np.int16),
        error=np.array([error for _, error in answers], np.uint8),
    )
    verdicts = DEFAULT_RULES.verdicts(calls)
    assert verdicts.dtype == np.uint8
    assert verdicts.tolist() == [DEFAULT_RULES.verdict(status, error) for status, error in answers]
