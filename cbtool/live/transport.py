"""The fast transport: httpx's transport interface over pyreqwest. The only module that knows pyreqwest.

httpx's own transport reaches a fiftieth of the rate. What makes this one fast: the prepared request is kept
on the httpx request and copied for each sending, and the answer is a bare httpx response whose body has
been read and dropped (its size is kept in `extensions`).

Follows no redirects, keeps no cookies, unpacks nothing, and uses no proxy.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import httpx
from pyreqwest import exceptions
from pyreqwest.client import ClientBuilder

from cbtool.live.sending import DRAINED

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from pyreqwest.request import StreamRequest
    from pyreqwest.response import Response

_PREPARED = "cbtool_prepared"
_SMALL_BODY = 1 << 20  # bytes; up to this a body is read at once, above it piece by piece


class _NoBody(httpx.AsyncByteStream):
    async def __aiter__(self) -> AsyncIterator[bytes]:
        nothing: tuple[bytes, ...] = ()
        for chunk in nothing:
            yield chunk


_NO_BODY = _NoBody()
_NO_HEADERS = httpx.Headers()


class FastTransport(httpx.AsyncBaseTransport):
    """Sends over pooled HTTP/1.1 connections.

    Args:
        verify: whether certificates must be valid.
    """

    def __init__(self, *, verify: bool = True) -> None:
        builder = (
            ClientBuilder()
            .follow_redirects(enable=False)
            .referer(enable=False)
            .default_cookie_store(enable=False)
            .gzip(enable=False)
            .brotli(enable=False)
            .zstd(enable=False)
            .deflate(enable=False)
            .no_proxy()
            .http1_only()
        )
        if not verify:
            builder = builder.danger_accept_invalid_certs(enable=True)
        self._client = builder.build()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request and return its status, with the body read and dropped.

        Raises:
            httpx.TransportError: what httpx's own transport would raise; the message is short and free of
                the URL.
        """
        prepared: StreamRequest | None = request.extensions.get(_PREPARED)
        if prepared is None:
            prepared = self._prepare(request)
            request.extensions[_PREPARED] = prepared
        try:
            async with prepared.copy() as response:
                size = await _drain(response)
                status = response.status
        except exceptions.PyreqwestError as error:
            raise _as_httpx(error, request) from None
        return httpx.Response(status, headers=_NO_HEADERS, stream=_NO_BODY, extensions={DRAINED: size})

    async def aclose(self) -> None:
        """Close every connection."""
        await self._client.close()

    def _prepare(self, request: httpx.Request) -> StreamRequest:
        try:
            builder = self._client.request(request.method, str(request.url))
            # The client library sets these two itself, from the body.
            headers = [
                (name, value)
                for name, value in request.headers.multi_items()
                if name not in ("content-length", "transfer-encoding")
            ]
            builder = builder.headers(headers)
            if request.content:
                builder = builder.body_bytes(request.content)
            timeout = request.extensions.get("timeout", {}).get("read")
            if timeout is not None:
                builder = builder.timeout(timedelta(seconds=timeout))
            return builder.build_streamed()
        except (exceptions.PyreqwestError, ValueError) as error:
            raise httpx.UnsupportedProtocol(f"cannot be sent: {error}", request=request) from None


async def _drain(response: Response) -> int:
    length = response.get_header("content-length")
    if length is not None and length.isdigit() and int(length) <= _SMALL_BODY:
        return len(await response.bytes())
    size = 0
    while (chunk := await response.body_reader.read_chunk()) is not None:
        size += len(chunk)
    return size


def _as_httpx(error: exceptions.PyreqwestError, request: httpx.Request) -> httpx.TransportError:
    """Return httpx's error for one of pyreqwest's, which tells a refusal and a reset apart only in words."""
    causes = _causes(error)
    words = " ".join(causes)
    reason = _reason(causes[-1] if causes else error.message)
    connecting = "(Connect)" in words
    if isinstance(error, exceptions.RequestTimeoutError):
        late = httpx.ConnectTimeout if connecting else httpx.ReadTimeout
        return late("timeout", request=request)
    if connecting:
        # The layer that failed is named one cause above the system's words.
        place = "dns: " if "dns error" in words else ""
        return httpx.ConnectError(place + reason, request=request)
    if isinstance(error, exceptions.DecodeError):
        return httpx.RemoteProtocolError(f"not HTTP: {reason}", request=request)
    if "connection closed" in words:
        return httpx.RemoteProtocolError("connection closed before the answer", request=request)
    return httpx.ReadError(reason, request=request)


def _causes(error: exceptions.PyreqwestError) -> list[str]:
    details: Any = getattr(error, "details", None) or {}
    # The first cause repeats the URL, which may hold a secret.
    messages = [cause["message"] for cause in details.get("causes") or ()]
    return [message for message in messages if "for url (" not in message]


def _reason(cause: str) -> str:
    """Return the innermost cause in lower case, without the operating system's number."""
    return cause.partition(" (os error")[0].strip().lower()
