"""Hold the recorded vectors against both engines: `python tests/conformance/check.py [LIBRARY…]`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from vectors import VECTORS, first_difference, load, replay

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(libraries: Sequence[str]) -> int:
    """Print a line a library and engine; return 1 where any answer differs."""
    bad = 0
    for path in sorted(VECTORS.glob("*.ndjson.gz")):
        recording = load(path)
        if libraries and recording.library not in libraries:
            continue
        for compiled in (False, True):
            found = [
                first_difference(recording.library, each, replay(recording.library, each, compiled=compiled))
                for each in recording.vectors
            ]
            differing = [each for each in found if each is not None]
            bad += bool(differing)
            engine = "compiled" if compiled else "readable"
            print(f"{recording.library} {engine}: {len(differing)} of {len(found)} differ", *differing[:3])
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
