"""Live requests through the breaker, beside wrk or hey against the same nginx in the same run.

    python benchmarks/live.py [--seconds 5]

Starts an nginx of its own on a free loopback port. Prints requests a second of the load tool and of
`cbtool probe` (with and without a run record) with their ratio, and the schedule lag at 1,000/s.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import re
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.request import urlopen

if TYPE_CHECKING:
    from collections.abc import Iterator

CONNECTIONS = 100
RATES = (4000, 5000, 6000, 8000, 10_000, 12_000)  # tried in turn until one is not kept up with
LAG_RATE = 1000
MOST_DROPPED = 0.001  # of the calls; above it a rate counts as not kept up with

CONFIG = """\
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 2048; }}
http {{
  access_log off; keepalive_requests 100000000;
  client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
  uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  server {{ listen 127.0.0.1:{port}; location / {{ return 200 "ok\\n"; }} }}
}}
"""


@contextlib.contextmanager
def nginx() -> Iterator[str]:
    """Serve "ok" on loopback; gives the URL."""
    binary = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
    if binary is None:
        sys.exit("benchmarks/live.py needs nginx; on Debian: apt install nginx-light")
    with tempfile.TemporaryDirectory() as folder, socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        config = Path(folder) / "nginx.conf"
        config.write_text(CONFIG.format(folder=folder, port=port))
        server = subprocess.Popen([binary, "-c", str(config), "-p", folder], stderr=subprocess.DEVNULL)
        try:
            url = f"http://127.0.0.1:{port}/"
            wait_for(url)
            yield url
        finally:
            server.terminate()
            server.wait()


def wait_for(url: str) -> None:
    for _ in range(10_000):
        with contextlib.suppress(OSError), urlopen(url, timeout=1) as answer:  # noqa: S310  # our own URL
            answer.read()
            return
    sys.exit("nginx did not start")


def peer(url: str, seconds: int) -> tuple[str, float]:
    """Return a load tool's name and its requests a second."""
    if shutil.which("wrk"):
        command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", url]
        return "wrk", first_number(r"Requests/sec:\s*([\d.]+)", command)
    if shutil.which("hey"):
        command = ["hey", "-c", str(CONNECTIONS), "-z", f"{seconds}s", url]
        return "hey", first_number(r"Requests/sec:\s*([\d.]+)", command)
    sys.exit("benchmarks/live.py needs wrk or hey to compare with; on Debian: apt install wrk")


def first_number(pattern: str, command: list[str]) -> float:
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    match = re.search(pattern, output)
    if match is None:
        sys.exit(f"{command[0]} printed no rate")
    return float(match.group(1))


def probe(url: str, rate: float, seconds: int, *more: str) -> dict[str, Any]:
    """Return the JSON of one `cbtool probe`."""
    command = [sys.executable, "-m", "cbtool", "probe", url, "-r", f"{rate}/s", "-d", f"{seconds}s"]
    done = subprocess.run(
        [*command, "--no-dashboard", "--json", *more], capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(done.stderr)
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def fastest(url: str, seconds: int, *more: str) -> float:
    """Return the highest rate that was kept up with; where even the lowest was not, what was sent of it."""
    best = 0.0
    for rate in RATES:
        run = probe(url, rate, seconds, *more)
        sent = run["sent"] / run["duration"]
        if run["dropped"] > MOST_DROPPED * rate * seconds:
            return max(best, sent)
        best = sent
    return best


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seconds", type=int, default=5, help="length of each measurement")
    seconds = parser.parse_args().seconds
    with nginx() as url, tempfile.TemporaryDirectory() as folder:
        name, rate = peer(url, seconds)
        plain = fastest(url, seconds)
        recorded = fastest(url, seconds, "--output", str(Path(folder) / "run.ndjson"))
        again = peer(url, seconds)[1]
        lag = probe(url, LAG_RATE, seconds)["schedule_lag"]
    load = (rate + again) / 2
    print(f"{name:<28}{load:>9,.0f} requests/s  (before {rate:,.0f}, after {again:,.0f})")
    print(f"{'cbtool probe':<28}{plain:>9,.0f} requests/s  {plain / load:.3f} of {name}")
    print(f"{'cbtool probe --output':<28}{recorded:>9,.0f} requests/s  {recorded / load:.3f} of {name}")
    print(
        f"schedule lag at {LAG_RATE:,}/s       p50 {lag['p50'] * 1e3:.2f} ms, p99 {lag['p99'] * 1e3:.2f} ms"
    )


if __name__ == "__main__":
    main()
