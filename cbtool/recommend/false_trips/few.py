"""The few stretches that are left out of the tail; bursts among them as the busiest load would see them.

A restart that fails every call for three seconds fails thirty at ten calls a second and three hundred at a
hundred. A log may hold all of its restarts by night; a gate that asks for so many errors, or for a share of
so many calls, must ride through one by day, too. One caller's retries come at no load but their own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cbtool.recommend.false_trips.exposure import exposure_of
from cbtool.recommend.incidents.incidents import A_TAIL
from cbtool.recommend.reading.trace import Trace

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from cbtool.recommend.false_trips.exposure import Exposure
    from cbtool.recommend.false_trips.mild import Mild
    from cbtool.recommend.false_trips.replays import Replays
    from cbtool.recommend.incidents.segments import Segment

_AROUND = 10  # times as many calls on either side: of those, a burst is less than any threshold asks for
_LEAST = 50  # calls on either side
_A_BURST = 2  # calls; between fewer there is no time
_MOST = 20_000  # calls of a piece beside its burst, about
_WORTH = 1.2  # times as busy
_THEIR_OWN = 2.0  # times the load around: these calls came beside it


@dataclass(frozen=True, slots=True)
class Few:
    """What is known of them.

    Attributes:
        mild: the stretches that are worse than usual and no incidents.
        busiest: the bursts at the busiest load, where that differs.
        bursts: when each began, seconds; those that are a tail as well.
        replays: the bursts at other moments of the log; None where there are none to try.
        hurried: whether an incident was seen, in which a window that has just closed must fill again. Where
            none was, one that happens to fill while a burst lasts must not trip either: that is cheap.
    """

    mild: Mild | None = None
    busiest: Exposure | None = None
    bursts: tuple[float, ...] = ()
    replays: Replays | None = None
    hurried: bool = True


NONE = Few()


def known_of(
    shares: Sequence[Trace],
    start: NDArray[np.int64],
    bursts: Sequence[Segment],
    busy: float,
    mild: Mild | None,
) -> Few:
    """Return what is known of bursts and of mild stretches.

    Args:
        shares: each breaker's healthy calls.
        start: of all calls, nanoseconds.
        bursts: of these calls; so many as to be a tail are not looked at one by one.
        busy: calls a second at the busiest load, as one breaker sees it.
        mild: the stretches that are worse than usual.
    """
    few = bursts if len(bursts) < A_TAIL else []
    began = tuple(float(start[burst.first]) / 1e9 for burst in bursts)
    return Few(mild, at_busiest(shares, start, few, busy), began)


def at_busiest(
    shares: Sequence[Trace], start: NDArray[np.int64], bursts: Sequence[Segment], busy: float
) -> Exposure | None:
    """Return the bursts with what is around them at the busiest load; None where all came at about that.

    Each call there is so many calls, spread over the time until the next.

    Args:
        shares: each breaker's healthy calls.
        start: of all calls, nanoseconds.
        bursts: of these calls.
        busy: calls a second, as one breaker sees it.
    """
    times = [(int(start[burst.first]), int(start[burst.last])) for burst in bursts]
    found = [_thickened(share, begin, end, busy) for share in shares for begin, end in times]
    pieces = [piece for piece in found if piece is not None]
    return exposure_of(pieces, []) if pieces else None


def _thickened(share: Trace, begin: int, end: int, busy: float) -> Trace | None:
    first, behind = (int(i) for i in np.searchsorted(share.start, [begin, end + 1]))
    calls = behind - first
    if calls < _A_BURST:
        return None
    around = max(_LEAST, _AROUND * calls)
    local = _rate(share.start[max(0, first - around) : behind + around])
    inside = _rate(share.start[first:behind])
    factor = busy / 1e9 / (inside if inside > _THEIR_OWN * local else local)
    if factor < _WORTH:
        return None
    around = max(_LEAST, min(around, int(_MOST / 2 / factor)))
    part = slice(max(0, first - around), behind + around)
    start = share.start[part]
    place = np.arange(int(factor * len(start))) / factor
    which = place.astype(np.int64)
    at = np.interp(place, np.arange(len(start)), start - start[0]).astype(np.int64)
    return Trace(at, share.duration[part][which], share.failed[part][which], share.knows_durations)


def _rate(start: NDArray[np.int64]) -> float:
    """Return calls a nanosecond."""
    return (len(start) - 1) / max(1, int(start[-1] - start[0]))
