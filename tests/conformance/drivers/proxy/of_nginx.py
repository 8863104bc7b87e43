"""nginx, open source: an upstream group of the server under test and a backup."""

from __future__ import annotations

import math
import subprocess
import time
from pathlib import Path
from typing import Any


def header() -> dict[str, str]:
    """Return what is run."""
    told = subprocess.run(["nginx", "-v"], capture_output=True, text=True, check=True).stderr
    version = told.strip().rsplit("/", 1)[1].split()[0]
    return {
        "library": "nginx",
        "version": version,
        "licence": "BSD-2-Clause",
        "language": "C",
        "runtime": "one worker",
    }


def prepare(folder: Path, servers: list[tuple[dict[str, Any], int]], stand_by: int, front: int) -> list[str]:
    """Write a configuration and return the command that runs it."""
    groups, places = [], []
    for question, port in servers:
        options = "".join(f" {name}={value}" for name, value in question["options"].items())
        groups.append(
            f"upstream u{port} {{ server 127.0.0.1:{port}{options}; server 127.0.0.1:{stand_by} backup; }}"
        )
        places.append(f"location /{port}/ {{ proxy_pass http://u{port}; }}")
    text = f"""
daemon off; master_process off; pid {folder}/pid; error_log {folder}/error.log crit;
events {{ worker_connections 4096; }}
http {{
  access_log off; client_body_temp_path {folder}/a; proxy_temp_path {folder}/b; fastcgi_temp_path {folder}/c;
  uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e;
  proxy_next_upstream error timeout http_500; proxy_read_timeout 300s;
  {" ".join(groups)}
  server {{ listen 127.0.0.1:{front}; {" ".join(places)} }}
}}
"""
    (folder / "nginx.conf").write_text(text)
    return ["nginx", "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log")]


async def origin(_: object) -> float:
    """Return a whole second: nginx counts in these."""
    return math.ceil(time.time()) + 1.0
