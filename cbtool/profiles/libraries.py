"""What each library does where its user sets nothing, as a profile and as the text of a shipped one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from cbtool.breaker.config import BreakerConfig
from cbtool.breaker.dialects import dialect_named
from cbtool.profiles.profile import Profile
from cbtool.profiles.writing import breaker_table, dump_profile
from cbtool.toml.text import comment
from cbtool.traffic.outcomes import OutcomeRules

if TYPE_CHECKING:
    from cbtool.breaker.dialect import Dialect


def library_defaults(dialect: str) -> Profile:
    """Return what a library does where its user sets nothing.

    Args:
        dialect: one of `cbtool.breaker.dialects.NAMES`.
    """
    return Profile(dialect, BreakerConfig.of(dialect_named(dialect)), OutcomeRules())


_OUTCOME_REASONS = {
    "failure": "The server's errors, and no answer at all.",
    "ignored": "The caller's own mistakes say nothing about the upstream's health.",
}


def library_defaults_text(dialect: Dialect) -> str:
    """Return a library's defaults as TOML: the library's own name of each setting above it."""
    profile = replace(library_defaults(dialect.name), description=f"{dialect.title}: its defaults.")
    named = {setting.name: setting.word or f"options.{setting.name}" for setting in dialect.settings}
    native = dialect.to_native(profile.config)
    # What no setting says alone, a trip rule written as text perhaps, or nothing: then the library fixes it.
    rest = ", ".join(f"{name}: {value}" for name, value in native.items() if name not in named)
    reasons = dict.fromkeys(dialect.known_words | {"dialect"}, rest or "Fixed by the library.")
    said = {name: value for name, value in native.items() if name in named and value is not None}
    reasons |= {named[name]: f"{name}: {value}" for name, value in said.items()}
    reasons = {word: reason for word, reason in reasons.items() if word in breaker_table(profile.config)}
    reasons["dialect"] = f"Behaves as {dialect.title} does."
    stand_in = "; values that it leaves to its users are examples" if dialect.example else ""
    about = f"What {dialect.title} does where its user sets nothing{stand_in}."
    known = f"Known: {dialect.evidence.value}, {dialect.source}."
    head = [*comment(about), *comment(known), *comment(dialect.note)]
    return "\n".join(head) + "\n" + dump_profile(profile, reasons | _OUTCOME_REASONS)
