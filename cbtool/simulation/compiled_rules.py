"""The rules of a breaker as compiled code calls them, and its memory and policies as records."""

from __future__ import annotations

from inspect import isfunction
from typing import TYPE_CHECKING, Any, get_type_hints

import numpy as np
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, overload, register_jitable
from numba.np.numpy_support import carray

from cbtool.breaker import (
    average,
    buckets,
    chain,
    durations,
    judging,
    late,
    ledger,
    shortcuts,
    stamped,
    steps,
    timers,
    trials,
    trip,
    wait,
    window,
)
from cbtool.breaker.adaptive import pid, throttle
from cbtool.breaker.memory import FIELDS, FRACTIONS
from cbtool.breaker.policies import Policies
from cbtool.simulation.kernel import unit_random

if TYPE_CHECKING:
    from numpy.typing import NDArray

RECORD = np.dtype(
    [(name, np.uint64 if name == "seed" else np.int64) for name in FIELDS]
    + [(name, np.float64) for name in FRACTIONS]
)
"""A `Memory` as compiled code takes it."""


def _record_of(policy: type) -> np.dtype[np.void]:
    kinds: dict[Any, Any] = {bool: np.bool_, float: np.float64}
    return np.dtype([(name, kinds.get(kind, np.int64)) for name, kind in get_type_hints(policy).items()])


_POLICIES = np.dtype([(name, _record_of(policy)) for name, policy in get_type_hints(Policies).items()])


def packed(p: Policies) -> NDArray[np.void]:
    """Return policies as one record: compiled code is handed an address, not some sixty numbers a call."""
    return np.array([tuple(map(tuple, p))], _POLICIES)


_HOT = (
    *(average, buckets, durations, judging, throttle, trip, window),
    *(ledger.full, pid.record, shortcuts.refuses_until, steps.closed_result),
    *(steps.judge_arrival, steps.judge_window, timers.upcoming),
)
"""What every event goes through, functions or whole modules: a call that is not inlined costs some twenty
nanoseconds, and inlining the rest, too, would compile for a minute."""
RULES = (
    average,
    buckets,
    chain,
    durations,
    judging,
    late,
    ledger,
    pid,
    shortcuts,
    stamped,
    steps,
    throttle,
    timers,
    trials,
    trip,
    wait,
    window,
)


def _teach() -> None:
    """Let compiled code call every function of the rules, except where it has its own."""
    for module in RULES:
        for function in list(vars(module).values()):
            own = isfunction(function) and function.__module__ == module.__name__
            if own and function is not wait.unit_random:
                hot = module in _HOT or function in _HOT
                register_jitable(forceinline=hot, error_model="numpy")(function)
    # Its arithmetic is modulo 2⁶⁴, which whole numbers of Python and of the processor do differently.
    overload(wait.unit_random)(lambda seed, index: lambda seed, index: unit_random(seed, index))  # noqa: ARG005, PLW0108


@intrinsic
def _pointer(_: Any, address: Any) -> Any:
    """Take a number for the address that it is."""

    def generate(_: Any, builder: Any, __: Any, arguments: Any) -> Any:
        return builder.inttoptr(arguments[0], cgutils.voidptr_t)

    return types.voidptr(address), generate


pointer: Any = _pointer


@register_jitable
def unowned(address: int, length: int) -> Any:
    """Return an array over memory that somebody else keeps alive.

    Handing an array of one's own to a function counts its owners up and down, atomically: some ten
    nanoseconds a time, more than all the rest.
    """
    return carray(pointer(address), (length,), np.int64)


_teach()
