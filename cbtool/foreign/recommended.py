"""A recommendation as a snippet of the library that its user runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cbtool.foreign.writing import export_profile

if TYPE_CHECKING:
    from cbtool.foreign.writing import Exported
    from cbtool.recommend import Recommendation


def snippet(answer: Recommendation, library: str) -> Exported | None:
    """Return the recommended settings in a library's own form; None where there are none.

    The load that turns calls into time is the least one found: there, gates are hardest to reach.

    Raises:
        ConfigurationError: the library is unknown, or cannot say such settings.
    """
    if answer.profile is None:
        return None
    rates = [regime.rate for regime in answer.regimes if regime.rate > 0]
    reasons = {reason.setting: f"{reason.why} ({reason.data})" for reason in answer.reasons}
    return export_profile(answer.profile, library, rate=min(rates, default=None), reasons=reasons)
