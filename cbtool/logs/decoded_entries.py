"""What an entry of an HTTP archive says, read at leisure: where the compiled scanner leaves it to this.

What it says of an entry is what the scanner must say of it, if it says anything.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from cbtool.traffic.scanning.har import PARTS

if TYPE_CHECKING:
    from collections.abc import Mapping

_NETWORK = re.compile(r"(?:https?|wss?):", re.IGNORECASE | re.ASCII)
_UNSENT = re.compile(r"net::ERR_(?:BLOCKED|CACHE_MISS|FILE_)")
_ABORTED = re.compile(r"net::ERR_ABORTED|NS_BINDING_ABORTED|Aborted\Z")
_PHASES = ("blocked", "dns", "connect", "send", "wait", "receive")  # ssl is a part of connect
_GAVE_UP = 499


def decoded(entry: bytes) -> Mapping[str, str | None]:
    """Return an entry's `PARTS`, all None of one that is no JSON; what is not UTF-8 becomes U+FFFD."""
    try:
        said = call_of(json.loads(entry.decode("utf-8", "replace")))
    except (ValueError, RecursionError):
        return dict.fromkeys(PARTS)
    return {name: _shown(value) for name, value in said.items()}


def _shown(value: Any) -> str | None:
    return value if isinstance(value, str | None) else json.dumps(value)


def call_of(entry: Any) -> dict[str, Any]:
    """Return what an entry says, by `PARTS`; one that never reached the network as `sent: false`."""
    request, response = _own(entry, "request"), _own(entry, "response")
    url, status = _text(_own(request, "url")), _own(response, "status")
    words = _text(_own(response, "_error")) or _text(_own(response, "_failureText")) or ""
    cached = _own(entry, "_fromCache") or "Cache" in str(_own(entry, "_fetchType") or "")
    unanswered = isinstance(status, int | float) and status <= 0
    if unanswered:
        words = words or _text(_own(response, "statusText")) or "no answer"
        status = _GAVE_UP if _ABORTED.match(words) else 0
    sent = not cached and not _UNSENT.match(words) and (url is None or bool(_NETWORK.match(url)))
    return {
        "time": _text(_own(entry, "startedDateTime")),
        "duration": _duration(entry),
        "status": status,
        "error": None if status == _GAVE_UP or _ABORTED.match(words) else words,
        "method": _text(_own(request, "method")),
        "url": url if sent else None,  # such as a page's own data, which can be long
        "server": _text(_own(entry, "serverIPAddress")),
        "sent": None if sent else False,
    }


def _duration(entry: Any) -> float | None:
    """Milliseconds; Firefox once left the sum to its readers."""
    time = _own(entry, "time")
    if isinstance(time, int | float):
        return time
    phases = [_own(_own(entry, "timings"), name) for name in _PHASES]
    known = [phase for phase in phases if isinstance(phase, int | float) and phase >= 0]
    return sum(known) if known else None


def _own(part: Any, key: str) -> Any:
    return part.get(key) if isinstance(part, dict) else None


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None
