"""The caller's timeout, seen in the log: failed calls that pile up at one duration, and none beyond it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from cbtool.recommend.reading.trace import Trace

_LEAST = 10  # failed calls in the pile
_PILE = 0.5  # of the failed calls that take longer than healthy ones do
_WIDTH = 1.04  # a pile's longest duration, in times its shortest
_BEYOND = 0.1  # calls that take longer, in times the pile: a server that recovers answers some late
_LONG = 1.5  # times the healthy p99


def caller_timeout(trace: Trace, p99: float | None) -> float | None:
    """Return the duration in seconds at which the caller gives calls up; None where the log shows none.

    Args:
        trace: the calls that count.
        p99: of healthy calls, seconds; None: durations say nothing.
    """
    if p99 is None:
        return None
    failed = np.sort(trace.duration[trace.failed])
    late = failed[failed > _LONG * p99 * 1e9].astype(float)
    if len(late) < _LEAST:
        return None
    inside = np.searchsorted(late, late * _WIDTH, side="right") - np.arange(len(late))
    first = int(inside.argmax())
    count = int(inside[first])
    pile = float(np.median(late[first : first + count]))
    beyond = int((trace.duration > pile * _WIDTH).sum())
    if count < max(_LEAST, _PILE * len(late)) or beyond > _BEYOND * count:
        return None
    return float(f"{pile / 1e9:.3g}")
