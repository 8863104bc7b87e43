"""One question before the load: what is fine, and what is said where it is not."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import httpx
import pytest
from helpers_live import HANG, Answer, Target, plan_of
from helpers_loop import run_virtual

from cbtool.errors import UnreachableError
from cbtool.live.preflight import LONGEST_WAIT, preflight


def ask(behaviour: Callable[[float, httpx.Request], Answer]) -> Target:
    target = Target(behaviour)
    run_virtual(preflight(plan_of([0.0]), target))
    return target


@pytest.mark.parametrize("status", [200, 301, 404, 405, 500, 503])
def test_any_answer_will_do(status: int) -> None:
    target = ask(lambda _, __: Answer(status))
    assert [request.method for _, request in target.asked] == ["HEAD"]


def test_a_timeout_is_for_the_run_to_measure() -> None:
    target = ask(lambda _, __: Answer(error=httpx.ReadTimeout))
    assert [request.method for _, request in target.asked] == ["HEAD"]


def test_a_server_that_hangs_is_not_waited_for() -> None:
    async def main() -> float:
        loop = asyncio.get_running_loop()
        await preflight(plan_of([0.0], timeout=60.0), Target(lambda _, __: HANG))
        return loop.time()

    assert run_virtual(main()) == pytest.approx(LONGEST_WAIT)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (httpx.ConnectError("connection refused"), "is the server running"),
        (httpx.ConnectError("dns: failed to lookup address information"), "does not resolve"),
        (httpx.ConnectError("invalid peer certificate: UnknownIssuer"), "--insecure"),
        (httpx.ConnectError("received corrupt message of type InvalidContentType"), "http://"),
        (httpx.RemoteProtocolError("not HTTP: invalid HTTP version parsed"), "is this an HTTP port"),
        (httpx.ConnectError("network is unreachable"), "cannot connect (network is unreachable)"),
    ],
)
def test_what_is_wrong_is_said_with_what_to_do(error: httpx.TransportError, words: str) -> None:
    class Broken(httpx.AsyncBaseTransport):
        async def handle_async_request(self, _: httpx.Request) -> httpx.Response:
            raise error

    with pytest.raises(UnreachableError) as raised:
        run_virtual(preflight(plan_of([0.0]), Broken()))
    assert words in str(raised.value)
    assert str(raised.value).startswith("http://127.0.0.1:8080/ask: ")
    assert "\n" not in str(raised.value)
