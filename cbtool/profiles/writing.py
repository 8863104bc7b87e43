"""Profiles as tables of plain values, and as TOML (design section 6)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cbtool.breaker.config import DEFAULT_FAILURE_RATE_THRESHOLD, DEFAULT_SLOW_CALL_RATE_THRESHOLD
from cbtool.breaker.dialects.ours import DEFAULT
from cbtool.breaker.parts import HealthCheck, WhenOpen, WhenOpenAction, WindowType
from cbtool.profiles.evidence import evidence_table
from cbtool.profiles.refusal import refusal_tables
from cbtool.profiles.verify_rules import verify_tables
from cbtool.toml.tables import given
from cbtool.toml.text import comment, duration_text, pair, plain_number

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cbtool.breaker.config import BreakerConfig
    from cbtool.profiles.profile import Profile
    from cbtool.traffic.outcomes import OutcomeRules


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
    settings = settings_of(config)
    if config.dialect == DEFAULT:
        return settings
    known = config.dialect.known_words | _EVERYBODY_S
    if config.sliding_window_type is WindowType.CONSECUTIVE:
        known -= {word for word, off in _OF_RATES.items() if getattr(config, word) == off}
    return {word: value for word, value in settings.items() if word in known}


def settings_of(config: BreakerConfig) -> dict[str, Any]:
    """Return the `[breaker]` table in the order of the design; None for what is off."""
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
