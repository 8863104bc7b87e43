"""From the engine's events to the run record's lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cbtool.breaker import Outcome, State, describe
from cbtool.live.record_lines import CallLine, TransitionLine
from cbtool.live.redaction import redact_path

if TYPE_CHECKING:
    import httpx

    from cbtool.breaker import BreakerConfig
    from cbtool.live.call import LiveCall
    from cbtool.metrics.view import InstanceTransition

_PATH = "cbtool_path"
_STATES = tuple(state.label for state in State)
_OUTCOMES = tuple(outcome.label for outcome in Outcome)


def refused(call: LiveCall, now: float) -> CallLine:
    """Return the line of a call that was not permitted at `now`, and so has no result."""
    return CallLine(
        t=call.intended,
        lag_ms=_ms(now - call.intended),
        permitted=False,
        state=_STATES[call.state],
        instance=call.lane.index,
        method=call.request.method,
        path=_path(call.request),
    )


def answered(call: LiveCall, outcome: Outcome) -> CallLine:
    """Return the line of a call with a result."""
    return CallLine(
        t=call.intended,
        lag_ms=_ms(call.sent - call.intended),
        permitted=call.permit is not None,
        state=_STATES[call.state],
        instance=call.lane.index,
        method=call.request.method,
        duration_ms=_ms(call.duration),
        status=call.status,
        error=call.error.label if call.error else None,
        outcome=_OUTCOMES[outcome],
        path=_path(call.request),
        redirected=call.redirected or None,
    )


def transition(each: InstanceTransition, config: BreakerConfig) -> TransitionLine:
    """Return the line of a change of state."""
    change = each.transition
    return TransitionLine(
        t=change.time,
        instance=each.instance,
        source=change.source.label,
        target=change.target.label,
        reason=change.reason.label,
        calls=change.snapshot.calls,
        failures=change.snapshot.failures,
        slow=change.snapshot.slow,
        detail=describe(change, config),
    )


def _path(request: httpx.Request) -> str:
    """Return a request's path without secrets, worked out once."""
    path: str | None = request.extensions.get(_PATH)
    if path is None:
        path = redact_path(request.url.raw_path.decode("ascii", "replace"))
        request.extensions[_PATH] = path
    return path


def _ms(seconds: float) -> float:
    """Milliseconds to the microsecond; a fifth of the time that `round` to three places takes."""
    return int(seconds * 1e6 + 0.5) / 1e3
