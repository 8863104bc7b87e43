"""Trip rules that users write as code, where these are a run of failures, a number of them, or a share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cbtool.breaker.native import percent_of
from cbtool.breaker.parts import WindowType
from cbtool.errors import InvalidSettingError

if TYPE_CHECKING:
    import re
    from collections.abc import Sequence

RUN, COUNT, SHARE = "run", "count", "share"


def read_rule(
    name: str, text: Any, patterns: Sequence[tuple[re.Pattern[str], str]], wanted: str
) -> dict[str, Any]:
    """Return our words for a trip rule.

    Args:
        name: of the setting that holds it.
        text: the rule.
        patterns: each with what it is: `RUN`, `COUNT` or `SHARE`. Their groups are `number` (for a share the
            least calls), `share`, and `operator`, where that may be `>` rather than `>=`.
        wanted: what the setting must be, in words.

    Raises:
        InvalidSettingError: no pattern fits.
    """
    for pattern, kind in patterns:
        match = pattern.fullmatch(str(text).strip())
        if match is not None:
            return _words(kind, match.groupdict())
    raise InvalidSettingError(name, wanted, text)


def _words(kind: str, groups: dict[str, Any]) -> dict[str, Any]:
    number = int(groups["number"]) + (groups.get("operator") == ">")
    if kind == RUN:
        return {"sliding_window_type": WindowType.CONSECUTIVE, "sliding_window_size": number}
    if kind == COUNT:
        return {"sliding_window_type": WindowType.TIME, "error_count_threshold": number}
    return {
        "sliding_window_type": WindowType.TIME,
        "failure_rate_threshold": percent_of(groups["share"]),
        "minimum_number_of_calls": number,
    }
