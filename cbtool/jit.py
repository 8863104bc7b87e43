"""Compiling with numba, with its cache on disk where that can be written."""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numba

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType


def compiled(*modules: ModuleType) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Compile a function at its first call, without the interpreter's lock, so that sweeps use all cores.

    Args:
        modules: whose functions it calls. numba's cache on disk looks at the file of the compiled function
            alone, so that a change in these would go unnoticed; the name that it is kept under tells them.
    """

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        sources = b"".join(Path(module.__file__ or "").read_bytes() for module in modules)
        function.__qualname__ += f"_{zlib.crc32(sources):08x}"
        try:
            return _jit(function, cache=True)
        except RuntimeError:  # neither the package's folder nor the user's cache folder can be written
            return _jit(function, cache=False)

    return decorate


def inlined(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a helper of compiled functions; it is cached as part of them."""
    return _jit(function, cache=False)


def _jit(function: Callable[..., Any], *, cache: bool) -> Callable[..., Any]:
    made: Callable[..., Any] = numba.njit(cache=cache, nogil=True, error_model="numpy")(function)
    return made
