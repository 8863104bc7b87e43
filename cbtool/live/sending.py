"""Sending one request through any httpx transport, and what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx

from cbtool.traffic.error_kind import ErrorKind

if TYPE_CHECKING:
    from collections.abc import AsyncIterable

DRAINED = "cbtool_drained"
"""The response extension with the bytes of a body that the transport itself has read and dropped."""

FAILURES = (httpx.TransportError, OSError)
"""What a transport may raise for a call that got no answer."""


async def send(transport: httpx.AsyncBaseTransport, request: httpx.Request) -> tuple[int, int]:
    """Return the status and the body's bytes; the body is read to its end and dropped.

    Raises:
        httpx.TransportError: there was no answer; see `why`.
    """
    response = await transport.handle_async_request(request)
    size = response.extensions.get(DRAINED)
    if size is None:
        try:
            size = await _drained(response)
        finally:
            await response.aclose()
    return response.status_code, size


def why(error: Exception) -> tuple[ErrorKind, str]:
    """Return the kind of a failure, and its reason in a few words."""
    if isinstance(error, (httpx.TimeoutException, TimeoutError)):
        return ErrorKind.TIMEOUT, "timeout"
    return ErrorKind.CONNECTION_ERROR, str(error) or type(error).__name__


async def _drained(response: httpx.Response) -> int:
    stream = response.stream
    if not hasattr(stream, "__aiter__"):
        return 0
    chunks: AsyncIterable[bytes] = stream
    size = 0
    async for chunk in chunks:
        size += len(chunk)
    return size
