"""Profiles: a breaker's settings and outcome rules, from TOML and to TOML (design section 6)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from cbtool.breaker.config import (
    DEFAULT_FAILURE_RATE_THRESHOLD,
    DEFAULT_SLOW_CALL_RATE_THRESHOLD,
    BreakerConfig,
)
from cbtool.breaker.dialects import NAMES, dialect_named
from cbtool.breaker.dialects.ours import DEFAULT
from cbtool.breaker.parts import HealthCheck, ResetBy, WhenOpen, WhenOpenAction, WindowType
from cbtool.errors import InvalidSettingError
from cbtool.profile_evidence import ProfileEvidence, evidence_table, read_evidence
from cbtool.profile_verify import NO_RULES, VerifyRules, read_verify, verify_tables
from cbtool.refusal_tables import read_guard, refusal_tables
from cbtool.shipped import find, shipped_profiles
from cbtool.toml_tables import Source, Table, given, read_source
from cbtool.toml_text import comment, duration_text, pair, plain_number
from cbtool.traffic.outcomes import OutcomeRules, parse_slow

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cbtool.breaker.dialect import Dialect
    from cbtool.breaker.refusal import Guard

_OUTCOME_KEYS = ("failure", "ignored", "slow")


@dataclass(frozen=True)
class Profile:
    """A breaker's settings under a name.

    `rules.slow` and `config.slow_call_duration_threshold` are one setting that may be written in either
    table: where only the rules have it, the configuration takes it over.

    Attributes:
        name: the file's, without `.toml`.
        config: the `[breaker]` table.
        rules: the `[outcomes]` table.
        description: what it is for, a sentence.
        guard: the `[refusal]` table: what is turned away before the breaker is asked; None: nothing.
        evidence: the `[evidence]` table: what the settings were recommended from; None: nobody said.
        verify: the `[verify]` table: what `cbtool verify` holds them to, beside its defaults.

    Raises:
        InvalidSettingError: the two slow thresholds differ.
    """

    name: str
    config: BreakerConfig
    rules: OutcomeRules
    description: str = ""
    guard: Guard | None = None
    evidence: ProfileEvidence | None = None
    verify: VerifyRules = NO_RULES

    def __post_init__(self) -> None:
        slow, threshold = self.rules.slow, self.config.slow_call_duration_threshold
        if slow is None or slow == threshold:
            return
        if threshold is not None:
            rule = (
                f"must be the breaker's slow_call_duration_threshold ({duration_text(threshold)}), or absent"
            )
            raise InvalidSettingError("slow", rule, f"> {duration_text(slow)}")
        object.__setattr__(self, "config", replace(self.config, slow_call_duration_threshold=slow))


def default_profile() -> Profile:
    """Return our defaults, which hold where nobody names a profile."""
    return Profile("default", BreakerConfig(), OutcomeRules())


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
    top.finish(dict.fromkeys(_settings(BreakerConfig()), "belongs under [breaker]") | _IN_OUTCOMES)
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


_IN_OUTCOMES = dict.fromkeys(_OUTCOME_KEYS, "belongs under [outcomes]")
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


def breaker_table(config: BreakerConfig) -> dict[str, Any]:
    """Return a profile's `[breaker]` table as plain values, durations as exact text such as `"30s"`.

    Settings that are off are left out; every other one is there, at its default or not.
    """
    return given(_known_settings(config))


_OF_RATES = {
    "failure_rate_threshold": DEFAULT_FAILURE_RATE_THRESHOLD,
    "slow_call_rate_threshold": DEFAULT_SLOW_CALL_RATE_THRESHOLD,
    "minimum_number_of_calls": 1,
}
"""What a run of failures has no use for, and its defaults."""
_EVERYBODY_S = frozenset({"dialect", "options", "health_check", "when_open"})


def _known_settings(config: BreakerConfig) -> dict[str, Any]:
    """The `[breaker]` table with what means something to the dialect."""
    settings = _settings(config)
    if config.dialect == DEFAULT:
        return settings
    known = config.dialect.known_words | _EVERYBODY_S
    if config.sliding_window_type is WindowType.CONSECUTIVE:
        known -= {word for word, off in _OF_RATES.items() if getattr(config, word) == off}
    return {word: value for word, value in settings.items() if word in known}


def _settings(config: BreakerConfig) -> dict[str, Any]:
    """The `[breaker]` table in the order of the design; None for what is off."""
    timed = config.sliding_window_type is WindowType.TIME
    size = duration_text(config.window_size) if timed else int(config.window_size)
    return {
        "dialect": None if config.dialect == DEFAULT else config.dialect.name,
        "failure_rate_threshold": plain_number(config.failure_rate_threshold),
        "slow_call_rate_threshold": plain_number(config.slow_call_rate_threshold),
        "slow_call_duration_threshold": _duration_if(config.slow_call_duration_threshold),
        "sliding_window_type": config.sliding_window_type.value,
        "sliding_window_size": size,
        "minimum_number_of_calls": config.minimum_calls,
        "minimum_number_of_errors": config.minimum_number_of_errors,
        "error_count_threshold": config.error_count_threshold,
        "wait_duration_in_open_state": duration_text(config.wait_duration_in_open_state),
        "wait_backoff_multiplier": _unless(1, config.wait_backoff_multiplier),
        "max_wait_duration_in_open_state": _duration_if(config.max_wait_duration_in_open_state),
        "wait_jitter": _unless(0, config.wait_jitter),
        "permitted_number_of_calls_in_half_open_state": config.permitted_number_of_calls_in_half_open_state,
        "max_wait_duration_in_half_open_state": _duration_if(
            config.max_wait_duration_in_half_open_state or None
        ),
        "options": dict(config.options) or None,
        "health_check": _health_check_table(config.health_check),
        "when_open": _when_open_table(config.when_open),
    }


def _duration_if(seconds: float | None) -> str | None:
    return None if seconds is None else duration_text(seconds)


def _unless(off: float, value: float) -> float | None:
    return None if value == off else plain_number(value)


def _health_check_table(check: HealthCheck | None) -> dict[str, Any] | None:
    if check is None:
        return None
    return {
        "path": check.path,
        "interval": duration_text(check.interval),
        "healthy_after": check.healthy_after,
        "reset_by": check.reset_by.value,
    }


def _when_open_table(when_open: WhenOpen) -> dict[str, Any] | None:
    if when_open.action is WhenOpenAction.REJECT:
        return None
    return {"action": when_open.action.value, "target": when_open.target}


def outcomes_table(rules: OutcomeRules) -> dict[str, Any]:
    """Return a profile's `[outcomes]` table as plain values; `slow` only where it is set."""
    slow = {} if rules.slow is None else {"slow": f"> {duration_text(rules.slow)}"}
    return {"failure": list(rules.failure), "ignored": list(rules.ignored)} | slow


def dump_profile(profile: Profile, reasons: Mapping[str, str] | None = None) -> str:
    """Return TOML that `parse_profile` reads back as an equal profile.

    Args:
        profile: what to write.
        reasons: by key (`health_check.interval` in a table below), why it has its value. A reason becomes
            a comment above its key; that of a setting that is off says so where the key would stand.
    """
    reasons = reasons or {}
    settings = _known_settings(profile.config)
    below = {key: value for key, value in settings.items() if isinstance(value, dict)}
    lines = [pair("description", profile.description), ""] if profile.description else []
    lines += _section("breaker", {k: v for k, v in settings.items() if k not in below}, reasons)
    for key, table in below.items():
        lines += _section(f"breaker.{key}", table, {k: reasons.get(f"{key}.{k}", "") for k in table})
    lines += _section("outcomes", outcomes_table(profile.rules), reasons)
    for name, table in (refusal_tables(profile.guard) if profile.guard else {}).items():
        lines += _section(f"refusal.{name}" if name else "refusal", table, {})
    if profile.evidence is not None:
        lines += _section("evidence", evidence_table(profile.evidence), {})
    for header, table in verify_tables(profile.verify):
        lines += _section(header, table, {})
    return "\n".join(lines).rstrip("\n") + "\n"


def _section(header: str, table: Mapping[str, Any], reasons: Mapping[str, str]) -> Iterator[str]:
    yield f"[{header}]"
    for key, value in table.items():
        reason = reasons.get(key, "")
        if value is not None:
            yield from comment(reason)
            yield pair(key, value)
        elif reason:
            yield from comment(f"{key} is not set: {reason}")
    yield ""
