"""Compiling with numba, with its cache on disk where that can be written."""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numba

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import ModuleType


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile `function` at its first call, without the interpreter's lock, so that sweeps use all cores."""
    try:
        return _jit(function, cache=True)
    except RuntimeError:  # neither the package's folder nor the user's cache folder can be written
        return _jit(function, cache=False)


def inlined(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a helper of compiled functions; it is cached as part of them."""
    return _jit(function, cache=False)


def _jit(function: Callable[..., Any], *, cache: bool) -> Callable[..., Any]:
    made: Callable[..., Any] = numba.njit(cache=cache, nogil=True, error_model="numpy")(function)
    return made


def fingerprint(modules: Iterable[ModuleType]) -> int:
    """Return a number that changes with the source of the modules, for compiled code to close over.

    numba's cache on disk looks at the file of the function compiled, not at those of what it calls.
    """
    return zlib.crc32(b"".join(Path(module.__file__ or "").read_bytes() for module in modules)) | 1
