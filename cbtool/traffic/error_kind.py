"""Why a call got no answer. On its own, so that reading a profile does not load numpy."""

from __future__ import annotations

from enum import IntEnum


class ErrorKind(IntEnum):
    """Why a call got no answer; an answer with a bad status is not an error of this kind."""

    NONE = 0
    TIMEOUT = 1
    CONNECTION_ERROR = 2

    @property
    def label(self) -> str:
        """The kind's name in rules, records and reports; empty for none."""
        return self.name.lower() if self else ""
