"""What a recommendation takes into account, as `recommend` and `report` are asked for it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Annotated

from cbtool.cli.guarding import say_unasked
from cbtool.cli.options.budget import BudgetOptions
from cbtool.cli.options.incidents import IncidentOptions
from cbtool.cli.options.shared import ProfileOption, option
from cbtool.errors import ConfigurationError

if TYPE_CHECKING:
    from cbtool.profiles import Profile
    from cbtool.recommend.asked import Asked
    from cbtool.traffic.outcomes import OutcomeRules

MOST_INSTANCES = 1000


@dataclass
class RecommendOptions(IncidentOptions, BudgetOptions):
    """The budget, what is known of the traffic, and today's settings."""

    instances: Annotated[
        str,
        option(
            "--instances",
            metavar="N|auto",
            help="Breakers that share the traffic, one in each copy of a service; auto: those the log names.",
        ),
    ] = "1"
    current: Annotated[
        str | None,
        option(
            "--current",
            help="Today's settings, a TOML file or a shipped profile: what they would have done is shown,"
            " too.",
        ),
    ] = None
    validate: Annotated[
        bool,
        option(
            "--validate",
            help="Fit parts of the log, too (70 %, halves, days), and judge each on the rest; takes longer.",
        ),
    ] = False
    profile: ProfileOption = None

    @cached_property
    def today(self) -> Profile | None:
        """Today's settings; None where none are named.

        Raises:
            CbtoolError: there is no such profile, or it asks for a health check, which a log does not answer.
        """
        from cbtool.profiles import load_profile

        if self.current is None:
            return None
        profile = load_profile(self.current)
        if profile.config.health_check is not None:
            raise ConfigurationError(
                f"--current {self.current}: it resets by a health check, which recorded calls cannot answer;"
                " take [breaker.health_check] out of a copy of it"
            )
        say_unasked([profile], "recommend")
        return profile

    @property
    def asked(self) -> Asked:
        """What is asked of the traffic, but for the seed.

        Raises:
            CbtoolError: an option makes no sense.
        """
        from cbtool.recommend.asked import Asked

        return Asked(
            instances_of(self.instances),
            self.budget,
            self._rules(),
            labels=self.labels,
            current=self.today,
        )

    def _rules(self) -> OutcomeRules:
        """Return what calls count as: by --profile, else as today."""
        from cbtool.profiles import default_profile, load_profile

        return (load_profile(self.profile) if self.profile else self.today or default_profile()).rules


def instances_of(text: str) -> int | None:
    """Return the number of breakers; None for as many as the log names.

    Raises:
        ConfigurationError: it is neither a number from 1 on nor `auto`.
    """
    if text.strip() == "auto":
        return None
    if not text.strip().isdecimal() or not 1 <= int(text) <= MOST_INSTANCES:
        raise ConfigurationError(f"--instances must be from 1 to {MOST_INSTANCES:,}, or auto (got {text})")
    return int(text)
