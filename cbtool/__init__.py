"""Test and tune circuit breakers on real, recorded and generated traffic.

`read_log`, `open_log`, `simulate`, `sweep`, `recommend` and `verify` are the tool from Python: `cbtool.api`.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

from cbtool.version import __version__ as __version__

if TYPE_CHECKING:
    from cbtool.api import (
        BreakerConfig,
        Budget,
        Moment,
        Selection,
        open_log,
        read_log,
        recommend,
        simulate,
        sweep,
        verify,
    )

__all__ = [
    "BreakerConfig",
    "Budget",
    "Moment",
    "Selection",
    "open_log",
    "read_log",
    "recommend",
    "simulate",
    "sweep",
    "verify",
]


def __getattr__(name: str) -> Any:
    """Load the Python interface, with all that it needs, when it is first asked for."""
    if name not in __all__:
        raise AttributeError(f"module 'cbtool' has no attribute {name!r}")
    from cbtool import api  # noqa: PLC0415  # the command line answers --help without polars and numpy

    return getattr(api, name)


class _Package(ModuleType):
    """Where a room and a function have one name, `recommend`, the attribute is the function."""

    def __setattr__(self, name: str, value: Any) -> None:
        if not (name in __all__ and isinstance(value, ModuleType)):  # importing finds rooms by themselves
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
