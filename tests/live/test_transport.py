"""The fast transport against real sockets on loopback: what it sends, drops, refuses and reports."""

from __future__ import annotations

import asyncio
import shutil
import ssl
import subprocess
from collections.abc import Awaitable, Callable

import httpx
import pytest
from helpers_live import plan_of

from cbtool.live.plan import RunPlan
from cbtool.live.preflight import explain
from cbtool.live.requests import RequestBook
from cbtool.live.sending import DRAINED, send
from cbtool.live.transport import FastTransport

Reader, Writer = asyncio.StreamReader, asyncio.StreamWriter
Handler = Callable[[Reader, Writer], Awaitable[None]]


def answering(head: str, body: bytes = b"") -> tuple[Handler, list[bytes]]:
    """Return a handler that answers every request alike, and the list of what it was sent."""
    received: list[bytes] = []

    async def handle(reader: Reader, writer: Writer) -> None:
        while not reader.at_eof():
            data = await reader.read(65536)
            if data:
                received.append(data)
                writer.write(head.replace("\n", "\r\n").encode() + b"\r\n" + body)
                await writer.drain()
        writer.close()

    return handle, received


def fetch(
    handler: Handler | None,
    *,
    times: int = 1,
    timeout: float = 5.0,
    verify: bool = True,
    tls: ssl.SSLContext | None = None,
    scheme: str = "http",
    **settings: object,
) -> list[tuple[int, int]]:
    """Return status and size of `times` requests to a server with this handler; None: nobody listens."""

    async def main() -> list[tuple[int, int]]:
        writers: list[Writer] = []

        async def serve(reader: Reader, writer: Writer) -> None:
            writers.append(writer)
            await (handler or answering("")[0])(reader, writer)

        server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
        port = server.sockets[0].getsockname()[1]
        if handler is None:
            server.close()
            await server.wait_closed()
        transport = FastTransport(verify=verify)
        base = plan_of([0.0], timeout=timeout, **settings)
        url = f"{scheme}://127.0.0.1:{port}/ask?token=s3cret"
        plan = RunPlan(base.command, url, base.schedule, base.config, headers=base.headers, body=base.body,
                       method=base.method, timeout=timeout)  # fmt: skip
        try:
            request = RequestBook(plan, plan.url)[0]
            return [await send(transport, request) for _ in range(times)]
        finally:
            await transport.aclose()
            server.close()
            for writer in writers:
                writer.transport.abort()
            await server.wait_closed()
            await asyncio.gather(*(asyncio.all_tasks() - {asyncio.current_task()}), return_exceptions=True)

    return asyncio.run(main())


def failure(handler: Handler | None, **settings: object) -> httpx.TransportError:
    with pytest.raises(httpx.TransportError) as raised:
        fetch(handler, **settings)  # type: ignore[arg-type]
    assert "s3cret" not in str(raised.value)
    return raised.value


def test_the_status_and_the_size_of_the_body_are_kept() -> None:
    handler, received = answering("HTTP/1.1 418 Teapot\nContent-Length: 5\n", b"12345")
    assert fetch(handler, times=3) == [(418, 5)] * 3
    assert len(received) == 3


def test_a_call_is_sent_with_its_own_headers_and_body() -> None:
    handler, received = answering("HTTP/1.1 200 OK\nContent-Length: 0\n")
    fetch(handler, method="POST", body=b"hello", headers=(("X-Own", "1"),))
    head, _, body = received[0].decode().lower().partition("\r\n\r\n")
    assert head.startswith("post /ask?token=s3cret http/1.1\r\n")
    assert body == "hello"
    lines = head.split("\r\n")[1:]
    names = sorted(line.partition(":")[0] for line in lines)
    assert names == ["accept", "content-length", "host", "user-agent", "x-own"]
    assert "user-agent: cbtool/" in head


def test_redirects_are_not_followed_and_cookies_not_kept() -> None:
    handler, received = answering(
        "HTTP/1.1 302 Found\nLocation: http://127.0.0.1:1/\nSet-Cookie: a=b\nContent-Length: 0\n"
    )
    assert fetch(handler, times=2) == [(302, 0)] * 2
    assert b"cookie" not in received[1].lower()


def test_a_proxy_in_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1/")
    handler, _ = answering("HTTP/1.1 204 No Content\n")
    assert fetch(handler) == [(204, 0)]


def test_a_compressed_body_is_not_unpacked() -> None:
    handler, _ = answering("HTTP/1.1 200 OK\nContent-Encoding: gzip\nContent-Length: 7\n", b"no gzip")
    assert fetch(handler) == [(200, 7)]


def test_a_body_of_unknown_or_large_size_is_read_piece_by_piece() -> None:
    chunked, _ = answering(
        "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n", b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    )
    assert fetch(chunked, times=3) == [(200, 5)] * 3
    large, _ = answering("HTTP/1.1 200 OK\nContent-Length: 3000000\n", b"x" * 3_000_000)
    assert fetch(large, times=2) == [(200, 3_000_000)] * 2
    no_body, _ = answering("HTTP/1.1 200 OK\nContent-Length: 100\n")
    assert fetch(no_body, times=2, method="HEAD") == [(200, 0)] * 2


def test_nobody_listens() -> None:
    error = failure(None)
    assert isinstance(error, httpx.ConnectError)
    assert str(error) == "connection refused"


def test_no_such_host() -> None:
    async def main() -> None:
        transport = FastTransport()
        await send(transport, httpx.Request("GET", "http://nowhere.invalid/?token=s3cret"))

    with pytest.raises(httpx.ConnectError, match=r"^dns: ") as raised:
        asyncio.run(main())
    assert "does not resolve" in explain(raised.value)


def test_the_connection_is_closed_without_an_answer() -> None:
    async def close(reader: Reader, writer: Writer) -> None:
        await reader.read(1)
        writer.close()

    assert isinstance(failure(close), httpx.RemoteProtocolError)


def test_the_connection_is_reset() -> None:
    async def reset(reader: Reader, writer: Writer) -> None:
        await reader.read(1)
        writer.transport.abort()

    assert isinstance(failure(reset), (httpx.RemoteProtocolError, httpx.ReadError))


def test_an_answer_that_is_not_http() -> None:
    handler, _ = answering("SSH-2.0-OpenSSH_9\n")
    error = failure(handler)
    assert isinstance(error, httpx.RemoteProtocolError)
    assert "is this an HTTP port" in explain(error)


def test_an_answer_that_ends_too_soon() -> None:
    async def stop(reader: Reader, writer: Writer) -> None:
        await reader.read(1)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc")
        await writer.drain()
        writer.close()

    assert isinstance(failure(stop), httpx.TransportError)


def test_no_answer_in_time() -> None:
    async def hang(reader: Reader, writer: Writer) -> None:
        await reader.read()  # until the caller gives up
        writer.close()

    assert isinstance(failure(hang, timeout=0.05), httpx.TimeoutException)


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    """Return a server's side of TLS with a certificate that nobody has signed."""
    if shutil.which("openssl") is None:
        pytest.skip("needs openssl, to make a certificate")
    folder = tmp_path_factory.mktemp("tls")
    made = [
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-subj",
        "/CN=localhost",
    ]
    files = ["-keyout", str(folder / "key.pem"), "-out", str(folder / "certificate.pem")]
    subprocess.run(["openssl", "req", *made, *files], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "certificate.pem", folder / "key.pem")
    return context


def test_a_certificate_that_is_not_valid(tls: ssl.SSLContext) -> None:
    handler, _ = answering("HTTP/1.1 200 OK\nContent-Length: 0\n")
    error = failure(handler, tls=tls, scheme="https")
    assert isinstance(error, httpx.ConnectError)
    assert "--insecure" in explain(error)


def test_a_certificate_that_is_accepted_all_the_same(tls: ssl.SSLContext) -> None:
    handler, _ = answering("HTTP/1.1 200 OK\nContent-Length: 0\n")
    assert fetch(handler, tls=tls, scheme="https", verify=False) == [(200, 0)]


def test_https_where_only_http_is_spoken() -> None:
    handler, _ = answering("HTTP/1.1 400 Bad Request\nContent-Length: 0\n")
    assert "try http://" in explain(failure(handler, scheme="https"))


def test_any_transport_of_httpx_will_do() -> None:
    async def main() -> tuple[int, int]:
        transport = httpx.MockTransport(lambda _: httpx.Response(201, content=b"abc"))
        return await send(transport, httpx.Request("GET", "http://127.0.0.1/"))

    assert asyncio.run(main()) == (201, 3)
    assert DRAINED not in httpx.Response(200).extensions
