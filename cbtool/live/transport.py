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

    from pyreqwest.request import ConsumedRequest, RequestBuilder, StreamRequest
    from pyreqwest.response import Response

_PREPARED = "cbtool_prepared"
_SMALL_BODY = 1 << 18  # bytes; after an answer of up to this, the next one is fetched at once


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
        prepared: _Prepared | None = request.extensions.get(_PREPARED)
        if prepared is None:
            prepared = request.extensions[_PREPARED] = self._prepare(request)
        try:
            status, size = await prepared.send()
        except exceptions.PyreqwestError as error:
            raise _as_httpx(error, request) from None
        return httpx.Response(status, headers=_NO_HEADERS, stream=_NO_BODY, extensions={DRAINED: size})

    async def aclose(self) -> None:
        """Close every connection."""
        await self._client.close()

    def _prepare(self, request: httpx.Request) -> _Prepared:
        try:
            whole, streamed = self._builder(request).build(), self._builder(request).build_streamed()
        except (exceptions.PyreqwestError, ValueError) as error:
            raise httpx.UnsupportedProtocol(f"cannot be sent: {error}", request=request) from None
        return _Prepared(whole, streamed, has_body=request.method != "HEAD")

    def _builder(self, request: httpx.Request) -> RequestBuilder:
        # The client library sets these two itself, from the body.
        headers = [
            (name, value)
            for name, value in request.headers.multi_items()
            if name not in ("content-length", "transfer-encoding")
        ]
        builder = self._client.request(request.method, str(request.url)).headers(headers)
        if request.content:
            builder = builder.body_bytes(request.content)
        timeout = request.extensions.get("timeout", {}).get("read")
        return builder if timeout is None else builder.timeout(timedelta(seconds=timeout))


class _Prepared:
    """A request, ready to be copied and sent in one of two ways.

    Fetching the whole answer at once crosses between the client's thread and ours once instead of twice,
    which saves a sixth of a call; but only piece by piece is the memory bounded. So the first answer is
    fetched in pieces, and the next ones at once for as long as they are small.

    Args:
        whole: fetches the answer with its body.
        streamed: fetches the answer, then its body in pieces.
        has_body: whether the answer's Content-Length is that of a body which is there.
    """

    __slots__ = ("_has_body", "_small", "_streamed", "_whole")

    def __init__(self, whole: ConsumedRequest, streamed: StreamRequest, *, has_body: bool) -> None:
        self._whole = whole
        self._streamed = streamed
        self._has_body = has_body
        self._small = False

    async def send(self) -> tuple[int, int]:
        """Return the status, and the bytes of the body, which is read and dropped."""
        if self._small:
            response = await self._whole.copy().send()
            size = await self._size_of(response)
            status = response.status
        else:
            async with self._streamed.copy() as response:
                size = await _drain(response)
                status = response.status
        self._small = size <= _SMALL_BODY
        return status, size

    async def _size_of(self, response: Response) -> int:
        if not self._has_body:
            return 0
        length = response.get_header("content-length")
        return int(length) if length is not None and length.isdigit() else len(await response.bytes())


async def _drain(response: Response) -> int:
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
