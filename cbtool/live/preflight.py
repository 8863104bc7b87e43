"""One request before the load: is there an HTTP server at all? If not, say why in a line."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

import httpx

from cbtool.errors import UnreachableError
from cbtool.live.headers import PREFLIGHT_HEADER

if TYPE_CHECKING:
    from cbtool.live.safety import Target

LONGEST_WAIT = 2.0  # seconds; a server that only hangs is for the run to measure


async def preflight(target: Target, transport: httpx.AsyncBaseTransport, timeout: float, agent: str) -> None:
    """Send one HEAD request; any HTTP answer, and a timeout, will do.

    Raises:
        UnreachableError: refused, not resolved, not HTTP, or a bad certificate; with what to do.
    """
    headers = {"User-Agent": agent, PREFLIGHT_HEADER: "1", "Accept": "*/*"}
    limit = min(timeout, LONGEST_WAIT)
    request = httpx.Request("HEAD", target.url, headers=headers, extensions={"timeout": {"read": limit}})
    try:
        response = await transport.handle_async_request(request)
        await response.aclose()
    except httpx.TimeoutException:
        return
    except httpx.TransportError as error:
        raise UnreachableError(f"{target.shown}: {why(error)}") from None


def why(error: httpx.TransportError) -> str:
    """Return what a failed connection means, and what to do about it."""
    text = _all_texts(error).lower()
    if isinstance(error.__cause__, ssl.SSLError) or "certificate" in text:
        return "its certificate is not valid; --insecure accepts it"
    if "refused" in text:
        return "connection refused; is the server running on this port?"
    if any(word in text for word in ("dns", "resolve", "name or service", "getaddrinfo", "nodename")):
        return "its host name does not resolve; check the spelling"
    if any(word in text for word in ("tls", "ssl", "handshake")):
        return "no TLS here; is it http:// rather than https://?"
    if isinstance(error, httpx.ConnectError):
        return f"cannot connect ({_short(error)})"
    return f"no HTTP answer ({_short(error)}); is it an HTTP port?"


def _all_texts(error: BaseException) -> str:
    texts = []
    current: BaseException | None = error
    while current is not None:
        texts.append(str(current))
        current = current.__cause__ or current.__context__
    return " ".join(texts)


def _short(error: BaseException) -> str:
    text = " ".join(str(error).split())
    return (text[:80] + "…") if len(text) > 80 else text or type(error).__name__
