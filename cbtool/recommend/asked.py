"""What is asked of a recommendation, besides the calls: to be asked of a part of the traffic again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cbtool.recommend.model import Budget
from cbtool.traffic.outcomes import DEFAULT_RULES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cbtool.profiles import Profile
    from cbtool.traffic.labels import Label
    from cbtool.traffic.outcomes import OutcomeRules

_USUAL = Budget()


@dataclass(frozen=True)
class Asked:
    """What is asked of a recommendation.

    Attributes:
        instances: breakers, one a process or copy, over which the calls are split; None: each call goes to
            the breaker of the instance that the log names.
        budget: what the settings may cost.
        rules: what counts as what; they go into the profile.
        seed: of every random choice.
        labels: the incidents, where the user knows them, and perhaps that there was none; they replace those
            that would be found. None: these.
        current: today's settings, whose doings on the same calls are wanted, too.
    """

    instances: int | None = 1
    budget: Budget = _USUAL
    rules: OutcomeRules = DEFAULT_RULES
    seed: int = 0
    labels: Sequence[Label] | None = None
    current: Profile | None = None

    @property
    def by_instance(self) -> bool:
        """Whether each call goes to the breaker of the instance that the log names."""
        return self.instances is None
