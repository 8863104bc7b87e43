"""What a long sweep has done so far, in a file beside its output, so that the next run goes on from there.

The first line is a key of everything that the answers depend on; one with another key is not this sweep's.
Each further line is a point's number and what it did.
"""

from __future__ import annotations

import hashlib
import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from cbtool.errors import UnreachableError
from cbtool.sweeping.running import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from cbtool.traffic.calls import Calls

_SUFFIX = ".part"


class Journal:
    """A journal that is open.

    Attributes:
        known: what an earlier run found, by the point's number.
        path: of the file.
    """

    def __init__(self, path: Path, known: dict[int, Outcome], file: Any) -> None:
        self.path = path
        self.known = known
        self._file = file

    def add(self, number: int, outcome: Outcome) -> None:
        """Write down what a point did."""
        self._file.write(json.dumps([number, *outcome]) + "\n")

    def done(self) -> None:
        """Take the journal away: what it holds is written elsewhere."""
        self._file.close()
        self.path.unlink(missing_ok=True)


def key_of(parts: Iterable[tuple[Calls, NDArray[np.uint8]]], *others: object) -> str:
    """Return a key of a sweep's traffic and of anything else that its answers depend on.

    Args:
        parts: calls and their verdicts, part by part.
        others: whatever else.
    """
    # A digest a column: they do not depend on how the calls are cut into parts.
    digests = [hashlib.blake2b(digest_size=16) for _ in range(3)]
    for calls, verdicts in parts:
        for digest, column in zip(digests, (calls.start_ns, calls.duration_ns, verdicts), strict=True):
            digest.update(np.ascontiguousarray(column).data)
    both = "".join(digest.hexdigest() for digest in digests) + repr(others)
    return hashlib.blake2b(both.encode(), digest_size=16).hexdigest()


@contextmanager
def journal(output: Path, key: str) -> Iterator[Journal]:
    """Open the journal of a sweep that will be written to `output`; a run that ends early leaves it there.

    Raises:
        UnreachableError: it cannot be written.
    """
    path = output.with_name(output.name + _SUFFIX)
    known = _read(path, key)
    try:
        with path.open("w", buffering=1, encoding="utf-8") as file:
            file.write(json.dumps({"cbtool_sweep": key}) + "\n")
            opened = Journal(path, known, file)
            for number, outcome in known.items():
                opened.add(number, outcome)
            yield opened
    except OSError as error:
        raise UnreachableError.unwritable(path, error) from None


def _read(path: Path, key: str) -> dict[int, Outcome]:
    """Return what a journal holds; nothing where it is another sweep's. A cut last line is left out."""
    try:
        head, *lines = path.read_text(encoding="utf-8").splitlines() or [""]
        if json.loads(head or "{}") != {"cbtool_sweep": key}:
            return {}
    except (OSError, ValueError):
        return {}
    known = {}
    for line in lines:
        try:
            number, *values = json.loads(line)
            known[int(number)] = Outcome(*values)
        except (ValueError, TypeError):
            break
    return known
