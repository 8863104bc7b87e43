"""A headless Chromium, driven over its own protocol: open a page, ask it things, hear it complain."""

from __future__ import annotations

import asyncio
import itertools
import os
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp

if TYPE_CHECKING:
    from collections.abc import Iterator

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_FLAGS = (
    "--headless=new",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-extensions",
    "--hide-scrollbars",
    "--remote-debugging-port=0",
)
_PATIENCE = 60.0  # seconds, for a machine that is busy
_COMPLAINTS = ("Runtime.exceptionThrown", "Log.entryAdded")


def chromium() -> str | None:
    """Return the command of a browser that runs here; None where there is none."""
    return next((found for name in NAMES if (found := shutil.which(name)) and _runs(found)), None)


def _runs(command: str) -> bool:
    """Return whether a command is a browser, rather than a stand-in that tells how to install one."""
    try:
        return subprocess.run([command, "--version"], capture_output=True, timeout=_PATIENCE).returncode == 0  # noqa: PLW1510  # that is the question
    except (OSError, subprocess.TimeoutExpired):
        return False


class Browser:
    """One tab. Its methods wait for the answer."""

    def __init__(self, runner: asyncio.Runner, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self._runner = runner
        self._socket = socket
        self._numbers = itertools.count(1)
        self._loaded = False
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.send(f"{domain}.enable")

    def send(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Ask for one thing of the protocol."""
        return self._runner.run(self._send(method, parameters))

    def open(self, page: Path, *, width: int = 1100, dark: bool = False, media: str = "screen") -> None:
        """Open a file, as wide as a device is and in light or dark, and wait until it is there."""
        mobile = width < 600
        self.send(
            "Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=mobile
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.send("Emulation.setEmulatedMedia", media=media, features=[scheme])
        self._loaded = False
        self.send("Page.navigate", url=page.resolve().as_uri())
        self._runner.run(self._until_loaded())

    def value(self, script: str) -> Any:
        """Return what an expression comes to in the page."""
        answer = self.send("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    async def _send(self, method: str, parameters: dict[str, Any]) -> dict[str, Any]:
        number = next(self._numbers)
        await self._socket.send_json({"id": number, "method": method, "params": parameters})
        while True:
            message = await self._socket.receive_json(timeout=_PATIENCE)
            if message.get("id") == number:
                assert "error" not in message, (method, message["error"])
                result: dict[str, Any] = message["result"]
                return result
            self._hear(message)

    async def _until_loaded(self) -> None:
        while not self._loaded:
            self._hear(await self._socket.receive_json(timeout=_PATIENCE))

    def _hear(self, message: dict[str, Any]) -> None:
        method, parameters = message["method"], message["params"]
        if method in _COMPLAINTS:
            self.complaints.append(str(parameters))
        elif method == "Runtime.consoleAPICalled" and parameters["type"] in {"error", "warning", "assert"}:
            self.complaints.append(str(parameters["args"]))
        elif method == "Network.requestWillBeSent":
            self.requests.append(parameters["request"]["url"])
        elif method == "Page.loadEventFired":
            self._loaded = True


@contextmanager
def browser(command: str) -> Iterator[Browser]:
    """Start a browser with a profile of its own, and end it."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home, asyncio.Runner() as runner:
        sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
        process = subprocess.Popen(
            [command, *_FLAGS, *sandbox, f"--user-data-dir={home}", "about:blank"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        session = None
        try:
            port = runner.run(_port(Path(home), process))
            session, socket = runner.run(_connected(port))
            yield Browser(runner, socket)
        finally:
            if session is not None:
                runner.run(session.close())
            process.terminate()
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


async def _port(home: Path, process: subprocess.Popen[bytes]) -> int:
    """Return the port that the browser says it listens on."""
    file = home / "DevToolsActivePort"
    async with asyncio.timeout(_PATIENCE):
        while not (file.exists() and file.read_text().count("\n")):
            assert process.poll() is None, "the browser ended at once"
            await asyncio.sleep(0.05)
    return int(file.read_text().splitlines()[0])


async def _connected(port: int) -> tuple[aiohttp.ClientSession, aiohttp.ClientWebSocketResponse]:
    session = aiohttp.ClientSession()
    async with session.get(f"http://127.0.0.1:{port}/json/list") as answer:
        tabs = await answer.json(content_type=None)
    url = next(tab["webSocketDebuggerUrl"] for tab in tabs if tab["type"] == "page")
    return session, await session.ws_connect(url, max_msg_size=0)
