"""Reading an nginx log into calls beside goaccess, and gzipped beside zcat, in the same run.

    python benchmarks/ingest.py [LINES]

Prints lines a second of both, their ratio, and peak memory of a process that reads the log once, over what
reading a small one takes, as a multiple of the columns; the same without the calls' texts, as commands read
that look at none; and the seconds that the file takes gzipped. goaccess must be installed; without it, only
our own figures are printed.
"""

from __future__ import annotations

import datetime as dt
import gzip
import multiprocessing
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from cbtool.logs import read_calls

AGENTS = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Safari/537.36",
    "curl/8.5.0",
    "Go-http-client/2.0",
)
GOACCESS_FORMAT = '%h - %^ [%d:%t %^] "%r" %s %b "%R" "%u" %T'
ROUNDS = 3


def write_log(path: Path, lines: int) -> None:
    """Write a combined log with a request time: 200 requests a second, log-normal durations."""
    draws = np.random.default_rng(1)
    duration = draws.lognormal(-3.5, 0.8, lines)
    end = (
        np.sort(1_760_000_000 + np.cumsum(draws.exponential(1 / 200, lines)) + duration).astype(int).tolist()
    )
    status = draws.choice(
        [200, 201, 304, 404, 500, 503], lines, p=[0.85, 0.05, 0.04, 0.04, 0.01, 0.01]
    ).tolist()
    second, stamp = 0, ""
    with path.open("w") as file:
        for i in range(lines):
            if end[i] != second:
                second = end[i]
                stamp = dt.datetime.fromtimestamp(second, dt.UTC).strftime("%d/%b/%Y:%H:%M:%S %z")
            number = i % 500
            file.write(
                f"10.0.{i % 250}.{i % 199} - - [{stamp}] "
                f'"GET /api/v1/items/{number}?q={number * 7} HTTP/1.1" {status[i]} {100 + i % 9000} '
                f'"https://example.com/start" "{AGENTS[i % 3]}" {duration[i]:.3f}\n'
            )


def ours(path: Path) -> tuple[float, int, int]:
    """Seconds to read the log, how many calls there are, and bytes of their columns."""
    began = time.perf_counter()
    calls = read_calls([str(path)]).calls
    took = time.perf_counter() - began
    size = sum(a.nbytes for a in (calls.start_ns, calls.duration_ns, calls.status, calls.error))
    size += sum(int(text.estimated_size()) for text in (calls.method, calls.path) if text is not None)
    return took, len(calls), size


def peak(path: Path, small: Path) -> int:
    """Bytes that a process holds at most while it reads the log, over what reading a small one takes."""
    ours(small)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    ours(path)
    return (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024


def gzipped(path: Path) -> tuple[float, float]:
    """Seconds to read the log gzipped, and that zcat takes to write it nowhere."""
    packed = path.with_suffix(".gz")
    packed.write_bytes(gzip.compress(path.read_bytes(), 6))
    own, peer = [], []
    for _ in range(ROUNDS):
        own.append(ours(packed)[0])
        began = time.perf_counter()
        subprocess.run(["zcat", str(packed)], check=True, stdout=subprocess.DEVNULL)
        peer.append(time.perf_counter() - began)
    return min(own), min(peer)


def without_texts(path: Path) -> float:
    """Seconds to read the log as `recommend` does."""
    began = time.perf_counter()
    read_calls([str(path)], texts=())
    return time.perf_counter() - began


def goaccess(path: Path) -> float:
    """Seconds that goaccess takes to read the log and write its JSON report."""
    command = ["goaccess", str(path), "--log-format", GOACCESS_FORMAT]
    command += ["--date-format", "%d/%b/%Y", "--time-format", "%H:%M:%S"]
    command += ["--no-global-config", "--no-progress", "-o", str(path.with_suffix(".json"))]
    began = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - began


def main() -> None:
    lines = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "access.log"
        write_log(path, lines)
        small = path.with_suffix(".small")
        write_log(small, 1000)
        ours(small)
        with multiprocessing.get_context("spawn").Pool(1) as process:
            held = process.apply(peak, (path, small))
        took, calls, size = min(ours(path) for _ in range(ROUNDS))
        if calls != lines:
            sys.exit(f"read {calls:,} of {lines:,} lines")
        print(f"log              {lines:>12,} lines, {path.stat().st_size / 1e6:,.0f} MB")
        print(f"cbtool           {lines / took:>12,.0f} lines/s  (best of {ROUNDS})")
        print(f"  columns        {size / 1e6:>12,.0f} MB, peak memory {held / size:.1f} times that")
        bare = min(without_texts(path) for _ in range(ROUNDS))
        print(f"without texts    {lines / bare:>12,.0f} lines/s  (best of {ROUNDS})")
        packed, unpacked = gzipped(path)
        print(f"gzipped          {packed:>12.2f} s; zcat {unpacked:.2f} s, ratio {packed / unpacked:.2f}")
        if shutil.which("goaccess"):
            peer = min(goaccess(path) for _ in range(ROUNDS))
            print(f"goaccess         {lines / peer:>12,.0f} lines/s  (best of {ROUNDS})")
            print(f"ratio            {peer / took:>12.1f}")


if __name__ == "__main__":
    main()
