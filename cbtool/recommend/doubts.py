"""What makes one doubt an answer: what the traffic holds, or hides, beside what was asked."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

import numpy as np

from cbtool.breaker.outcome import Verdict
from cbtool.units import format_duration, format_percent, format_rate

if TYPE_CHECKING:
    import polars as pl
    from numpy.typing import NDArray

    from cbtool.recommend.columns import Column
    from cbtool.recommend.model import Regime
    from cbtool.traffic.calls import Calls

_MOST_NAMED = 3
_LONGEST_NAME = 32
_A_GROUP = 0.01  # of the calls; smaller ones are strays
_BLOCKS = 60
_CALLS_A_BLOCK = 10  # of one instance
_BAD = 0.3  # of one instance's calls fail
_OTHERS = 0.1  # at most, of what the others' do
_SHARED = (
    "Taking it out is outlier ejection's job, or that of a breaker for each instance; this one would refuse"
    " the good ones' calls, too."
)
_ITS_OWN = "Its own breaker opens for that; outlier ejection would send its calls to the others."
_ONE_SEES = (
    "Valid for the load that ONE breaker sees. With a breaker in each of M processes, run again"
    " with --instances M: each then sees 1/M of the calls."
)
_CHANGE = 3.0  # times, from which a load changes
_GROWTH = 1.5


def traffic_doubts(
    calls: Calls,
    verdicts: NDArray[np.uint8],
    regimes: tuple[Regime, ...],
    *,
    instances: int,
    by_instance: bool,
) -> tuple[str, ...]:
    """Return what to know about the traffic, a sentence or two each.

    Args:
        calls: all of them.
        verdicts: each call's `Verdict`.
        regimes: levels of load, of one breaker.
        instances: over how many breakers the calls are split.
        by_instance: whether they go by the log's own instances.
    """
    counted = verdicts != Verdict.IGNORED
    failed = verdicts == Verdict.FAILURE
    return (
        *_instances(calls, counted, instances, by_instance=by_instance),
        *bad_instances(calls, counted, failed, own_breakers=by_instance),
        *_groups(calls),
        *_load(calls.start_ns[counted], calls.span, regimes),
    )


def load_doubts(start: Column, span: float, regimes: tuple[Regime, ...], instances: int) -> tuple[str, ...]:
    """Return what to know where nothing but the calls' times is known.

    Args:
        start: when each began, nanoseconds.
        span: seconds from the first to the last.
        regimes: levels of load, of one breaker.
        instances: over how many breakers the calls are split.
    """
    return (*((_ONE_SEES,) if instances == 1 else ()), *_load(start, span, regimes))


def bad_instances(
    calls: Calls, counted: NDArray[np.bool_], failed: NDArray[np.bool_], *, own_breakers: bool = False
) -> tuple[str, ...]:
    """Return a sentence for each instance that failed for a while as the others did not.

    In each of 60 stretches of equal count: an instance of whose calls 30 % or more fail while at most a
    tenth of that share fail of all the others' stands out.
    """
    if calls.instance is None or len(calls.instances) < 2 or not counted.any():
        return ()
    which, bad, start = calls.instance[counted], failed[counted], calls.start_ns[counted]
    n = len(which)
    blocks = int(np.clip(n // (_CALLS_A_BLOCK * len(calls.instances)), 1, _BLOCKS))
    block = np.arange(n) * blocks // n
    width = len(calls.instances)
    cell = block * width + which
    seen = np.bincount(cell, minlength=blocks * width).reshape(blocks, width)
    lost = np.bincount(cell, weights=bad, minlength=blocks * width).reshape(blocks, width)
    share = lost / np.maximum(seen, 1)
    rest = (lost.sum(axis=1)[:, None] - lost) / np.maximum(seen.sum(axis=1)[:, None] - seen, 1)
    out = (seen >= _CALLS_A_BLOCK) & (share >= _BAD) & (rest <= _OTHERS * share)
    said = []
    advice = _ITS_OWN if own_breakers else _SHARED
    for number in np.flatnonzero(out.any(axis=0))[:_MOST_NAMED]:
        mine = np.flatnonzero(out[:, number])
        own, lost_own = int(seen[mine, number].sum()), int(lost[mine, number].sum())
        others = int(seen[mine].sum()) - own
        lost_others = int(lost[mine].sum()) - lost_own
        begin, end = (np.searchsorted(block, [mine[0], mine[-1] + 1]) - [0, 1]).tolist()
        said.append(
            f"One bad instance: {_short(calls.instances[number])} failed"
            f" {format_percent(100 * lost_own / own)} of its {own:,} calls between"
            f" +{format_duration(start[begin] / 1e9)} and +{format_duration(start[end] / 1e9)}, the"
            f" {width - 1} other{'s' * (width > 2)} {format_percent(100 * lost_others / max(others, 1))} of"
            f" {others:,}. {advice}"
        )
    return tuple(said)


def _instances(
    calls: Calls, counted: NDArray[np.bool_], instances: int, *, by_instance: bool
) -> tuple[str, ...]:
    if by_instance:
        return (f"Each call goes to the breaker of the instance that the log names; there are {instances}.",)
    if instances > 1:
        return ()
    number = 1 if calls.instance is None else len(np.unique(calls.instance[counted]))
    if number < 2:
        return (_ONE_SEES,)
    return (
        (
            f"The log names {number} instances, and these settings are for ONE breaker that sees all their"
            f" calls. Where each has a breaker of its own, run again with --instances auto (or {number})."
        ),
    )


def _groups(calls: Calls) -> tuple[str, ...]:
    said = []
    for name, texts in (("host", calls.host), ("upstream", calls.upstream)):
        shares = [] if texts is None else _shares(texts)
        if len(shares) > 1:
            listed = ", ".join(f"{_short(text)} {100 * share:.0f} %" for text, share in shares[:_MOST_NAMED])
            more = f" and {len(shares) - _MOST_NAMED} more" if len(shares) > _MOST_NAMED else ""
            said.append(
                f"The calls go to several {name}s ({listed}{more}), and a breaker stands before one"
                f" dependency: --by {name} answers for each, --{name} for one."
            )
    return tuple(said)


def _shares(texts: pl.Series) -> list[tuple[str, float]]:
    counts = texts.drop_nulls().value_counts(sort=True).head(100)
    shares = [(str(text), count / max(1, len(texts))) for text, count in counts.iter_rows()]
    return sorted((each for each in shares if each[1] >= _A_GROUP), key=lambda each: (-each[1], each[0]))


def _load(start: Column, span: float, regimes: tuple[Regime, ...]) -> tuple[str, ...]:
    said = []
    if regimes and regimes[-1].rate >= _CHANGE * regimes[0].rate:
        said.append(
            f"The load changes {regimes[-1].rate / regimes[0].rate:.0f}-fold, from"
            f" {format_rate(regimes[0].rate)} to {format_rate(regimes[-1].rate)}: one setting must hold at"
            " both."
        )
    if span >= 2 * 86400 and len(start) > 100:  # over days; within one, it is the hour
        first = bisect_left(start, span * 5e8)
        last = len(start) - first
        if last > _GROWTH * first or first > _GROWTH * last:
            said.append(
                f"The load is changing: {first:,} calls in the first half of the time, {last:,} in the"
                " second. The settings are for both; run again when it has settled."
            )
    return tuple(said)


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"
