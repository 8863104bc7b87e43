"""The log at a glance: calls, failed and slow ones, and where the breakers would have been open."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cbtool.recommend.findings import Timeline

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cbtool.recommend.found import Found
    from cbtool.recommend.track import Logbook

_BINS = 60
_CALLS_A_BIN = 2


def timeline_of(found: Found, logbook: Logbook) -> Timeline:
    """Return the log in up to 60 equal stretches of time, all breakers together."""
    trace = found.trace
    bins = int(np.clip(len(trace) // _CALLS_A_BIN, 1, _BINS))
    width = max(trace.span, 1e-9) / bins
    place = np.minimum((trace.start - trace.start[0]) / (width * 1e9), bins - 1).astype(np.int64)
    slow = np.zeros(len(trace), np.bool_) if found.p99 is None else trace.slower_than(found.p99)
    config = found.candidate.config()
    edges = int(trace.start[0]) + np.arange(bins + 1, dtype=np.float64) * (width * 1e9)
    return Timeline(
        seconds=width,
        calls=_counts(place, bins),
        failed=_counts(place[trace.failed], bins),
        slow=_counts(place[slow], bins),
        open_percent=tuple(float(f"{share:.4g}") for share in 100.0 * logbook.open_shares(config, edges)),
    )


def _counts(place: NDArray[np.int64], bins: int) -> tuple[int, ...]:
    return tuple(np.bincount(place, minlength=bins).tolist())
