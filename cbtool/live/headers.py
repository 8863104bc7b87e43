"""What our own requests are marked with, so that an upstream of ours can tell them apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

PREFLIGHT_HEADER = "X-Cbtool-Preflight"
"""Its value is 1 on the one request that only asks, before a run, whether the target answers."""

USER_AGENT_PREFIX = "cbtool/"


def is_preflight(method: str, headers: Mapping[str, str]) -> bool:
    """Return whether a request is the question before a run, which is no part of the traffic.

    Args:
        method: the HTTP method.
        headers: a mapping that ignores case.
    """
    return method == "HEAD" and headers.get(PREFLIGHT_HEADER) == "1"
