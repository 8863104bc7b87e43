"""Recorded vectors: a real library's answers to seeded traffic, one compressed file a library.

The first line of a file is its header: library, version, licence, language, runtime. Each other line is one
vector: the request that the driver got, and its answers `p` (permitted), `before` and `after` (the states
c, o, h around each call; absent where the library does not show them).
"""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from cbtool.breaker import BreakerConfig, State, Verdict, dialect_named
from cbtool.simulation.fast import run_fast
from cbtool.simulation.history import History
from cbtool.simulation.readable import run_readable
from cbtool.simulation.traffic import Traffic, traffic_of

HERE = Path(__file__).parent
VECTORS = HERE / "vectors"
_VERDICTS = {"s": Verdict.SUCCESS, "f": Verdict.FAILURE, "i": Verdict.IGNORED}
_MS = 1_000_000
LETTERS = {State.CLOSED: "c", State.OPEN: "o", State.HALF_OPEN: "h"}
TWO_STATES = {"hystrix", "hystrix-go", "handy", "circuitbreaker"}
"""Libraries whose trials run in a state that they, too, call open."""


@dataclass(frozen=True)
class Recording:
    """One library's vectors."""

    header: dict[str, str]
    vectors: tuple[dict[str, Any], ...]

    @property
    def library(self) -> str:
        return self.header["library"]

    @property
    def calls(self) -> int:
        return sum(len(vector["t"]) for vector in self.vectors)


def load(path: Path) -> Recording:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        header, *vectors = (json.loads(line) for line in file)
    return Recording(header, tuple(vectors))


def save(path: Path, recording: Recording) -> None:
    """Write a recording so that the same answers give the same bytes."""
    lines = [json.dumps(each, separators=(",", ":")) for each in (recording.header, *recording.vectors)]
    with path.open("wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as file:
        file.write(("\n".join(lines) + "\n").encode())


def traffic_in(vector: dict[str, Any]) -> Traffic:
    starts = np.array(vector["t"], np.int64) * _MS
    durations = np.array(vector["d"], np.int64) * _MS
    verdicts = np.array([_VERDICTS[letter] for letter in vector["r"]], np.uint8)
    return traffic_of(starts, durations, verdicts)


def config_of(library: str, vector: dict[str, Any]) -> BreakerConfig:
    dialect = dialect_named(library)
    return BreakerConfig(**dialect.from_native(vector["options"]), dialect=dialect)


def replay(library: str, vector: dict[str, Any], *, compiled: bool) -> History:
    """Return what our breaker does with a vector's traffic."""
    run = run_fast if compiled else run_readable
    config = config_of(library, vector)
    # Drivers hold a library's random numbers at ½, the middle of its jitter.
    wait = config.policies.wait._replace(jitter=0.0)
    object.__setattr__(config, "policies", config.policies._replace(wait=wait))
    return run(traffic_in(vector), config, epoch=vector["epoch"] / 1000.0)


def first_difference(library: str, vector: dict[str, Any], history: History) -> str | None:
    """Return where our answers leave the recorded ones, in words; None where they agree."""
    ours = {
        "p": "".join(map(str, history.permitted.tolist())),
        "before": _letters(library, history.state_before),
        "after": _letters(library, history.state_after),
    }
    places = []
    for answer, text in ours.items():
        recorded = vector.get(answer)
        if recorded is not None and recorded != text:
            call = next(i for i, (a, b) in enumerate(zip(recorded, text, strict=True)) if a != b)
            places.append((call, answer, recorded[call], text[call]))
    if not places:
        return None
    call, answer, recorded, our = min(places)
    return f"{vector['id']}: call {call} {answer}: recorded {recorded}, ours {our}"


def _letters(library: str, states: np.ndarray) -> str:
    letters = dict(LETTERS)
    if library in TWO_STATES:
        letters[State.HALF_OPEN] = "o"
    return "".join(letters[State(state)] for state in states.tolist())
