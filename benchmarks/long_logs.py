"""Peak memory of commands on nginx logs of growing size.

    python benchmarks/long_logs.py [GIGABYTES …]    default: 1 2.5

What does not fit is sorted on disk. Each log is one stretch of traffic, repeated with later time stamps. It
needs as much disk as the largest of them and half as much again, in TMPDIR. Prints seconds and peak memory of
each command, and how much larger that is for the largest log than for the smallest.
"""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

STRETCH = 400_000  # lines that are repeated
RATE = 200  # calls a second
BEGAN = 1_760_000_000
AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Safari/537.36"
ENDPOINTS = ("items", "orders", "users", "carts", "search")
# One brown-out of 20 s, repeated every half hour, would else be taken for a habit to ride through.
ACTED_ON = ("--shortest-incident", "10s")
COMMANDS = {
    "simulate": ["simulate", "-p", "balanced"],
    "simulate --by path": ["simulate", "-p", "balanced", "--by", "path"],
    "simulate --instances 4": ["simulate", "-p", "balanced", "--instances", "4"],
    "sweep, 48 settings": [
        "sweep",
        *("-p", "balanced", "--vary", "failure_rate_threshold=5..60:5"),
        *("--vary", "minimum_number_of_errors=1,5,10,50"),
    ],
    "compare, 3 profiles": ["compare", "-p", "balanced", "--dialects", "default,hystrix"],
    "recommend": ["recommend", *ACTED_ON],
    "recommend --by path": ["recommend", "--by", "path", *ACTED_ON],
    "report": ["report", *ACTED_ON],
    "verify": ["verify", "-p", "balanced"],
    "replay --dry-run": ["replay", "--target", "http://127.0.0.1:9", "--dry-run"],
}


def stretch() -> tuple[list[int], list[str], list[str]]:
    """Return the lines' seconds, and their texts before and after the time stamp; a tenth is an outage."""
    draws = np.random.default_rng(1)
    started = np.cumsum(draws.exponential(1 / RATE, STRETCH))
    duration = draws.lognormal(-3.5, 0.8, STRETCH)
    outage = np.abs(np.arange(STRETCH) / STRETCH - 0.5) < 0.005
    status = np.where(draws.random(STRETCH) < np.where(outage, 0.6, 0.01), 503, 200).tolist()
    order = np.argsort(started + duration).tolist()
    seconds = (started + duration).astype(int).tolist()
    before = [f"10.0.{i % 250}.{i % 199} - - [" for i in range(STRETCH)]
    after = [
        f'] "GET /api/v1/{ENDPOINTS[i * 7 % 11 % 5]}/{i % 500}?q={i * 7} HTTP/1.1" {status[i]} '
        f'{100 + i % 9000} "https://example.com/start" "{AGENT}" {duration[i]:.3f}\n'
        for i in range(STRETCH)
    ]
    return [seconds[i] for i in order], [before[i] for i in order], [after[i] for i in order]


def write_log(path: Path, size: float) -> int:
    """Write a log of so many bytes, and return how many lines it has."""
    seconds, before, after = stretch()
    length, written, lines = seconds[-1] + 1, 0, 0
    with path.open("w") as file:
        while written < size:
            base = BEGAN + lines // STRETCH * length
            stamps = [
                dt.datetime.fromtimestamp(base + second, dt.UTC).strftime("%d/%b/%Y:%H:%M:%S %z")
                for second in range(length)
            ]
            texts = zip(before, seconds, after, strict=True)
            written += file.write("".join([a + stamps[s] + b for a, s, b in texts]))
            lines += STRETCH
    return lines


def run(arguments: list[str], log: Path) -> tuple[float, float]:
    """Return the seconds and the peak of resident memory, in MB, of a command."""
    command, *options = arguments
    began = time.perf_counter()
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "cbtool", command, str(log), *options, "--json"],
            stdout=output,
            stderr=subprocess.DEVNULL,
        )
        _, status, usage = os.wait4(process.pid, 0)
    if os.waitstatus_to_exitcode(status) not in {0, 1}:  # 1: the profile does not hold, which is an answer
        sys.exit(f"{' '.join(arguments)} ended with {os.waitstatus_to_exitcode(status)}")
    return time.perf_counter() - began, usage.ru_maxrss / 1024


def main() -> None:
    sizes = sorted(float(size) for size in sys.argv[1:]) or [1.0, 2.5]
    peaks: dict[str, list[float]] = {name: [] for name in COMMANDS}
    print(f"{'log':>8}{'lines':>14}  {'command':<26}{'time':>9}{'lines/s':>12}{'peak':>11}")
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            log = Path(folder) / "access.log"
            lines = write_log(log, size * 1e9)
            for name, arguments in COMMANDS.items():
                took, peak = run(arguments, log)
                peaks[name].append(peak)
                rate = f"{lines / took:,.0f}"
                print(
                    f"{size:>5g} GB{lines:>14,}  {name:<26}{took:>7.1f} s{rate:>12}{peak:>8,.0f} MB",
                    flush=True,
                )
    for name, each in peaks.items():
        print(f"{name}: {each[-1] / each[0]:.2f} times the memory for {sizes[-1] / sizes[0]:g} times the log")


if __name__ == "__main__":
    main()
