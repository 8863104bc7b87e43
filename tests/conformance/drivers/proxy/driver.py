"""Answers requests from a real proxy in real time: `python driver.py LIBRARY`.

Each request has a server of its own under test, and all share one that stands by: what the proxy sends there
it has refused to the first. All requests run side by side. The proxy's clock is the machine's, so calls are
planned a good way off every instant that decides, and a request is asked anew if any event came too late.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import time
from importlib import import_module
from pathlib import Path
from typing import Any

from traffic import Run

TRIES = 4


async def ask(proxy: Any, questions: list[dict[str, Any]], first_port: int) -> list[Run]:
    """Put every question to one proxy, side by side."""
    runs = [Run(question, first_port + 1 + number) for number, question in enumerate(questions)]
    stand_by = await asyncio.start_server(_stand_in, "127.0.0.1", first_port)
    servers = [await asyncio.start_server(run.serve, "127.0.0.1", run.port) for run in runs]
    with tempfile.TemporaryDirectory() as folder:
        front = first_port + len(runs) + 1
        arguments = proxy.prepare(Path(folder), [(run.question, run.port) for run in runs], first_port, front)
        process = await asyncio.create_subprocess_exec(*arguments, stdout=sys.stderr)
        try:
            await _listening(front)
            await asyncio.gather(*(run.play(front, proxy.origin(run)) for run in runs))
        finally:
            if process.returncode is None:
                process.terminate()
            await process.wait()
            for server in (stand_by, *servers):
                server.close()
    return runs


async def _stand_in(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(4096)
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
    writer.close()


async def _listening(port: int) -> None:
    for _ in range(100):
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.05)
        else:
            writer.close()
            return
    raise RuntimeError("the proxy does not listen")


def main(library: str) -> None:
    """Answer every request, in order."""
    proxy = import_module(f"of_{library}")
    questions = [json.loads(line) for line in sys.stdin if line.strip()]
    print(json.dumps(proxy.header()), flush=True)
    answers: dict[str, dict[str, Any]] = {}
    for attempt in range(TRIES):
        left = [question for question in questions if question["id"] not in answers]
        if not left:
            break
        for run in asyncio.run(ask(proxy, left, 21000 + 1000 * attempt)):
            if run.latest <= run.tolerance:
                answers[run.question["id"]] = run.answer()
            else:
                print(f"{run.question['id']}: {run.latest * 1000:.0f} ms late", file=sys.stderr)
    for question in questions:
        if question["id"] not in answers:
            sys.exit(f"{question['id']}: this machine is too busy to be on time")
        print(json.dumps(answers[question["id"]]))


if __name__ == "__main__":
    began = time.monotonic()
    main(sys.argv[1])
    print(f"took {time.monotonic() - began:.0f} s", file=sys.stderr)
