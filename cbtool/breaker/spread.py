"""How chance lengthens a wait."""

from __future__ import annotations

from enum import IntEnum


class Spread(IntEnum):
    """What `jitter` does to a wait."""

    AROUND = 0
    """± this share of it."""
    LONGER = 1
    """Up to this share longer, but never beyond the longest."""
    SECONDS = 2
    """Up to so many seconds longer, in whole milliseconds, beyond the longest, too."""
    HALF = 3
    """The first wait is exact; the next are up to twice the one before it, doubling."""
    DECORRELATED = 4
    """The n-th is what tanh(2√t) · `multiplier`^t grows by, t being n − ½, ± ½ where `jitter` is 1."""
