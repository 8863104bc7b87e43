"""One request in real time: its calls through the proxy, and the server that they are meant for."""

from __future__ import annotations

import asyncio
import time
from typing import Any

_OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
_ERROR = b"HTTP/1.1 500 Oh no\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
PATIENCE = 30.0
"""Seconds for the proxy to be ready."""


class Run:
    """A request's calls; `reached` are those that came to the server under test."""

    tolerance = 0.06
    """Seconds; the plan keeps twice as far off what decides."""

    def __init__(self, question: dict[str, Any], port: int) -> None:
        self.question = question
        self.port = port
        self.reached: set[int] = set()
        self.latest = 0.0
        self.checks: list[float] = []
        """When the proxy looked whether the server is there, in Unix time."""
        self.checked = asyncio.Event()
        self._origin = 0.0

    def answer(self) -> dict[str, Any]:
        """Return what was seen; the states are the proxy's own."""
        permitted = "".join(str(int(call in self.reached)) for call in range(len(self.question["t"])))
        return {"id": self.question["id"], "p": permitted, "before": None, "after": None}

    async def play(self, front: int, origin: Any) -> None:
        """Make every call at its time after an origin in Unix time, which is awaited."""
        self._origin = await asyncio.wait_for(origin, PATIENCE)
        calls = range(len(self.question["t"]))
        await asyncio.gather(*(self._call(call, front) for call in calls))

    async def _call(self, call: int, front: int) -> None:
        await self._until(self.question["t"][call])
        reader, writer = await asyncio.open_connection("127.0.0.1", front)
        writer.write(f"GET /{self.port}/{call} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode())
        if self.question["r"][call] == "i":
            await self._until(self.question["t"][call] + self.question["d"][call])
        else:
            await reader.read()
        writer.close()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer as the request says, and well to the proxy's own check."""
        line = await reader.readline()
        if line.startswith(b"GET /check"):
            self.checks.append(time.time())
            self.checked.set()
            writer.write(_OK)
            writer.close()
            return
        call = int(line.split()[1].rsplit(b"/", 1)[1])
        self.reached.add(call)
        result = self.question["r"][call]
        if result == "i":  # the caller leaves, and with it the proxy
            await reader.read()
        else:
            await self._until(self.question["t"][call] + self.question["d"][call])
            if result == "s":
                writer.write(_OK)
            elif call % 2:
                writer.write(_ERROR)
        writer.close()

    async def _until(self, milliseconds: int) -> None:
        at = self._origin + milliseconds / 1000.0
        await asyncio.sleep(max(0.0, at - time.time()))
        self.latest = max(self.latest, time.time() - at)
