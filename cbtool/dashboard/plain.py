"""The dashboard off a terminal: a line for each transition, and a status line every few seconds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cbtool.breaker import State, describe
from cbtool.dashboard.focus import focus_of, states_in_words
from cbtool.dashboard.words import clock, latency, percent, rate

if TYPE_CHECKING:
    from cbtool.metrics.view import InstanceTransition, LiveView

STATUS_EVERY = 5.0  # seconds


class PlainLog:
    """Turns views into the lines that are new since the one before."""

    def __init__(self) -> None:
        self._seen: set[InstanceTransition] = set()
        self._next_status = STATUS_EVERY
        self._notice = ""

    def lines(self, view: LiveView) -> list[str]:
        """Return the new lines: transitions, a new notice, and the status when it is due."""
        fresh = [one for one in view.transitions if one not in self._seen]
        # Only what is still shown can come again, so this never grows past one view.
        self._seen = set(view.transitions)
        lines = [_transition(one, view) for one in fresh]
        if view.notice and view.notice != self._notice:
            lines.append(f"{clock(view.elapsed):>8}  {view.notice}")
        self._notice = view.notice
        if view.elapsed >= self._next_status:
            self._next_status = (view.elapsed // STATUS_EVERY + 1) * STATUS_EVERY
            lines.append(status_line(view))
        return lines


def status_line(view: LiveView) -> str:
    """Return the run in one line."""
    focus = focus_of(view)
    if len(view.breakers) == 1:
        states = focus.breaker.state.label
    else:
        states = ", ".join(f"{count} {state.label}" for state, count in states_in_words(focus.states))
    counts = view.counts
    parts = [
        states,
        f"{rate(view.rate)} of {rate(view.target_rate)} calls/s",
        f"{counts.get('calls', 0):,} calls",
    ]
    if focus.breaker.state is State.CLOSED:
        parts.append(f"failure rate {percent(focus.breaker.snapshot.failure_rate)}")
    if view.latency:
        parts.append(f"p99 {latency(view.latency['p99'])}")
    parts.append(f"{counts.get('not_permitted', 0):,} not permitted")
    if counts.get("dropped", 0):
        parts.append(f"{counts['dropped']:,} dropped")
    return f"{clock(view.elapsed):>8}  {', '.join(parts)}"


def _transition(one: InstanceTransition, view: LiveView) -> str:
    change = one.transition
    who = f"#{one.instance} " if len(view.breakers) > 1 else ""
    words = describe(change, view.config)
    return f"{clock(change.time):>8}  {who}{change.source.label} -> {change.target.label}: {words}"
