"""Profiles from TOML (design section 6)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cbtool.breaker.config import BreakerConfig
from cbtool.breaker.dialects import NAMES, dialect_named
from cbtool.breaker.dialects.ours import DEFAULT
from cbtool.breaker.parts import HealthCheck, ResetBy, WhenOpen, WhenOpenAction, WindowType
from cbtool.errors import InvalidSettingError
from cbtool.profiles.evidence import read_evidence
from cbtool.profiles.profile import Profile
from cbtool.profiles.refusal import read_guard
from cbtool.profiles.verify_rules import NO_RULES, read_verify
from cbtool.profiles.writing import settings_of
from cbtool.shipped import find, shipped_profiles
from cbtool.toml.tables import Source, Table, given, read_source
from cbtool.traffic.outcomes import OutcomeRules, parse_slow

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cbtool.breaker.dialect import Dialect


def load_profile(name_or_path: str) -> Profile:
    """Return the profile in a file, or a shipped one by its name.

    Args:
        name_or_path: a file if it has a slash, ends in .toml or exists; else a shipped profile.

    Raises:
        ConfigurationError: the name is unknown, or the file is wrong somewhere, with file and line.
        UnreachableError: the file cannot be read.
    """
    path = find(name_or_path, shipped_profiles(), "profile")
    return parse_profile(read_source(path), path.stem)


def parse_profile(source: Source, name: str) -> Profile:
    """Return the profile that a TOML text holds.

    Raises:
        ConfigurationError: a key is unknown or its value wrong, with file and line.
    """
    top = Table(source, source.data)
    if "phase" in top:
        raise top.error("phase", "this is a scenario, not a profile; a profile has a [breaker] table")
    description = top.text("description") or ""
    breaker, outcomes, refusal, evidence, verify = (
        top.table(name) for name in ("breaker", "outcomes", "refusal", "evidence", "verify")
    )
    top.finish(dict.fromkeys(settings_of(BreakerConfig()), "belongs under [breaker]") | _IN_OUTCOMES)
    if breaker is None:
        raise top.error("", "a profile needs a [breaker] table; an empty one stands for the defaults")
    config = _read_breaker(breaker)
    guard = None if refusal is None else read_guard(refusal)
    seen = None if evidence is None else read_evidence(evidence)
    own = NO_RULES if verify is None else read_verify(verify)
    if outcomes is None:
        return Profile(name, config, OutcomeRules(), description, guard, seen, own)
    try:
        return Profile(name, config, _read_outcomes(outcomes), description, guard, seen, own)
    except InvalidSettingError as error:
        raise outcomes.located(error) from None


_IN_OUTCOMES = dict.fromkeys(("failure", "ignored", "slow"), "belongs under [outcomes]")
_IN_HEALTH_CHECK = dict.fromkeys(("path", "interval", "reset_by"), "belongs under [breaker.health_check]")


def _read_breaker(table: Table) -> BreakerConfig:
    dialect = dialect_named(table.one_of("dialect", NAMES) or DEFAULT.name)
    window = table.choice("sliding_window_type", WindowType) or dialect.window_type
    settings: dict[str, Any] = {
        "failure_rate_threshold": table.percent("failure_rate_threshold"),
        "slow_call_rate_threshold": table.percent("slow_call_rate_threshold"),
        "slow_call_duration_threshold": table.duration("slow_call_duration_threshold"),
        "sliding_window_type": window,
        "sliding_window_size": _read_window_size(table, window),
        "minimum_number_of_calls": table.integer("minimum_number_of_calls"),
        "minimum_number_of_errors": table.integer("minimum_number_of_errors"),
        "error_count_threshold": table.integer("error_count_threshold"),
        "wait_duration_in_open_state": table.duration("wait_duration_in_open_state"),
        "wait_backoff_multiplier": table.number("wait_backoff_multiplier"),
        "max_wait_duration_in_open_state": table.duration("max_wait_duration_in_open_state"),
        "wait_jitter": table.number("wait_jitter"),
        "permitted_number_of_calls_in_half_open_state": table.integer(
            "permitted_number_of_calls_in_half_open_state"
        ),
        "max_wait_duration_in_half_open_state": table.duration("max_wait_duration_in_half_open_state"),
    }
    _check_known(table, dialect, settings)
    health_check, when_open = table.table("health_check"), table.table("when_open")
    options = table.table("options")
    table.finish(_IN_OUTCOMES | _IN_HEALTH_CHECK)
    try:
        settings["health_check"] = None if health_check is None else _read_health_check(health_check)
        settings["when_open"] = None if when_open is None else _read_when_open(when_open)
        return BreakerConfig.of(
            dialect, given(settings), None if options is None else _read_options(options, dialect)
        )
    except InvalidSettingError as error:
        raise table.located(error) from None


def _check_known(table: Table, dialect: Dialect, settings: Mapping[str, Any]) -> None:
    """Refuse a setting that means nothing to the dialect."""
    if dialect == DEFAULT:
        return
    for word, value in settings.items():
        if value is not None and word not in dialect.known_words and word in table:
            known = ", ".join(word for word in settings if word in dialect.known_words)
            raise table.error(word, f"means nothing to {dialect.name}, which knows {known}")


def _read_options(table: Table, dialect: Dialect) -> dict[str, Any]:
    options = {name: table.value(name) for name in dialect.option_defaults}
    table.finish()
    return given(options)


def _read_window_size(table: Table, window: WindowType) -> float | None:
    if window is WindowType.TIME:
        return table.duration("sliding_window_size")
    wanted = 'a whole number of calls (a duration goes with sliding_window_type = "time")'
    return table.integer("sliding_window_size", wanted)


def _read_health_check(table: Table) -> HealthCheck:
    settings = {
        "path": table.text("path"),
        "interval": table.duration("interval"),
        "healthy_after": table.integer("healthy_after"),
        "reset_by": table.choice("reset_by", ResetBy),
    }
    table.finish()
    return HealthCheck(**given(settings))


def _read_when_open(table: Table) -> WhenOpen:
    settings = {"action": table.choice("action", WhenOpenAction), "target": table.text("target")}
    table.finish()
    return WhenOpen(**given(settings))


def _read_outcomes(table: Table) -> OutcomeRules:
    slow = table.text("slow")
    settings = {"failure": table.texts("failure"), "ignored": table.texts("ignored")}
    table.finish()
    return OutcomeRules(**given(settings), slow=None if slow is None else parse_slow(slow))
