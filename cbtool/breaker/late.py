"""Late results: a call admitted in one state that completes in another.

A permit carries the generation it was given in; every transition starts a new generation.
"""

from __future__ import annotations

from enum import IntEnum


class LateResults(IntEnum):
    """Who judges a late result."""

    DROP = 0
    """Nobody: it is forgotten (ours, gobreaker)."""
    CURRENT_STATE = 1
    """The state it arrives in, as if it had been admitted there (resilience4j, Polly)."""


def counts(policy: LateResults, permit_generation: int, current_generation: int) -> bool:
    """Return whether a result may count, given the generation of its permit."""
    return permit_generation == current_generation or policy is LateResults.CURRENT_STATE
