"""Arrays that do not fit in memory, in unnamed temporary files: these vanish however the process ends."""

from __future__ import annotations

import errno
import tempfile
import threading
import weakref
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np

from cbtool.errors import UnreachableError

if TYPE_CHECKING:
    from numpy.typing import DTypeLike, NDArray


class Scratch:
    """An array that grows, on disk, and is read in pieces: mapped, its pages would count as memory.

    Args:
        dtype: of its elements.
    """

    def __init__(self, dtype: DTypeLike) -> None:
        self.dtype = np.dtype(dtype)
        self._length = 0
        self._lock = threading.Lock()
        try:
            self._file = tempfile.TemporaryFile()  # noqa: SIM115  # closed by `close`
        except OSError as error:
            raise _unwritable(error) from None
        self._closing = weakref.finalize(self, _close, self._file)

    def __len__(self) -> int:
        return self._length

    def append(self, rows: NDArray[Any]) -> None:
        """Add rows.

        Raises:
            UnreachableError: the disk is full.
        """
        data = np.ascontiguousarray(rows, self.dtype)
        try:
            with self._lock:
                self._file.seek(self._length * self.dtype.itemsize)
                self._file.write(data.view(np.uint8).data if data.ndim and len(data) else b"")
                self._file.flush()
        except OSError as error:
            self.close()
            raise _unwritable(error) from None
        self._length += len(data)

    def read(self, first: int, behind: int) -> NDArray[Any]:
        """Return the rows from `first` to `behind`, that one not included."""
        behind = min(behind, self._length)
        rows = np.empty(max(0, behind - first), self.dtype)
        with self._lock:
            self._file.seek(first * self.dtype.itemsize)
            self._file.readinto(rows.view(np.uint8).data)
        return rows

    def __getitem__(self, where: slice | int) -> Any:
        if isinstance(where, slice):
            first, behind, _ = where.indices(self._length)
            return self.read(first, behind)
        where = where + self._length if where < 0 else where
        return self.read(where, where + 1)[0]

    def close(self) -> None:
        """Give the disk's room back, which otherwise happens when nobody has the scratch any more."""
        self._closing()


def _close(file: Any) -> None:
    with suppress(OSError):
        file.close()


def _unwritable(error: OSError) -> UnreachableError:
    folder = tempfile.gettempdir()
    what = (
        "is full" if error.errno in {errno.ENOSPC, errno.EDQUOT} else f"cannot be written: {error.strerror}"
    )
    return UnreachableError(
        f"{folder}: the temporary folder {what}; logs beyond memory take some 60 bytes a call\n"
        "set TMPDIR to a folder with more room"
    )
