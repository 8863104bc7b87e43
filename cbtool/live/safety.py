"""Where traffic may go, and how much of it: loopback freely, any other host only when confirmed, and gently.

Decides on the text of a URL alone. Nothing is resolved and nothing is sent before a target has passed.
"""

from __future__ import annotations

import ipaddress
from bisect import bisect_right
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import numpy as np

from cbtool.errors import ConfigurationError
from cbtool.live.redaction import safe_url
from cbtool.units import NANOSECONDS, format_rate

if TYPE_CHECKING:
    from collections.abc import Collection

    from cbtool.live.plan import Column

DEFAULT_MAX_RATE = 50.0
"""Calls a second to a target that is not loopback, unless `--max-rate` says otherwise."""

_PIECE = 1 << 20  # calls whose times are in memory at once
_RATE_WINDOW = 10  # seconds over which a recorded burst is averaged


def is_loopback(host: str) -> bool:
    """Return whether a host is this machine: 127.0.0.0/8, ::1 or localhost. Resolves nothing."""
    if host.rstrip(".").lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def host_of(url: str) -> str:
    """Return the host of an http or https URL, in lower case.

    Raises:
        ConfigurationError: it is not such a URL.
    """
    shown = safe_url(url)
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise ConfigurationError(f"{shown!r} is not a URL: {error}") from None
    if parts.scheme not in ("http", "https"):
        raise ConfigurationError(f"{shown!r} is not an HTTP target; write http://HOST:PORT/PATH")
    if not host or "\\" in parts.netloc or any(c.isspace() or not c.isprintable() for c in url):
        raise ConfigurationError(f"{shown!r} is not an HTTP target: it names no host; write http://HOST/PATH")
    return host.lower()


def check_target(url: str, allowed_hosts: Collection[str]) -> bool:
    """Return whether a target is loopback.

    Args:
        url: the target.
        allowed_hosts: the hosts that the user confirmed with `--allow-host`.

    Raises:
        ConfigurationError: it is not an HTTP URL, or its host is neither loopback nor confirmed.
    """
    host = host_of(url)
    if is_loopback(host):
        return True
    confirmed = {each.strip().strip("[]").rstrip(".").lower() for each in allowed_hosts}
    if host.rstrip(".") not in confirmed:
        raise ConfigurationError(
            f"{host} is not this machine, and nothing was sent to it. If you may load-test it, "
            f"confirm it with --allow-host {host}"
        )
    return False


def check_rate(peak: float, *, loopback: bool, max_rate: float | None) -> None:
    """Refuse a load above the cap: `max_rate` where given, else `DEFAULT_MAX_RATE` except on loopback.

    Args:
        peak: the load's highest rate, calls a second.
        loopback: whether every target is.
        max_rate: what the user set.

    Raises:
        ConfigurationError: the load is above the cap.
    """
    if max_rate is None and loopback:
        return
    cap = DEFAULT_MAX_RATE if max_rate is None else max_rate
    if peak > cap * 1.000001:  # a rate written as 3000/m is not exactly 50/s
        kind = "the cap for hosts other than this machine" if max_rate is None else "--max-rate"
        raise ConfigurationError(
            f"the load reaches {format_rate(peak)}, above {kind}, {format_rate(cap)}; "
            f"lower it, or raise --max-rate"
        )


def peak_rate(schedule: Column) -> float:
    """Return the highest rate of a schedule, calls a second, over any 10 s (or all of it, if shorter)."""
    if len(schedule) < 2:
        return float(len(schedule))
    span = max(1.0, min(float(_RATE_WINDOW), float(schedule[-1] - schedule[0]) / NANOSECONDS))
    width, most = round(span * NANOSECONDS), 0
    for at in range(0, len(schedule), _PIECE):
        due = schedule[at : at + _PIECE]
        low = bisect_right(schedule, int(due[0]) - width, 0, at)
        first = np.searchsorted(schedule[low : at + len(due)], due - width, side="right") + low
        most = max(most, int((np.arange(at + 1, at + 1 + len(due)) - first).max()))
    return most / span
