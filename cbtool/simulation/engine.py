"""Which implementation simulates."""

from __future__ import annotations

from enum import StrEnum


class Engine(StrEnum):
    """The implementations; their results are the same."""

    AUTO = "auto"
    """The kernel where it is worth its loading and knows the profile, else the machine."""
    MACHINE = "machine"
    """The readable machine."""
    KERNEL = "kernel"
    """The compiled kernel."""
