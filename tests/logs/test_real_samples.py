"""Logs that the programs themselves wrote, with all in them that a rough client and server brought about.

See samples/README.md. The numbers were the same by `benchmarks/real_logs.py`, which reads the files a second
time with code of its own.
"""

from __future__ import annotations

import bz2
from collections import Counter
from pathlib import Path

import pytest

from cbtool.logs import LogRead, read_calls

SAMPLES = Path(__file__).parent / "samples"
OTHERS = {
    "gatling-3.14.9.log",
    "vegeta-12.13.bin",
    "playwright-1.har",
    "locust-2.47-history.csv",
}  # not of lines
# File, format, lines that are not blank, rejected ones, calls by status and by kind of error, and the sum of
# their durations in nanoseconds.
Expected = tuple[str, str, int, int, dict[int, int], dict[int, int], int | None]
READ: list[Expected] = [
    (
        "apache-2.4-D.log",
        "apache-us",
        218,
        0,
        {200: 154, 301: 7, 400: 14, 404: 11, 500: 14, 501: 5, 502: 5, 503: 8},
        {},
        21162966000,
    ),
    (
        "apache-2.4-vhost.log",
        "combined",
        128,
        0,
        {200: 94, 301: 5, 400: 14, 404: 1, 500: 4, 501: 5, 502: 3, 503: 2},
        {},
        None,
    ),
    (
        "caddy-2.6.log",
        "caddy",
        69,
        0,
        {0: 2, 200: 49, 301: 3, 404: 1, 500: 5, 501: 1, 502: 4, 503: 1, 504: 3},
        {},
        10247009380,
    ),
    ("gatling-3.11.5.log", "gatling", 56, 0, {0: 16, 200: 14, 404: 4, 500: 4}, {1: 4, 2: 12}, 3619000000),
    ("gatling-3.14.9.log", "gatling", 51, 0, {0: 16, 200: 14, 404: 4, 500: 4}, {1: 4, 2: 12}, 3680000000),
    (
        "haproxy-2.6-https.log",
        "haproxy",
        129,
        0,
        {200: 92, 301: 4, 400: 18, 408: 1, 500: 3, 501: 5, 502: 2, 503: 3},
        {2: 4},
        5239000000,
    ),
    (
        "haproxy-2.6-syslog.log",
        "haproxy",
        219,
        0,
        {200: 113, 301: 1, 400: 8, 403: 6, 408: 1, 500: 5, 501: 5, 502: 3, 503: 36, 504: 1},
        {1: 23, 2: 21},
        13146000000,
    ),
    ("jmeter-5.6-no-header.jtl", "jmeter", 65, 0, {0: 16, 200: 22, 404: 6, 500: 8}, {2: 16}, 3234000000),
    ("jmeter-5.6.jtl", "jmeter", 65, 0, {0: 16, 200: 22, 404: 6, 500: 7}, {2: 16}, 3116000000),
    ("k6-0.57.csv", "k6-csv", 249, 0, {0: 6, 200: 3, 301: 1, 404: 3, 500: 5}, {2: 6}, 68131034),
    ("k6-0.57.json", "k6", 160, 0, {0: 6, 200: 3, 301: 1, 404: 3, 500: 4}, {2: 6}, 67050157),
    ("locust-2.47-history.csv", "locust", 56, 0, {200: 1069, 500: 249}, {}, None),
    (
        "nginx-1.22-json.log",
        "nginx-json-seconds",
        128,
        0,
        {200: 19, 400: 15, 499: 2, 502: 91, 505: 1},
        {},
        6299000000,
    ),
    (
        "nginx-1.22-keyed.log",
        "nginx-keyed",
        128,
        0,
        {200: 21, 400: 15, 499: 2, 502: 89, 505: 1},
        {},
        7502000000,
    ),
    (
        "nginx-1.22.log",
        "nginx",
        218,
        0,
        {200: 34, 400: 19, 499: 3, 500: 1, 502: 160, 505: 1},
        {},
        10596000000,
    ),
    ("opentelemetry-1.45.json", "otlp", 27, 0, {0: 2, 200: 15, 404: 8, 500: 2}, {2: 2}, 100952361),
    ("playwright-1.har", "har", 29, 0, {0: 6, 200: 11, 301: 3, 404: 3, 499: 3, 500: 3}, {2: 9}, 1096840000),
    (
        "traefik-3.3.json",
        "traefik-json",
        59,
        0,
        {200: 45, 404: 3, 500: 4, 501: 2, 503: 3, 504: 2},
        {},
        8343682270,
    ),
    (
        "traefik-3.3.log",
        "traefik",
        149,
        0,
        {200: 114, 301: 4, 404: 6, 499: 3, 500: 9, 501: 4, 502: 2, 503: 4, 504: 3},
        {},
        15167000000,
    ),
    ("vegeta-12.13.bin", "vegeta", 24, 0, {0: 10, 200: 10, 404: 2, 500: 2}, {1: 2, 2: 8}, 2212655987),
    ("vegeta-12.13.csv", "vegeta-csv", 24, 0, {0: 10, 200: 10, 404: 2, 500: 2}, {1: 2, 2: 8}, 2212655987),
    ("vegeta-12.13.json", "vegeta", 24, 0, {0: 10, 200: 10, 404: 2, 500: 2}, {1: 2, 2: 8}, 2212655987),
]


def read(path: Path) -> LogRead:
    return read_calls([str(path)])


@pytest.mark.parametrize("expected", READ, ids=[row[0] for row in READ])
def test_a_file_that_a_program_wrote(expected: Expected) -> None:
    name, log_format, lines, rejected, statuses, errors, taken = expected
    found = read(SAMPLES / name)
    calls = found.calls
    assert (found.format, found.lines, found.rejected) == (log_format, lines, rejected)
    assert Counter(calls.status.tolist()) == statuses
    assert Counter(kind for kind in calls.error.tolist() if kind) == errors
    known = calls.duration_ns[calls.duration_ns >= 0]
    assert (int(known.sum()) if len(known) else None) == taken


def test_every_sample_is_here() -> None:
    assert {path.name for path in SAMPLES.iterdir()} == {row[0] for row in READ} | {"README.md"}


@pytest.mark.parametrize(
    "change", ["CRLF", "a mark", "UTF-16", "compressed", "in a container", "words above it"]
)
@pytest.mark.parametrize("name", [row[0] for row in READ if row[0] not in OTHERS])
def test_a_file_that_was_passed_on(name: str, change: str, tmp_path: Path) -> None:
    data = (SAMPLES / name).read_bytes()
    document = data.startswith(b'{"resourceSpans')
    changed = {
        "CRLF": lambda: data.replace(b"\n", b"\r\n"),
        "a mark": lambda: b"\xef\xbb\xbf" + data,
        "UTF-16": lambda: data.decode("utf-8", "replace").encode("utf-16"),
        "compressed": lambda: bz2.compress(data),
        "in a container": lambda: b"".join(
            b"web-1  | " + line + b"\n" for line in data.removesuffix(b"\n").split(b"\n")
        ),
        "words above it": lambda: data if document else b"exporting\n\n" + data,
    }[change]()
    path = tmp_path / name
    path.write_bytes(changed)
    plain, found = read(SAMPLES / name), read(path)
    assert found.format == plain.format
    assert len(found.calls) == len(plain.calls)
    assert found.rejected - plain.rejected in {0, int(change == "words above it")}
    assert found.calls.status.tolist() == plain.calls.status.tolist()
    assert found.calls.duration_ns.tolist() == plain.calls.duration_ns.tolist()
