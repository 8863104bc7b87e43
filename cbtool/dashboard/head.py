"""The first thing seen: the state in a large badge, since when, why, and what comes next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cbtool.breaker import ResetBy, State, describe
from cbtool.dashboard.focus import Focus, last_transition, states_in_words
from cbtool.dashboard.line import Line, Span, fit, width_of
from cbtool.dashboard.widgets import STATE_NAMES, badge, gauge
from cbtool.dashboard.words import clock

if TYPE_CHECKING:
    from cbtool.metrics.view import LiveView


def head(view: LiveView, focus: Focus, width: int, *, large: bool) -> list[Line]:
    """Return the badge with up to three lines of facts beside it: one row, or three."""
    shown = badge(_badge_text(focus), focus.breaker.state, large=large)
    room = width - width_of(shown[0]) - 2
    facts = [_since(view, focus), _next(view, focus, room), _why(view, focus)]
    if not large:
        facts = [_brief(view, focus, room)]
    return [fit([*row, Span("  "), *fit(fact, room)], width) for row, fact in zip(shown, facts, strict=True)]


def _brief(view: LiveView, focus: Focus, room: int) -> Line:
    """Return one line: for how long, and what comes next; the latter alone where there is no room."""
    since, ahead = _since(view, focus), _next(view, focus, 0)
    if not ahead:
        return since
    short = [span for span in since if span.style == "strong"]
    for start in (since, short):
        line = [*start, Span(" · ", "faint"), *ahead]
        if width_of(line) <= room:
            return line
    return ahead


def _badge_text(focus: Focus) -> str:
    state = focus.breaker.state
    total = focus.states.total()
    if total == 1:
        return STATE_NAMES[state]
    return f"{focus.states[state]} of {total} {STATE_NAMES[state]}"


def _since(view: LiveView, focus: Focus) -> Line:
    since = focus.breaker.since
    line: Line = []
    if len(view.breakers) > 1:
        for state, count in states_in_words(focus.states) if len(focus.states) > 1 else ():
            line += [Span(f"{count} {state.label.replace('_', '-')}", f"state_{state.label}"), Span("  ")]
        line.append(Span(f"#{focus.instance} ", "strong"))
    for_time = clock(view.elapsed - since)
    return [*line, Span(f"for {for_time}", "strong"), Span(f" (since t = {clock(since)})", "faint")]


def _next(view: LiveView, focus: Focus, room: int) -> Line:
    """Return what the breaker waits for; in closed state, nothing."""
    match focus.breaker.state:
        case State.OPEN:
            return _wait(view, focus, room)
        case State.HALF_OPEN:
            done, failures, *_ = focus.breaker.snapshot
            wanted = view.config.permitted_number_of_calls_in_half_open_state
            words = f"trials {done} of {wanted}, {failures} failed"
            return _with_bar(words, done / wanted, room, "state_half_open")
        case _:
            return []


def _wait(view: LiveView, focus: Focus, room: int) -> Line:
    health = view.config.health_check
    if health is not None and health.reset_by is ResetBy.HEALTH:
        return [Span("open until healthy")]
    until = focus.breaker.open_until
    if until is None:
        return [Span("open")]
    left, whole = until - view.elapsed, until - focus.breaker.since
    if left <= 0:
        # Open becomes half-open when a call arrives, or when the health check agrees.
        later = health is not None and health.reset_by is ResetBy.LATER
        return [Span("wait over, until healthy" if later else "wait over, next call tries")]
    words = f"half-open in {clock(left)}"
    return _with_bar(words, 1.0 - left / whole if whole else 1.0, room, "state_open")


def _with_bar(words: str, share: float, room: int, style: str) -> Line:
    bar = min(room - 26, 40)
    if bar < 6:
        return [Span(words)]
    return [Span(f"{words:<24}  "), *gauge(share, bar, style)]


def _why(view: LiveView, focus: Focus) -> Line:
    transition = last_transition(view, focus.instance)
    if transition is None:
        return [Span("no transition yet", "faint")]
    return [Span(describe(transition, view.config))]
