"""Record every library again: `python tests/conformance/record.py [LIBRARY…]`.

Runs each driver over seeded traffic for each of its library's configurations and writes the vectors. A
library whose toolchain is missing keeps the vectors it has, and is named. Mismatches with our breaker are
shrunk to few calls and kept in `shrunk.json`, which later recordings answer, too.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from traffic import requests, unhurried
from vectors import HERE, VECTORS, Recording, first_difference, replay, save

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

ROOMS = {
    "resilience4j": "java",
    "failsafe": "java",
    "sentinel": "java",
    "hystrix": "java",
    "hystrix-1.5.12": "java",
    "finagle": "java",
    "gobreaker": "go",
    "failsafe-go": "go",
    "hystrix-go": "go",
    "handy": "go",
    "mercari": "go",
    "traefik": "go",
    "pybreaker": "python",
    "aiobreaker": "python",
    "circuitbreaker": "python",
    "purgatory": "python",
    "opossum": "javascript",
    "cockatiel": "javascript",
    "brakes": "javascript",
    "semian": "ruby",
    "cb2": "ruby",
    "nginx": "proxy",
    "haproxy": "proxy",
}
"""Which driver runs each library."""
REAL_TIME = {"nginx", "haproxy"}
"""Programs whose clock cannot be faked: their traffic keeps off what decides, and nothing is shrunk."""
SHRUNK = HERE / "shrunk.json"
MISSING_TOOLCHAIN = 69


class MissingError(Exception):
    """A driver cannot run here."""


def ask(library: str, questions: Sequence[dict[str, Any]]) -> tuple[dict[str, str], list[dict[str, Any]]]:
    """Return a driver's header and its answers."""
    driver = HERE / "drivers" / ROOMS[library] / "run"
    if not driver.exists():
        raise MissingError(f"no driver at {driver}")
    text = "".join(json.dumps(question) + "\n" for question in questions)
    done = subprocess.run([driver, library], input=text, capture_output=True, text=True, check=False)
    if done.returncode == MISSING_TOOLCHAIN:
        raise MissingError(done.stderr.strip().splitlines()[-1])
    if done.returncode:
        raise RuntimeError(f"{library}: the driver ended with {done.returncode}:\n{done.stderr[-2000:]}")
    header, *answers = (json.loads(line) for line in done.stdout.splitlines() if line.strip())
    return header, answers


def record(library: str) -> tuple[Recording, list[str]]:
    """Return a library's answers, and where ours differ."""
    file = HERE / "configurations" / f"{library.removesuffix('-1.5.12')}.json"
    configurations = json.loads(file.read_text())
    questions = [request for each in configurations for request in requests_of(each, library)]
    questions += [each for each in _shrunk() if each["id"].startswith(f"{library}/")]
    header, answers = ask(library, questions)
    vectors = tuple(question | answer for question, answer in zip(questions, answers, strict=True))
    rejected = [vector for vector in vectors if "error" in vector]
    if rejected:
        raise RuntimeError(f"{library} rejects {rejected[0]['options']}: {rejected[0]['error']}")
    return Recording(header, vectors), differences(library, vectors)


def requests_of(configuration: dict[str, Any], library: str) -> list[dict[str, Any]]:
    """Return the traffic for a configuration."""
    return (unhurried if library in REAL_TIME else requests)(configuration, library)


def differences(library: str, vectors: Iterable[dict[str, Any]]) -> list[str]:
    """Return where our readable breaker's answers leave the recorded ones."""
    found = (first_difference(library, each, replay(library, each, compiled=False)) for each in vectors)
    return [each for each in found if each is not None]


def shrink(library: str, vector: dict[str, Any]) -> dict[str, Any]:
    """Return a smallest traffic that still tells our breaker and the library apart.

    Takes away ever smaller runs of calls, as Hypothesis does, asking the library itself each time.
    """
    best, size = vector, len(vector["t"]) // 2
    while size:
        candidates = [
            _without(best, at, at + size) for at in range(0, len(best["t"]), size) if len(best["t"]) > size
        ]
        _, answers = ask(library, candidates)
        asked = [candidate | answer for candidate, answer in zip(candidates, answers, strict=True)]
        telling = [each for each in asked if differences(library, [each])]
        if telling:
            best = telling[0]
            size = min(size, len(best["t"]) // 2)
        else:
            size //= 2
    return best


def _without(vector: dict[str, Any], first: int, last: int) -> dict[str, Any]:
    kept = {key: vector[key][:first] + vector[key][last:] for key in ("t", "d", "r")}
    began = kept["t"][0]
    kept["t"] = [start - began for start in kept["t"]]
    question = {key: vector[key] for key in ("id", "options", "epoch")}
    return question | kept | {"epoch": vector["epoch"] + began}


def _shrunk() -> list[dict[str, Any]]:
    cases: list[dict[str, Any]] = json.loads(SHRUNK.read_text()) if SHRUNK.exists() else []
    return cases


def keep_shrunk(library: str, vector: dict[str, Any]) -> None:
    """Shrink a vector that tells us apart, and keep it for every later recording."""
    small = shrink(library, vector)
    number = sum(each["id"].startswith(f"{library}/shrunk") for each in _shrunk())
    case = {key: small[key] for key in ("options", "epoch", "t", "d", "r")}
    cases = [*_shrunk(), {"id": f"{library}/shrunk/{number}"} | case]
    SHRUNK.write_text("[\n" + ",\n".join(json.dumps(each) for each in cases) + "\n]\n")


def main(libraries: Sequence[str]) -> int:
    """Record the named libraries, or all; return the exit status."""
    VECTORS.mkdir(exist_ok=True)
    bad = 0
    for library in libraries or ROOMS:
        try:
            recording, differing = record(library)
        except MissingError as missing:
            print(f"{library}: not recorded: {missing}", file=sys.stderr)
            continue
        save(VECTORS / f"{library}.ndjson.gz", recording)
        version, count = recording.header["version"], len(recording.vectors)
        print(f"{library} {version}: {count} vectors, {recording.calls:,} calls, {len(differing)} differ")
        for place in differing[:5]:
            print(f"  {place}")
        bad += bool(differing)
        if differing and library not in REAL_TIME:
            identity = differing[0].split(": ")[0]
            keep_shrunk(library, next(each for each in recording.vectors if each["id"] == identity))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
