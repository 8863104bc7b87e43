# ruff: noqa: PLR0917  # compiled code takes arrays one by one, and no keywords
"""A window's fullest moments in each block of two windows, found from bad call to bad call.

Bad calls are few among healthy ones, and between two events (one comes in, one leaves, a block ends) the
window holds equally many of them. So only those moments are looked at whose calls may be fewer than at all
moments before: of many thousand completions, hardly more than there are bad ones.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from cbtool.jit import compiled, inlined
from cbtool.recommend.reading import times
from cbtool.recommend.reading.times import first_at

if TYPE_CHECKING:
    from numpy.typing import NDArray

_NEARLY = 1.0 - 1e-9  # wider than any rounding


@compiled(times)
def peaks_of_time(
    end: NDArray[np.int64], places: NDArray[np.int64], window: int, step_of: NDArray[np.int32]
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32], int]:
    """Return the peaks of a window of time.

    Args:
        end: nanoseconds at which calls completed, in order.
        places: which of them were bad.
        window: nanoseconds.
        step_of: by number of bad calls, which of them are told apart.

    Returns:
        The columns of `Peaks`.
    """
    n, m = len(end), len(places)
    most = step_of[-1]
    top_bad = np.zeros(most + 1, np.int64)
    top_calls = np.ones(most + 1, np.int64)
    block, of_bad, of_calls = np.empty(n + 1, np.int32), np.empty(n + 1, np.int32), np.empty(n + 1, np.int32)
    found = blocks = highest = 0
    coming = leaving = 0  # of the bad calls: the next one, and the oldest in the window
    i = oldest = until = 0
    while i < n:
        if i == 0 or end[i] >= until:
            until = (end[i] // (2 * window) + 1) * 2 * window
            found = _flush(top_bad, top_calls, highest, block, of_bad, of_calls, found, blocks - 1)
            highest = 0
            blocks += 1
        next_bad = places[coming] if coming < m else n
        if coming == leaving and i < next_bad:
            i = first_at(end, until, i, next_bad)
            continue
        if i == next_bad:
            coming += 1
            next_bad = places[coming] if coming < m else n
        while leaving < coming and end[i] - end[places[leaving]] >= window:
            leaving += 1
        bad = coming - leaving
        if not bad:
            i += 1
            continue
        oldest = first_at(end, end[i] - window + 1, oldest, places[leaving])
        calls = i - oldest + 1
        step = step_of[bad]
        if bad * top_calls[step] > top_bad[step] * calls:
            top_bad[step], top_calls[step] = bad, calls
            highest = max(highest, step)
        # A higher rate takes this many calls at most, and so the oldest ones to have left.
        fewer = (bad * top_calls[step] - 1) // top_bad[step]
        last = min(oldest + calls - fewer, places[leaving])
        i = first_at(end, min(until, end[last] + window), i + 1, next_bad)
    found = _flush(top_bad, top_calls, highest, block, of_bad, of_calls, found, blocks - 1)
    return block[:found].copy(), of_bad[:found].copy(), of_calls[:found].copy(), blocks


@compiled(times)
def peaks_of_calls(
    n: int, places: NDArray[np.int64], cuts: NDArray[np.int64], window: int, step_of: NDArray[np.int32]
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32], int]:
    """Return the peaks of a window of calls, which never holds fewer of them until a cut empties it.

    Args:
        n: how many calls completed.
        places: which of them were bad.
        cuts: at which of them another breaker's begin.
        window: calls.
        step_of: by number of bad calls, which of them are told apart.

    Returns:
        The columns of `Peaks`.
    """
    m = len(places)
    most = step_of[-1]
    top_bad = np.zeros(most + 1, np.int64)
    top_calls = np.ones(most + 1, np.int64)
    room = 4 * m + len(cuts) + 16
    block, of_bad, of_calls = np.empty(room, np.int32), np.empty(room, np.int32), np.empty(room, np.int32)
    found = highest = 0
    coming = leaving = cut = begin = 0
    number = -1
    i = places[0] if m else n
    while i < n:
        if i >= (number + 1) * 2 * window:
            found = _flush(top_bad, top_calls, highest, block, of_bad, of_calls, found, number)
            highest = 0
            number = i // (2 * window)
        while cut < len(cuts) and cuts[cut] <= i:
            begin = cuts[cut]
            cut += 1
        if coming < m and places[coming] == i:
            coming += 1
        oldest = max(begin, i - window + 1)
        while leaving < coming and places[leaving] < oldest:
            leaving += 1
        bad = coming - leaving
        next_bad = places[coming] if coming < m else n
        if not bad:
            i = next_bad
            continue
        step = step_of[bad]
        calls = i - oldest + 1
        if bad * top_calls[step] > top_bad[step] * calls:
            top_bad[step], top_calls[step] = bad, calls
            highest = max(highest, step)
        i = min(next_bad, places[leaving] + window, (number + 1) * 2 * window)
        if cut < len(cuts):
            i = min(i, cuts[cut])
    found = _flush(top_bad, top_calls, highest, block, of_bad, of_calls, found, number)
    return block[:found].copy(), of_bad[:found].copy(), of_calls[:found].copy(), -(-n // (2 * window))


@inlined
def _flush(
    top_bad: Any,
    top_calls: Any,
    highest: int,
    block: Any,
    of_bad: Any,
    of_calls: Any,
    found: int,
    number: int,
) -> int:
    """Write down a block's peaks, the fullest first, and forget them."""
    rate_bad, rate_calls = 0, 1
    for step in range(highest, 0, -1):
        bad, calls = top_bad[step], top_calls[step]
        if bad and bad * rate_calls > rate_bad * calls:
            block[found], of_bad[found], of_calls[found] = number, bad, calls
            rate_bad, rate_calls = bad, calls
            found += 1
        top_bad[step], top_calls[step] = 0, 1
    return found


@compiled(times)
def exact_maxima(  # noqa: C901, PLR0912  # one walk: what it does at an event needs nearly all of its state
    end: NDArray[np.int64],
    places: NDArray[np.int64],
    cuts: NDArray[np.int64],
    window: int,
    counted: bool,
    gates: tuple[float, int, int],
) -> tuple[NDArray[np.float64], int]:
    """Return the largest margin of each block that holds a bad call, and how many blocks hold a call.

    Args:
        end: nanoseconds at which calls completed, in order.
        places: which of them were bad.
        cuts: at which of them another breaker's begin.
        window: nanoseconds; calls, where `counted`.
        counted: what the window holds.
        gates: threshold in percent, errors, and calls.
    """
    threshold, errors, least = gates
    n, m = len(end), len(places)
    maxima = np.empty(n, np.float64)
    found, blocks, best = 0, 0, 0.0
    coming = leaving = cut = begin = 0
    i = oldest = until = 0
    while i < n:
        if i >= until if counted else i == 0 or end[i] >= until:
            if best > 0.0:
                maxima[found] = best
                found += 1
            best = 0.0
            until = ((i if counted else end[i]) // (2 * window) + 1) * 2 * window
            blocks += 1
        next_bad = places[coming] if coming < m else n
        # No margin is larger than the bad calls allow: until another comes in, none need be looked at.
        if i < next_bad and coming - leaving <= best * errors * _NEARLY:
            i = min(next_bad, until) if counted else first_at(end, until, i, next_bad)
            continue
        if i == next_bad:
            coming += 1
            next_bad = places[coming] if coming < m else n
        if counted:
            while cut < len(cuts) and cuts[cut] <= i:
                begin = cuts[cut]
                cut += 1
            oldest = max(begin, i - window + 1)
        else:
            oldest = first_at(end, end[i] - window + 1, oldest, i)
        while leaving < coming and places[leaving] < oldest:
            leaving += 1
        bad = coming - leaving
        calls = i - oldest + 1
        best = max(best, min(bad / errors, 100.0 * bad / (threshold * calls), calls / least))
        i += 1
        if not bad:
            continue
        if counted:
            if calls == window:
                i = min(next_bad, places[leaving] + window, until)
                i = min(i, cuts[cut]) if cut < len(cuts) else i
            continue
        fewer = int(100.0 * bad / (threshold * best)) + 1  # calls: with more, the rate is no higher
        if calls > fewer:
            last = min(oldest + calls - fewer, places[leaving])
            i = first_at(end, min(until, end[last] + window), i, next_bad)
    if best > 0.0:
        maxima[found] = best
        found += 1
    return maxima[:found].copy(), blocks
