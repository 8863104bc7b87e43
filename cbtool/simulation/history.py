"""What one breaker did with its traffic: the result that both engines give, and are held equal in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from cbtool.breaker import StateTransition


@dataclass(frozen=True)
class History:
    """One breaker's run over n calls.

    Attributes:
        permitted: uint8, by call: 1 where it was let through.
        state_before: uint8, by call: the stored `State` when it arrived.
        state_after: uint8, by call: the `State` just after its result was recorded, or it was refused.
        transitions: by time.
        time_to_open: seconds, one a trip: from the start of the bad stretch that caused it.
    """

    permitted: NDArray[np.uint8]
    state_before: NDArray[np.uint8]
    state_after: NDArray[np.uint8]
    transitions: tuple[StateTransition, ...]
    time_to_open: tuple[float, ...]
