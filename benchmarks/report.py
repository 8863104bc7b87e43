"""`recommend` and `report` from a cold start, beside goaccess on the same file in the same run.

    python benchmarks/report.py [LINES]

Two logs: one with few failures and no incident, one with three incidents. Each command is a process of its
own, its kernels compiled and the file in memory. Prints wall and processor seconds of each, what the page
takes in times the recommendation, and the page's size. Without goaccess, only our own figures are printed.
"""

from __future__ import annotations

import datetime as dt
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
from ingest import goaccess
from ingest import write_log as write_calm_log

ROUNDS = 3
SPAN = 6 * 3600.0
INCIDENTS = ((5_000.0, 5_180.0, 0.6), (13_000.0, 13_090.0, 1.0), (18_000.0, 18_400.0, 0.3))
"""From, to, and the share of failures in it."""


class Cost(NamedTuple):
    """What a command took, in seconds."""

    wall: float
    processor: float


def write_log(path: Path, lines: int) -> None:
    """Write a combined log with a request time over six hours, with three incidents."""
    draws = np.random.default_rng(1)
    start = np.sort(draws.uniform(0.0, SPAN, lines))
    duration = draws.lognormal(np.log(0.04), 0.7, lines)
    failed = draws.random(lines) < 0.008
    for first, last, share in INCIDENTS:
        inside = (start > first) & (start < last)
        failed[inside] = draws.random(int(inside.sum())) < share
        duration[inside] *= 4
    second, stamp = -1, ""
    ends = (1_795_514_400 + start + duration).astype(int).tolist()
    with path.open("w") as file:
        for i, (end, bad, took) in enumerate(zip(ends, failed.tolist(), duration.tolist(), strict=True)):
            if end != second:
                second = end
                stamp = dt.datetime.fromtimestamp(end, dt.UTC).strftime("%d/%b/%Y:%H:%M:%S %z")
            file.write(
                f'10.0.0.{i % 250} - - [{stamp}] "GET /api/v1/items/{i % 997} HTTP/1.1" '
                f'{503 if bad else 200} 512 "-" "curl/8.5.0" {took:.3f}\n'
            )


def cost(*arguments: str) -> Cost:
    """Run one command from a cold start."""
    # As where it is installed: not compiled to bytecode anew each time.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "cbtool", *arguments], check=True, capture_output=True, env=environment
    )
    wall, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    return Cost(wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def compare(kind: str, log: Path, page: Path) -> None:
    """Print a line a round, the peer in each."""
    for _ in range(ROUNDS):
        answer = cost("recommend", str(log), "--json")
        report = cost("report", str(log), "--output", str(page))
        peer = f"goaccess {goaccess(log):.1f} s, " if shutil.which("goaccess") else ""
        print(
            f"{kind}: {peer}recommend {answer.wall:.1f} s ({answer.processor:.1f} s of processors), "
            f"report {report.wall:.1f} s ({report.processor:.1f} s), "
            f"{report.processor / answer.processor:.2f} times; page {page.stat().st_size / 1e6:.2f} MB",
            flush=True,
        )


def main() -> None:
    lines = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory() as folder:
        log, page = Path(folder) / "access.log", Path(folder) / "report.html"
        print(f"{lines:,} lines")
        for kind, write in (("few failures", write_calm_log), ("incidents", write_log)):
            write(log, lines)
            cost("report", str(log), "--output", str(page))  # compiles, and reads the file from the disk
            compare(kind, log, page)


if __name__ == "__main__":
    main()
