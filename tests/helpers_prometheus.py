"""A stand-in for a Prometheus server on loopback: what it is asked is kept, and a function answers."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import parse_qs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Asked(NamedTuple):
    """A range query."""

    query: str
    start: float
    end: float
    step: float
    authorization: str | None


class StandIn(NamedTuple):
    """The server's URL, and what it was asked so far."""

    url: str
    asked: list[Asked]


@contextmanager
def standing_in(answer: Callable[[Asked], tuple[int, bytes]]) -> Iterator[StandIn]:
    """Serve, with the status and the body that `answer` gives, until the end of the block."""
    asked: list[Asked] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            form = parse_qs(self.rfile.read(int(self.headers["content-length"])).decode())
            start, end, step = (float(form[name][0]) for name in ("start", "end", "step"))
            asked.append(Asked(form["query"][0], start, end, step, self.headers["authorization"]))
            status, body = answer(asked[-1])
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield StandIn(f"http://127.0.0.1:{server.server_port}", asked)
        server.shutdown()
