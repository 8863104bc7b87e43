"""Which texts of a log are read: they cost most of the time that reading takes, and few commands want all."""

from __future__ import annotations

TEXTS = ("method", "path", "host", "upstream", "instance")
"""All that a call may have."""

NONE: tuple[str, ...] = ()
"""Who only counts what became of calls."""

JUDGED = ("host", "upstream", "instance")
"""Where calls went: a recommendation asks whether to one dependency, and whether one instance was bad."""

ASKED = ("method", "path")
"""What calls asked for: what is replayed, and what refusal rules look at."""
