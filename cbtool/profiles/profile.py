"""A profile: a breaker's settings and outcome rules, and what goes with them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from cbtool.breaker.config import BreakerConfig
from cbtool.errors import InvalidSettingError
from cbtool.profiles.verify_rules import NO_RULES, VerifyRules
from cbtool.toml.text import duration_text
from cbtool.traffic.outcomes import OutcomeRules

if TYPE_CHECKING:
    from cbtool.breaker.refusal import Guard
    from cbtool.profiles.evidence import ProfileEvidence


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
