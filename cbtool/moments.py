"""Times as users write them: ISO 8601 (in UTC unless it says otherwise), Unix seconds, or +10m."""

from __future__ import annotations

from datetime import UTC, datetime

from cbtool.errors import ConfigurationError
from cbtool.traffic.selection import Moment
from cbtool.units import parse_duration


def parse_moment(text: str) -> Moment:
    """Return the time that a user wrote.

    Raises:
        ConfigurationError: it is none.
    """
    word = text.strip()
    if word.startswith("+"):
        return Moment(parse_duration(word[1:]), relative=True)
    try:
        return Moment(float(word))
    except ValueError:
        pass
    try:
        time = datetime.fromisoformat(word)
    except ValueError:
        raise ConfigurationError(
            f"{text!r} is no time; write 2026-11-24T10:00, 2026-11-24T10:00:00+01:00, 1795514400 or +10m"
        ) from None
    return Moment((time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp())
