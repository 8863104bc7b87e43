"""The log at a glance: calls, failed and slow ones, and where the breakers would have been open."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cbtool.recommend.findings import Timeline
from cbtool.recommend.reading.columns import pieces

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cbtool.recommend.found import Found
    from cbtool.recommend.surroundings.track import Logbook

_BINS = 60
_CALLS_A_BIN = 2


def timeline_of(found: Found, logbook: Logbook) -> Timeline:
    """Return the log in up to 60 equal stretches of time, all breakers together."""
    trace = found.whole
    bins = int(np.clip(len(trace) // _CALLS_A_BIN, 1, _BINS))
    width = max(trace.span, 1e-9) / bins
    first = int(trace.start[0])
    limit = np.inf if found.p99 is None else round(found.p99 * 1e9)
    calls, failed, slow = (np.zeros(bins, np.int64) for _ in range(3))
    for start, duration, bad in pieces(trace.start, trace.duration, trace.failed):
        place = np.minimum((start - first) / (width * 1e9), bins - 1).astype(np.int64)
        calls += np.bincount(place, minlength=bins)
        failed += np.bincount(place[bad], minlength=bins)
        slow += np.bincount(place[duration > limit], minlength=bins)
    edges = first + np.arange(bins + 1, dtype=np.float64) * (width * 1e9)
    return Timeline(
        seconds=width,
        calls=tuple(calls.tolist()),
        failed=tuple(failed.tolist()),
        slow=tuple(slow.tolist()),
        open_percent=tuple(float(f"{share:.4g}") for share in 100.0 * _open(found, logbook, edges)),
    )


def _open(found: Found, logbook: Logbook, edges: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return which share of the breakers was not closed between edges; where nobody looked, all were."""
    config = found.candidate.config()
    if found.clock is None:
        return logbook.open_shares(config, edges)
    shown = found.clock.at(edges)
    return logbook.open_shares(config, shown) * np.diff(shown) / np.diff(edges)
