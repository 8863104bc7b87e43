"""HAProxy: a backend of the server under test, observed, and a backup."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path
from typing import Any


def header() -> dict[str, str]:
    """Return what is run."""
    told = subprocess.run(["haproxy", "-v"], capture_output=True, text=True, check=True).stdout
    version = told.split("version ", 1)[1].split("-")[0]
    return {
        "library": "haproxy",
        "version": version,
        "licence": "GPL-2.0-or-later",
        "language": "C",
        "runtime": "one thread",
    }


def prepare(folder: Path, servers: list[tuple[dict[str, Any], int]], stand_by: int, front: int) -> list[str]:
    """Write a configuration and return the command that runs it."""
    backends, uses = [], []
    for question, port in servers:
        options = "".join(f" {name} {value}" for name, value in question["options"].items())
        backends.append(
            f"backend b{port}\n"
            "  option httpchk\n  http-check send meth GET uri /check\n"
            f"  server tested 127.0.0.1:{port} check observe layer7{options}\n"
            f"  server other 127.0.0.1:{stand_by} backup\n"
        )
        uses.append(f"  use_backend b{port} if {{ path_beg /{port}/ }}\n")
    text = (
        "global\n  nbthread 1\n  maxconn 4000\n"
        "defaults\n  mode http\n  retries 0\n"
        "  timeout connect 5s\n  timeout client 300s\n  timeout server 300s\n"
        f"frontend all\n  bind 127.0.0.1:{front}\n{''.join(uses)}{''.join(backends)}"
    )
    (folder / "haproxy.cfg").write_text(text)
    return ["haproxy", "-db", "-f", str(folder / "haproxy.cfg")]


async def origin(run: Any) -> float:
    """Return when a check is due, well ahead: time 0 of the request."""
    run.checked.clear()
    await run.checked.wait()
    interval = _seconds(run.question["options"].get("inter", "2s"))
    at = run.checks[-1]
    while at < time.time() + 0.5:
        at += interval
    return at


def _seconds(text: str) -> float:
    return float(text.removesuffix("ms")) / 1000 if text.endswith("ms") else float(text.removesuffix("s"))
