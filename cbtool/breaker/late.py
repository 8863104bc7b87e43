"""Late results: a call admitted in one state that completes in another.

A permit carries the generation it was given in and the state; every transition starts a new generation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cbtool.breaker.policies import LateResults
from cbtool.breaker.transition import State

if TYPE_CHECKING:
    from cbtool.breaker.memory import Memory
    from cbtool.breaker.policies import LatePolicy

NOBODY = -1
HALF_OPEN = int(State.HALF_OPEN)


def judging_state(m: Memory, p: LatePolicy, generation: int, admitted_in: int) -> int:
    """Return the `State` that judges a result, or `NOBODY`.

    Args:
        m: the breaker's memory.
        p: the policy.
        generation: of the call's permit.
        admitted_in: the `State` that gave it.
    """
    if generation == m.generation or p.judge == LateResults.CURRENT_STATE:
        return m.state
    if p.judge == LateResults.DROP or (p.trials_dropped and admitted_in == HALF_OPEN):
        return NOBODY
    return admitted_in
