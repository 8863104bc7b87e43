"""The page of an access log, beside the recommendation alone on the same file in the same run.

    python benchmarks/report.py [LINES]

Prints wall and processor seconds of both from a cold start, their ratio, and the page's size.
"""

from __future__ import annotations

import datetime as dt
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np

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
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run([sys.executable, "-m", "cbtool", *arguments], check=True, capture_output=True)
    wall, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    return Cost(wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def main() -> None:
    lines = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory() as folder:
        log, page = Path(folder) / "access.log", Path(folder) / "report.html"
        write_log(log, lines)
        for _ in range(ROUNDS):
            peer = cost("recommend", str(log), "--json")
            ours = cost("report", str(log), "--output", str(page))
            ratio = ours.processor / peer.processor
            print(
                f"{lines:,} lines: recommend {peer.wall:.1f} s ({peer.processor:.1f} s of processors), "
                f"report {ours.wall:.1f} s ({ours.processor:.1f} s), {ratio:.2f} times; "
                f"page {page.stat().st_size / 1e6:.2f} MB"
            )


if __name__ == "__main__":
    main()
