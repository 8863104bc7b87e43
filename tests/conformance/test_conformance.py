"""Every recorded answer of every real library, against both engines. Prints a table at the end (`-s`)."""

from __future__ import annotations

from pathlib import Path

import pytest
from vectors import VECTORS, first_difference, load, replay

from cbtool.breaker import Evidence, dialect_named
from cbtool.breaker.dialects import NAMES

PATHS = sorted(VECTORS.glob("*.ndjson.gz"))
LIBRARIES, VECTORS_IN_ALL, CALLS_IN_ALL = 12, 200, 100_000


def library_of(path: Path) -> str:
    return path.name.removesuffix(".ndjson.gz")


@pytest.mark.parametrize("compiled", [False, True], ids=["readable", "compiled"])
@pytest.mark.parametrize("path", PATHS, ids=library_of)
def test_every_answer_is_the_library_s(path: Path, compiled: bool) -> None:
    recording = load(path)
    assert recording.library == library_of(path)
    found = (
        first_difference(recording.library, vector, replay(recording.library, vector, compiled=compiled))
        for vector in recording.vectors
    )
    assert [difference for difference in found if difference is not None] == []


def test_a_dialect_is_called_recorded_if_and_only_if_it_was() -> None:
    called = {name for name in NAMES if dialect_named(name).evidence is Evidence.RECORDED}
    assert called == {library_of(path) for path in PATHS}


def test_every_recorded_version_is_the_dialect_s() -> None:
    for recording in map(load, PATHS):
        version = recording.header["version"].removeprefix("v")
        assert version in dialect_named(recording.library).title, recording.header


def test_enough_was_recorded() -> None:
    recordings = [load(path) for path in PATHS]
    print("\n| library | version | licence | vectors | calls |\n|---|---|---|---|---|")
    for each in recordings:
        header = each.header
        print(
            f"| {each.library} | {header['version']} | {header['licence']} "
            f"| {len(each.vectors)} | {each.calls:,} |"
        )
    assert len(recordings) >= LIBRARIES
    assert sum(len(each.vectors) for each in recordings) >= VECTORS_IN_ALL
    assert sum(each.calls for each in recordings) >= CALLS_IN_ALL
