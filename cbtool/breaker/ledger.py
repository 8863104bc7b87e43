# ruff: noqa: PLR0917, PLR1714  # runs compiled, too: arguments one by one, and no sets
"""The log of transitions: one row each, with what its source state had counted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cbtool.breaker import window
from cbtool.breaker.memory import LOG_COLUMNS
from cbtool.breaker.transition import State

if TYPE_CHECKING:
    from cbtool.breaker.memory import Memory
    from cbtool.breaker.policies import WindowPolicy

CLOSED, HALF_OPEN = int(State.CLOSED), int(State.HALF_OPEN)

_SPARE = 8  # rows: more than one step may need


def full(m: Memory, log: Any) -> bool:
    """Return whether somebody must read the log before the next step."""
    return (m.logged + _SPARE) * LOG_COLUMNS > len(log)


def open_row(m: Memory, log: Any, target: int, reason: int, now: int) -> int:
    """Add the row of a transition that is about to happen, without its counts, and return where it begins."""
    row: int = m.logged * LOG_COLUMNS
    m.logged += 1
    log[row], log[row + 1], log[row + 2], log[row + 3] = now, m.state, target, reason
    return row


def write(m: Memory, w: Any, log: Any, p: WindowPolicy, target: int, reason: int, now: int) -> int:
    """Add the row of a transition that is about to happen, but for its wait, and return where it begins."""
    row = open_row(m, log, target, reason, now)
    if m.state == HALF_OPEN and m.trial_calls:
        log[row + 4], log[row + 5] = m.trial_calls, m.trial_failures
        log[row + 6], log[row + 7] = m.trial_slow, m.trial_run
    elif m.state == CLOSED or m.state == HALF_OPEN:  # whose window may decide where no trial has
        log[row + 4], log[row + 5], log[row + 6] = window.visible(m, w, p)
        log[row + 7] = m.run
    else:
        log[row + 4] = log[row + 5] = log[row + 6] = log[row + 7] = 0
    return row
