from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cbtool.breaker import BreakerConfig, HealthCheck, ResetBy, WhenOpen, WhenOpenAction, WindowType
from cbtool.breaker.dialects import NAMES, dialect_named
from cbtool.errors import CbtoolError, ConfigurationError, InvalidSettingError, UnreachableError
from cbtool.profiles import (
    Profile,
    breaker_table,
    default_profile,
    dump_profile,
    load_profile,
    parse_profile,
)
from cbtool.profiles.evidence import ProfileEvidence
from cbtool.profiles.libraries import library_defaults, library_defaults_text
from cbtool.shipped import ProfileGroup, shipped_group, shipped_profiles, shipped_scenarios
from cbtool.toml.tables import Source
from cbtool.traffic.outcomes import OutcomeRules


def parsed(text: str) -> Profile:
    return parse_profile(Source(text, "p.toml"), "p")


def message_of(text: str) -> str:
    with pytest.raises(ConfigurationError) as caught:
        parsed(text)
    return str(caught.value)


THE_DESIGNS_EXAMPLE = """\
description = "as in the design"
[breaker]
dialect = "default"
failure_rate_threshold = 50
slow_call_rate_threshold = 100
slow_call_duration_threshold = "2s"
sliding_window_type = "time"
sliding_window_size = "10s"
minimum_number_of_calls = 20
minimum_number_of_errors = 10
wait_duration_in_open_state = "30s"
wait_backoff_multiplier = 2
max_wait_duration_in_open_state = "5m"
wait_jitter = 0.1
permitted_number_of_calls_in_half_open_state = 5
[breaker.health_check]
path = "/healthz"
interval = "1s"
healthy_after = 3
[breaker.when_open]
action = "redirect"
target = "http://127.0.0.1:9001"
[outcomes]
failure = ["5xx", "timeout", "connection_error", "429"]
ignored = ["4xx"]
slow = "> 2s"
"""

ITS_CONFIG = BreakerConfig(
    failure_rate_threshold=50,
    slow_call_rate_threshold=100,
    slow_call_duration_threshold=2.0,
    sliding_window_type=WindowType.TIME,
    sliding_window_size=10.0,
    minimum_number_of_calls=20,
    minimum_number_of_errors=10,
    wait_duration_in_open_state=30.0,
    wait_backoff_multiplier=2.0,
    max_wait_duration_in_open_state=300.0,
    wait_jitter=0.1,
    permitted_number_of_calls_in_half_open_state=5,
    health_check=HealthCheck("/healthz", 1.0, 3),
    when_open=WhenOpen(WhenOpenAction.REDIRECT, "http://127.0.0.1:9001"),
)


# In --------------------------------------------------------------------------------------------------


def test_the_designs_example_is_read() -> None:
    rules = OutcomeRules(("5xx", "timeout", "connection_error", "429"), ("4xx",), 2.0)
    assert parsed(THE_DESIGNS_EXAMPLE) == Profile("p", ITS_CONFIG, rules, "as in the design")


def test_an_empty_breaker_table_is_the_defaults() -> None:
    assert parsed("[breaker]\n") == replace(default_profile(), name="p")


def test_the_dotted_and_the_inline_forms_mean_the_same() -> None:
    tables = parsed('[breaker]\n[breaker.health_check]\npath = "/h"\nreset_by = "later"\n')
    assert tables.config.health_check == HealthCheck("/h", reset_by=ResetBy.LATER)
    assert parsed('breaker.health_check = { path = "/h", reset_by = "later" }') == tables
    assert parsed('[breaker]\nhealth_check.path = "/h"\n"health_check".reset_by = "later"\n') == tables


@pytest.mark.parametrize(
    ("size", "seconds"), [('"10s"', 10.0), ("10", 10.0), ("0.25", 0.25), ('"2m"', 120.0), ('"35ms"', 0.035)]
)
def test_a_time_windows_size_is_a_duration(size: str, seconds: float) -> None:
    config = parsed(f'[breaker]\nsliding_window_type = "time"\nsliding_window_size = {size}\n').config
    assert config.sliding_window_size == seconds


def test_slow_may_stand_in_either_table() -> None:
    by_rule = parsed('[breaker]\n[outcomes]\nslow = "> 1500ms"\n')
    by_setting = parsed('[breaker]\nslow_call_duration_threshold = "1.5s"\n')
    assert by_rule.config == by_setting.config
    assert by_rule.config.slow_call_duration_threshold == 1.5
    both = parsed('[breaker]\nslow_call_duration_threshold = "1.5s"\n[outcomes]\nslow = "> 1.5s"\n')
    assert both.config == by_rule.config


def test_slow_in_both_tables_must_agree() -> None:
    assert message_of('[breaker]\nslow_call_duration_threshold = "1s"\n[outcomes]\n\nslow = "> 2s"\n') == (
        "p.toml:5: slow must be the breaker's slow_call_duration_threshold (1s), or absent (got '> 2s')"
    )
    with pytest.raises(InvalidSettingError):
        Profile("p", BreakerConfig(slow_call_duration_threshold=1), OutcomeRules(slow=2))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "p.toml:1: a profile needs a [breaker] table; an empty one stands for the defaults"),
        ("\n[[phase]]\n", "p.toml:2: this is a scenario, not a profile; a profile has a [breaker] table"),
        ("\n[braker]\n", "p.toml:2: unknown key 'braker'; did you mean 'breaker'?"),
        ("breaker = 1", "p.toml:1: breaker must be a table (got 1)"),
        ("[[breaker]]", "p.toml:1: breaker must be a table (got [{}])"),
        ("description = 1\n[breaker]", "p.toml:1: description must be a string in quotes (got 1)"),
        ("\nwait_jitter = 0.1\n[breaker]", "p.toml:2: wait_jitter belongs under [breaker]"),
        ("[breaker]\nslow = '> 2s'", "p.toml:2: slow belongs under [outcomes]"),
        ("[breaker]\ninterval = '2s'", "p.toml:2: interval belongs under [breaker.health_check]"),
        (
            "[breaker]\n\nminimum_number_of_error = 3",
            (
                "p.toml:3: unknown key 'minimum_number_of_error' in [breaker]; "
                "did you mean 'minimum_number_of_errors'?"
            ),
        ),
        (
            "[breaker]\nfailureRateThreshold = 3",
            "p.toml:2: unknown key 'failureRateThreshold' in [breaker]; did you mean 'failure_rate",
        ),
        (
            "[breaker]\n'wait_jitter ' = 3",
            "p.toml:2: unknown key 'wait_jitter ' in [breaker]; did you mean 'wait_jitter'?",
        ),
        (
            "[breaker]\n\nfailure_rate_threshold = 101",
            "p.toml:3: failure_rate_threshold must be a percentage from 0 to 100 (got 101)",
        ),
        (
            "[breaker]\nfailure_rate_threshold = 0",
            "p.toml:2: failure_rate_threshold must be a percentage over 0 and at most 100 (got 0.0)",
        ),
        (
            "[breaker]\nsliding_window_size = 10\n\nminimum_number_of_calls = 20",
            (
                "p.toml:4: minimum_number_of_calls must fit the window of 10 calls, "
                "or the breaker can never open (got 20)"
            ),
        ),
        (
            "[breaker]\nsliding_window_size = '10s'",
            (
                "p.toml:2: sliding_window_size must be a whole number of calls "
                "(a duration goes with sliding_window_type = \"time\") (got '10s')"
            ),
        ),
        (
            "[breaker]\nsliding_window_type = 'time'\nsliding_window_size = 'ten'",
            "p.toml:3: sliding_window_size must be a duration such as \"30s\" (got 'ten')",
        ),
        (
            "[breaker]\nsliding_window_type = 'TIME'",
            (
                "p.toml:2: sliding_window_type must be one of count, time, consecutive (got 'TIME'); "
                "did you mean 'time'?"
            ),
        ),
        (
            "[breaker]\ndialect = 'defualt'",
            "p.toml:2: dialect must be one of default, ",
        ),
        ("[breaker]\nwait_jitter = 1", "p.toml:2: wait_jitter must be from 0 to under 1 (got 1.0)"),
        (
            "[breaker]\nmax_wait_duration_in_open_state = '1s'",
            "p.toml:2: max_wait_duration_in_open_state must be at least wait_duration_in_open_state",
        ),
        (
            "[breaker]\nminimum_number_of_errors = true",
            "p.toml:2: minimum_number_of_errors must be a whole number (got True)",
        ),
        (
            "[breaker]\nhealth_check.path = 'h'",
            "p.toml:2: health_check.path must start with / (got 'h')",
        ),
        (
            "[breaker]\nhealth_check = {interval = 1,\n paht = '/h'}",
            "p.toml:3: unknown key 'paht' in [breaker.health_check]; did you mean 'path'?",
        ),
        (
            "[breaker]\n[breaker.health_check]\nhealthy_after = 0",
            "p.toml:3: health_check.healthy_after must be at least 1 (got 0)",
        ),
        (
            "[breaker]\n[breaker.health_check]\n'reset_by' = 'sooner'",
            "p.toml:3: reset_by must be one of health, earlier, later (got 'sooner')",
        ),
        (
            "[breaker]\n\n[breaker.when_open]\naction = 'redirect'",
            "p.toml:3: when_open.target is needed by action redirect (got None)",
        ),
        (
            "[breaker]\n[breaker.when_open]\ntarget = 'http://x'",
            "p.toml:3: when_open.target goes with action = \"redirect\" (got 'http://x')",
        ),
        ("[breaker]\n[outcomes]\nslow = '> soon'", 'p.toml:3: slow must be a duration such as "> 2s"'),
        ("[breaker]\n[outcomes]\nslow = 2", "p.toml:3: slow must be a string in quotes (got 2)"),
        ("[breaker]\n[outcomes]\nfailure = ['5x']", "p.toml:3: failure must list statuses from 100 to 599"),
        ("[breaker]\n[outcomes]\nignored = [404]", "p.toml:3: ignored must be an array of strings in quotes"),
    ],
)
def test_mistakes_are_told_with_their_place_and_remedy(text: str, message: str) -> None:
    assert message_of(text).startswith(message)


# By name or path -------------------------------------------------------------------------------------


def test_a_name_finds_a_shipped_profile_and_a_path_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert load_profile("balanced").config.minimum_number_of_errors == 5
    Path("mine.toml").write_text("[breaker]\nminimum_number_of_errors = 7\n")
    Path("bare").write_text("[breaker]\nminimum_number_of_errors = 8\n")
    Path("default").mkdir()
    found = [load_profile(name) for name in ("mine.toml", "./mine.toml", "bare", "default")]
    assert [profile.name for profile in found] == ["mine", "mine", "bare", "default"]
    assert [profile.config.minimum_number_of_errors for profile in found] == [7, 7, 8, 1]


@pytest.mark.parametrize(
    ("name", "error", "message"),
    [
        ("balancd", ConfigurationError, "no profile is called 'balancd'; did you mean 'balanced'?"),
        ("zz", ConfigurationError, "no profile is called 'zz'; known: "),
        ("nul\0", ConfigurationError, "no profile is called"),
        ("absent.toml", UnreachableError, "absent.toml: cannot be read: No such file"),
        ("./absent", UnreachableError, "absent: cannot be read"),
        ("hard-outage", ConfigurationError, "no profile is called 'hard-outage'"),
    ],
)
def test_names_and_paths_that_lead_nowhere(name: str, error: type[CbtoolError], message: str) -> None:
    with pytest.raises(error) as caught:
        load_profile(name)
    assert message in str(caught.value)


# Out -------------------------------------------------------------------------------------------------


def test_the_designs_example_is_written_in_its_own_order() -> None:
    dumped = dump_profile(parsed(THE_DESIGNS_EXAMPLE))
    keys = [line.split(" = ")[0] for line in THE_DESIGNS_EXAMPLE.splitlines() if "dialect" not in line]
    keys.insert(keys.index("healthy_after") + 1, "reset_by")
    assert [line.split(" = ")[0] for line in dumped.splitlines() if line] == keys


def test_what_is_off_is_left_out_and_every_other_default_written() -> None:
    assert dump_profile(default_profile()) == (
        "[breaker]\n"
        "failure_rate_threshold = 50\n"
        "slow_call_rate_threshold = 100\n"
        'sliding_window_type = "count"\n'
        "sliding_window_size = 100\n"
        "minimum_number_of_calls = 100\n"
        "minimum_number_of_errors = 1\n"
        'wait_duration_in_open_state = "1m"\n'
        "permitted_number_of_calls_in_half_open_state = 10\n"
        "\n"
        "[outcomes]\n"
        'failure = ["5xx", "timeout", "connection_error"]\n'
        'ignored = ["4xx"]\n'
    )


def test_reasons_are_comments_above_their_keys() -> None:
    text = dump_profile(
        parsed(THE_DESIGNS_EXAMPLE),
        {
            "sliding_window_size": "word " * 60,
            "health_check.interval": "a line break\nand an escape \x1b[31m are data",
            "error_count_threshold": "the rate is enough",
            "slow": "callers give up then",
        },
    )
    lines = text.splitlines()
    above = lines[lines.index('sliding_window_size = "10s"') - 3 :][:3]
    assert all(line.startswith("# word word") and len(line) <= 100 for line in above)
    assert lines[lines.index('interval = "1s"') - 1] == "# a line break and an escape [31m are data"
    assert "# error_count_threshold is not set: the rate is enough" in lines
    assert lines[lines.index('slow = "> 2s"') - 1] == "# callers give up then"
    assert parsed(text) == parsed(THE_DESIGNS_EXAMPLE)


def test_the_breaker_table_is_plain_json() -> None:
    table = breaker_table(ITS_CONFIG)
    assert json.loads(json.dumps(table)) == table
    assert (table["sliding_window_size"], table["wait_jitter"]) == ("10s", 0.1)
    assert table["max_wait_duration_in_open_state"] == "5m"
    assert table["health_check"] == {
        "path": "/healthz",
        "interval": "1s",
        "healthy_after": 3,
        "reset_by": "health",
    }


TEXTS = st.text(st.characters(codec="utf-8"), max_size=20)
SECONDS = st.one_of(
    st.integers(1, 10**6).map(float),
    st.integers(1, 10**12).map(lambda ns: ns / 1e9),
    st.floats(1e-9, 1e6, exclude_min=True),
)
PERCENTS = st.one_of(st.integers(1, 100).map(float), st.floats(0, 100, exclude_min=True))
HEALTH_CHECKS = st.builds(
    HealthCheck, TEXTS.map("/{}".format), SECONDS, st.integers(1, 99), st.sampled_from(ResetBy)
)
WHEN_OPEN = st.one_of(
    st.just(WhenOpen()), TEXTS.map(lambda target: WhenOpen(WhenOpenAction.REDIRECT, target))
)
RULES = st.lists(
    st.sampled_from(["5xx", "4xx", "503", "500-504", "timeout", "connection_error", "2XX"]), max_size=4
).map(tuple)


@st.composite
def configs(draw: st.DrawFn) -> BreakerConfig:
    window = draw(st.sampled_from(WindowType))
    timed = window is WindowType.TIME
    size = draw(SECONDS if timed else st.integers(1, 10**6))
    counts = st.integers(1, 10**9 if timed else int(size))
    wait = draw(st.one_of(st.just(0.0), SECONDS))
    optional: dict[str, Any] = {
        "error_count_threshold": counts,
        "max_wait_duration_in_open_state": SECONDS.map(lambda more: wait + more),
        "slow_call_duration_threshold": SECONDS,
        "health_check": HEALTH_CHECKS,
    }
    return BreakerConfig(
        failure_rate_threshold=draw(PERCENTS),
        slow_call_rate_threshold=draw(PERCENTS),
        sliding_window_type=window,
        sliding_window_size=size,
        minimum_number_of_calls=draw(counts),
        minimum_number_of_errors=draw(st.one_of(st.just(0), counts)),
        wait_duration_in_open_state=wait,
        wait_backoff_multiplier=draw(st.floats(1, 1e300)),
        wait_jitter=draw(st.floats(0, 1, exclude_max=True)),
        permitted_number_of_calls_in_half_open_state=draw(st.integers(1, 10**9)),
        max_wait_duration_in_half_open_state=draw(st.one_of(st.just(0.0), SECONDS)),
        when_open=draw(WHEN_OPEN),
        **{name: draw(st.one_of(st.none(), values)) for name, values in optional.items()},
    )


@st.composite
def profiles(draw: st.DrawFn) -> Profile:
    config = draw(configs())
    slow = draw(st.one_of(st.none(), st.just(config.slow_call_duration_threshold), SECONDS))
    if slow is not None:
        config = replace(config, slow_call_duration_threshold=draw(st.sampled_from([None, slow])))
    return Profile("p", config, OutcomeRules(draw(RULES), draw(RULES), slow), draw(TEXTS))


@settings(max_examples=300)
@given(
    profiles(),
    st.dictionaries(st.sampled_from([*breaker_table(ITS_CONFIG), "slow", "health_check.path"]), TEXTS),
)
def test_what_is_written_reads_back_as_exactly_the_same(profile: Profile, reasons: dict[str, str]) -> None:
    assert parsed(dump_profile(profile, reasons)) == profile


# Shipped ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", shipped_profiles())
def test_every_shipped_profile_says_why(name: str) -> None:
    profile = load_profile(name)
    assert profile.description
    lines = shipped_profiles()[name].read_text().splitlines()
    unexplained = [
        line
        for above, line in pairwise(lines)
        if " = " in line and line[0] != "#" and not above.startswith("#") and " = " not in above
    ]
    assert unexplained == []


def test_the_default_profile_is_what_holds_without_one() -> None:
    shipped = load_profile("default")
    assert replace(shipped, description="") == default_profile()


def test_profiles_and_scenarios_share_no_name() -> None:
    assert not shipped_profiles().keys() & shipped_scenarios().keys()
    assert {"default", "starting-point", "balanced", "consecutive-5"} <= shipped_profiles().keys()


def test_the_starting_point_lacks_the_gate_that_balanced_has() -> None:
    start, balanced = load_profile("starting-point").config, load_profile("balanced").config
    assert (start.failure_rate_threshold, start.minimum_calls, start.minimum_number_of_errors) == (10, 5, 1)
    assert balanced.minimum_number_of_errors > 1


# Anything at all --------------------------------------------------------------------------------------

VALUES = st.recursive(
    st.one_of(
        st.booleans().map(lambda truth: str(truth).lower()),
        st.integers(-(10**25), 10**25).map(str),
        st.floats().map(repr),
        st.sampled_from(
            [
                "1979-05-27",
                "07:32:00",
                "'10s'",
                "'> 2s'",
                "'time'",
                "'4xx'",
                "'99999999999999d'",
                "''",
                "'0ns'",
            ]
        ),
        TEXTS.map(json.dumps).filter(lambda text: "\\ud" not in text and "\x7f" not in text),
    ),
    lambda values: (
        st.lists(values, max_size=3).map(lambda items: f"[{', '.join(items)}]")
        | st.lists(values, max_size=2).map(
            lambda items: f"{{{', '.join(f'k{n} = {v}' for n, v in enumerate(items))}}}"
        )
    ),
    max_leaves=4,
)
SOME_KEYS = [
    *(key for key in breaker_table(ITS_CONFIG) if key not in {"health_check", "when_open"}),
    "error_count_threshold",
    "health_check.path",
    "health_check.interval",
    "health_check.healthy_after",
    "when_open.action",
    "when_open.target",
    "unknown",
]


@settings(max_examples=300)
@given(
    st.dictionaries(st.sampled_from(SOME_KEYS), VALUES, max_size=4),
    st.dictionaries(st.sampled_from(["failure", "ignored", "slow"]), VALUES, max_size=2),
)
def test_whatever_the_values_the_answer_is_a_profile_or_a_place(
    breaker: dict[str, str], outcomes: dict[str, str]
) -> None:
    lines = ["[breaker]", *(f"{key} = {value}" for key, value in breaker.items())]
    lines += ["[outcomes]", *(f"{key} = {value}" for key, value in outcomes.items())]
    answer = profile_or_message("\n".join(lines))
    if isinstance(answer, Profile):
        assert parsed(dump_profile(answer)) == answer
        return
    place, _, message = answer.partition(": ")
    name, _, line = place.partition(":")
    assert name == "p.toml"
    assert 1 <= int(line) <= len(lines)
    assert message
    assert len(answer) < 400


def profile_or_message(text: str) -> Profile | str:
    try:
        return parsed(text)
    except ConfigurationError as error:
        return str(error)


@pytest.mark.parametrize("name", NAMES[1:])
def test_every_library_s_defaults_are_shipped_as_they_are(name: str) -> None:
    shipped = shipped_group(ProfileGroup.LIBRARIES)
    assert shipped[name].read_text() == library_defaults_text(dialect_named(name)), (
        "run scripts/library-profiles"
    )
    assert replace(load_profile(name), description="") == library_defaults(name)


EVIDENCE = ProfileEvidence(
    version="0.1.0",
    seed=3,
    calls=721_800,
    span=7200.0,
    log_format="nginx combined",
    since="2026-11-01T00:00:00Z",
    healthy_failure_rate=0.75,
    healthy_p99=0.0954,
    load_low=0.5,
    window_calls_low=5.0,
    false_trips_per_day=0.01,
)


def test_a_profile_keeps_the_evidence_it_was_recommended_from() -> None:
    profile = replace(default_profile(), name="p", evidence=EVIDENCE)
    text = dump_profile(profile)
    assert '[evidence]\nversion = "0.1.0"\nseed = 3\ncalls = 721800\nspan = "2h"' in text
    assert parsed(text) == profile


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("seed = 0\ncalls = 1\nspan = 5", "p.toml:2: [evidence] needs version"),
        ('version = "1"\nseed = 0\ncalls = -1\nspan = 5', "p.toml:5: calls must not be negative"),
        ("healthy_p98 = 5", "p.toml:3: unknown key 'healthy_p98' in [evidence]; did you mean 'healthy_p99'?"),
        ('load_low = "often"', "p.toml:3: load_low must be a rate"),
    ],
)
def test_wrong_evidence_is_refused_with_its_line(lines: str, message: str) -> None:
    assert message_of(f"[breaker]\n[evidence]\n{lines}").startswith(message)
