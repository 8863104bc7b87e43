"""The fault lab as a process: its body for the command, and a way to start one and know its address."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from typing import IO, TYPE_CHECKING, Any

from cbtool.errors import UnreachableError
from cbtool.live.upstream import LabOptions, serve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from typing import Unpack

    from cbtool.live.upstream import Served
    from cbtool.traffic.scenario import Scenario

LISTENING = "listening on "
"""What stands before the address on the first line of standard output."""

STOP_WITHIN = 3.0  # seconds that a started lab has to end


def run_lab(
    scenario: Scenario,
    *,
    on_listening: Callable[[str], None],
    duration: float | None = None,
    until_closed: int | None = None,
    **options: Unpack[LabOptions],
) -> tuple[Served, bool]:
    """Serve until a signal, the duration's end, or the end of `until_closed`.

    Args:
        scenario: what happens when.
        on_listening: called once, with the address, when the port is open.
        duration: seconds to serve, from now; None: for ever.
        until_closed: the file descriptor of a pipe from the parent; the lab ends with it.
        options: the arguments of `FaultLab`.

    Returns:
        What was served, and whether a signal ended it.
    """

    async def main() -> tuple[Served, bool]:
        stop = _Stop(until_closed)
        async with serve(scenario, **options) as lab:
            on_listening(lab.url)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.event.wait(), duration)
        return lab.served, stop.interrupted

    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        return runner.run(main())


class _Stop:
    """What ends a lab before its time: a signal, or the end of the parent."""

    def __init__(self, pipe: int | None) -> None:
        self.event = asyncio.Event()
        self.interrupted = False
        self._pipe = pipe
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._interrupt)
        if pipe is not None:
            loop.add_reader(pipe, self._read)

    def _interrupt(self) -> None:
        self.interrupted = True
        self.event.set()

    def _read(self) -> None:
        if self._pipe is not None and not os.read(self._pipe, 4096):
            asyncio.get_running_loop().remove_reader(self._pipe)
            self.event.set()


@contextlib.contextmanager
def spawn_upstream(scenario: Path, *arguments: str, wait: float = 20.0) -> Iterator[str]:
    """Serve a scenario from a process of its own for as long as the block runs.

    The process has a session of its own, so that Ctrl-C reaches only the caller, and ends by itself when
    the caller dies.

    Args:
        scenario: its file.
        arguments: further options of `cbtool upstream`.
        wait: seconds that it may take to start.

    Yields:
        Its address, without a trailing slash.

    Raises:
        UnreachableError: it did not start; with what it said.
    """
    command = [sys.executable, "-m", "cbtool", "upstream", "--scenario", str(scenario), "--port", "0"]
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(  # noqa: S603  # our own interpreter and module, no shell
            [*command, "--until-stdin-closes", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            start_new_session=True,
        )
        try:
            yield _address(process, errors, wait)
        finally:
            _end(process)


def _address(process: subprocess.Popen[bytes], errors: IO[bytes], wait: float) -> str:
    """Read the address from the first line."""
    assert process.stdout is not None  # noqa: S101  # it was asked for
    deadline = time.monotonic() + wait
    line = b""
    while not line.endswith(b"\n"):
        left = deadline - time.monotonic()
        ready = left > 0 and select.select([process.stdout], [], [], left)[0]
        piece = os.read(process.stdout.fileno(), 4096) if ready else b""
        if not piece:
            errors.seek(0)
            said = errors.read(2000).decode(errors="replace").strip() or f"nothing in {wait:g} s"
            raise UnreachableError(f"the fault lab did not start: {said}")
        line += piece
    return line.splitlines()[0].decode().removeprefix(LISTENING)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the process that was started here, and wait for it."""
    process.terminate()
    try:
        process.wait(STOP_WITHIN)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Return uvloop's event loop where it is installed, else None for Python's own."""
    try:
        uvloop: Any = importlib.import_module("uvloop")
    except ImportError:
        return None
    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory
