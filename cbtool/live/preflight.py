"""One request before the load: is there an HTTP server at all? If not, say why in a line or two."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import httpx

from cbtool.errors import UnreachableError
from cbtool.live.redaction import safe_url
from cbtool.live.requests import preflight_request
from cbtool.live.sending import FAILURES, send

if TYPE_CHECKING:
    from cbtool.live.plan import RunPlan

LONGEST_WAIT = 2.0  # seconds; a server that only hangs is for the run to measure

_ADVICE = (
    ("refused", "connection refused; is the server running on this port?"),
    ("dns", "its host name does not resolve; check the spelling"),
    ("lookup address", "its host name does not resolve; check the spelling"),
    ("name or service", "its host name does not resolve; check the spelling"),
    ("certificate", "its certificate is not valid; --insecure accepts it all the same"),
    ("corrupt message", "it does not speak TLS; try http:// in place of https://"),
    ("tls", "the TLS handshake failed; try http:// in place of https://"),
)


async def preflight(plan: RunPlan, transport: httpx.AsyncBaseTransport) -> None:
    """Ask the target with one HEAD; any HTTP answer, and a timeout, will do.

    Raises:
        UnreachableError: refused, not resolved, not HTTP, or a bad certificate; with what to do.
    """
    limit = min(plan.timeout, LONGEST_WAIT)
    try:
        async with asyncio.timeout(limit):
            await send(transport, preflight_request(plan, limit))
    except (httpx.TimeoutException, TimeoutError):
        return
    except FAILURES as error:
        raise UnreachableError(f"{safe_url(plan.url)}: {explain(error)}") from None


def explain(error: Exception) -> str:
    """Return what a failed connection means, and what to do about it."""
    words = str(error).lower()
    for sign, advice in _ADVICE:
        if sign in words:
            return advice
    shown = " ".join(words.split())[:80] or type(error).__name__
    if isinstance(error, (httpx.ConnectError, OSError)):
        return f"cannot connect ({shown})"
    return f"no HTTP answer ({shown}); is this an HTTP port?"
