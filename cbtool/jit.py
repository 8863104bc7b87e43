"""Compiling with numba, with its cache on disk where that can be written."""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numba
from numba.core.cpu import CPUTargetOptions

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

# numba's own name for it, which is none of its documented options: without it all is the same, but slower.
_UNCOUNTED = {"_nrt": False} if hasattr(CPUTargetOptions, "_nrt") else {}


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


def lean(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a helper as `inlined` does, one that neither makes arrays nor keeps any.

    It does not count who holds the arrays it is given, which its caller does: counting costs more than to
    look at some bytes of one.
    """
    return _jit(function, cache=False, **_UNCOUNTED)


def _jit(function: Callable[..., Any], *, cache: bool, **more: Any) -> Callable[..., Any]:
    options: dict[str, Any] = {"cache": cache, "nogil": True, "error_model": "numpy", **more}
    made: Callable[..., Any] = numba.njit(**options)(function)
    return made
