"""What a page offers to paste: the profile, and the settings as each library's users write them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cbtool.errors import ConfigurationError
from cbtool.foreign.recommended import snippet
from cbtool.report.recommendation import profile_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cbtool.recommend.model import Recommendation

USUAL = ("resilience4j", "polly", "gobreaker", "opossum", "pybreaker", "envoy", "istio", "nginx")
"""The libraries that a page has snippets for where nobody names any."""


def to_paste(answer: Recommendation, source: str, libraries: Sequence[str]) -> dict[str, Any]:
    """Return the texts of a recommendation, by their keys in the document; none of a refusal.

    Args:
        answer: what is recommended.
        source: the traffic's name.
        libraries: those asked for; empty: the usual ones that can say such settings.

    Raises:
        ConfigurationError: a library asked for is unknown or cannot say such settings.
    """
    if answer.profile is None:
        return {"profile": None, "snippets": []}
    found = []
    for library in libraries or USUAL:
        try:
            own = snippet(answer, library)
        except ConfigurationError:
            if libraries:
                raise
            continue
        if own is not None:
            found.append({"library": library, "text": own.text, "remarks": own.remarks()})
    return {"profile": profile_text(answer, source), "snippets": found}
