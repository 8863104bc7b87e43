# runs compiled, too: arguments one by one, and no sets
"""Windows in which failures chain: a success forgets them only after a call that came long after the last.

Time is whole seconds of the Unix clock. The store: when the last failure was, and when that was last checked:
then, or when a call came more than `length` after the last check.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cbtool.breaker.memory import Memory
    from cbtool.breaker.policies import WindowPolicy

_FAILED, _CHECKED = 0, 1
_SECOND = 1_000_000_000


def started(m: Memory, w: Any, p: WindowPolicy, now: int) -> None:
    """Note a call that starts."""
    time = (now + m.epoch) // _SECOND
    if time - w[_CHECKED] > p.length // _SECOND:
        w[_CHECKED] = time


def add(m: Memory, w: Any, failed: int, now: int) -> None:
    """Count a result."""
    if failed:
        m.calls += 1
        m.failures += 1
        w[_FAILED] = w[_CHECKED] = (now + m.epoch) // _SECOND
    elif w[_FAILED] < w[_CHECKED]:
        m.calls = m.failures = 0
