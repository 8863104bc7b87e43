"""Bursts: what keeps coming back and is over soon, so is no incident: blips, deployments, retries."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from cbtool.recommend.incidents.blips import LONGEST_BLIP, RECURRING, USUALLY_ACTED_ON
from cbtool.recommend.incidents.segments import LEAST_BAD_CALLS, Segment, nearly_all_bad

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from cbtool.recommend.incidents.stretches import Stretch
    from cbtool.recommend.model import Budget

LEAST = 2.5  # seconds
_MARGIN = 2.0  # times the bursts' 95 % quantile
_GAP = 3.0  # times as long as all bursts is no burst of their sort
_AROUND = 25  # calls on either side that tell how far apart calls usually are
_TOGETHER = 0.2  # of that: one after the other
_PLAIN = 1.5  # times the break-even share: too many bad calls for a baseline's worse minutes
_PLAINLY, _A_RUN = 0.8, 5  # of the calls, and calls, fail in a restart that chance seems to hide
_MANY = 20  # bad calls that came apart are no single caller's


class Bar(NamedTuple):
    """What a bad stretch must exceed to be acted on."""

    seconds: float
    bad: int
    """Failed or slow calls; a stretch of a minute or more needs no number, of five if it may be bursts."""
    learnt: bool = True
    """Whether from bursts, or from the user."""
    clear: float = LONGEST_BLIP
    """Seconds from which a stretch is none of the bursts' sort, however many calls failed in those."""


def bar_of(severe: Sequence[Stretch], budget: Budget, span: float) -> Bar:
    """Return what an incident must exceed, learnt from the bursts that keep coming back.

    Args:
        severe: the stretches bad enough to act on. A mild one is no burst: however long it is, it is ridden
            through for its share of bad calls.
        budget: gives the shortest incident worth acting on, where the user knows it.
        span: of the log, seconds.
    """
    if budget.shortest_incident is not None:
        return Bar(budget.shortest_incident, 0)
    # Half a minute of a demo cannot hold a 10 s incident to learn from; 2 s are a blip even there.
    least = min(USUALLY_ACTED_ON, max(LEAST, span / 12))
    bursts = _recurring(severe, budget.break_even)
    if len(bursts) < RECURRING:
        return Bar(least, 0, learnt=False)
    usual = _MARGIN * np.quantile([burst.seconds for burst in bursts], 0.95)
    failed = _MARGIN * np.quantile([burst.failed for burst in bursts], 0.95)
    clear = _GAP * max(1.0, bursts[-1].seconds)
    return Bar(float(min(LONGEST_BLIP, max(least, usual))), int(failed), clear=min(LONGEST_BLIP, clear))


def _recurring(stretches: Sequence[Stretch], level: float) -> list[Stretch]:
    """Return those that are bursts: all up to the longest sort of which there are several.

    A clear gap in their lengths is where another sort begins. Incidents that last less than a minute are few,
    or a sort with others that last longer, or each plainly bad for ten seconds or more, and say nothing about
    bursts.
    """
    ordered = sorted(stretches, key=lambda stretch: stretch.seconds)
    clear = [
        i + 1
        for i, (one, next_) in enumerate(pairwise(ordered))
        if next_.seconds >= _GAP * max(1.0, one.seconds)
    ]
    habit = 0
    for begin, end in pairwise([0, *clear, len(ordered)]):
        sort = ordered[begin:end]
        short = len(sort) >= RECURRING and sort[-1].seconds < LONGEST_BLIP
        if short and not all(_is_plain(stretch, level) for stretch in sort):
            habit = end
    return ordered[:habit]


def _is_plain(stretch: Stretch, level: float) -> bool:
    """Return whether so many calls were bad for so long that nobody takes it for a restart or a caller."""
    shape = stretch.shape
    return (
        stretch.seconds >= USUALLY_ACTED_ON
        and shape is not None
        and shape.share >= _PLAIN * level
        and shape.bursts >= _MANY
    )


def hidden_bursts(
    start: NDArray[np.int64], failed: NDArray[np.bool_], known: Sequence[Segment]
) -> list[Segment]:
    """Return short outages of too few calls to stand out as bad stretches where many calls fail by chance.

    Args:
        start: nanoseconds, n of them in order.
        failed: n.
        known: the bad stretches that do stand out.
    """
    apart = np.ones(len(failed), np.bool_)
    for segment in known:
        apart[segment.first : segment.last + 1] = False
    bad = failed & apart
    baseline = int(bad.sum()) / max(1, int(apart.sum()))
    return [
        found
        for found in nearly_all_bad(bad, baseline)
        if apart[found.first : found.last + 1].all()
        and failed[found.first : found.last + 1].sum()
        >= max(_A_RUN, _PLAINLY * (found.last + 1 - found.first))
        and start[found.last] - start[found.first] < LONGEST_BLIP * 1e9
    ]


def follows(start: NDArray[np.int64], failed: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return which calls went as the one before, right after it, as one caller's retries fail.

    Args:
        start: nanoseconds, n of them in order.
        failed: n.
    """
    n = len(start)
    around = np.arange(n)
    first, last = np.maximum(around - _AROUND, 0), np.minimum(around + _AROUND, n - 1)
    usual = (start[last] - start[first]) / np.maximum(last - first, 1)
    found = np.zeros(n, np.bool_)
    found[1:] = (failed[1:] == failed[:-1]) & (np.diff(start) <= _TOGETHER * usual[1:])
    return found


def are_one_callers(stretch: Stretch, after: NDArray[np.bool_], failed: NDArray[np.bool_]) -> bool:
    """Return whether a stretch's failures are but a few clusters.

    Args:
        stretch: what is asked about.
        after: of all calls, which follow the one before; see `follows`.
        failed: of all calls.
    """
    part = slice(stretch.segment.first, stretch.segment.last + 1)
    return int((failed[part] & ~after[part]).sum()) < LEAST_BAD_CALLS


def clusters_of(kept: NDArray[np.intp], failed: NDArray[np.bool_]) -> list[Segment]:
    """Return the bursts that look like bad stretches by themselves.

    Args:
        kept: the calls that do not follow the one before, in order.
        failed: of all calls.
    """
    behind = np.append(kept[1:], len(failed))
    large = failed[kept] & (behind - kept >= LEAST_BAD_CALLS)
    return [Segment(int(a), int(b) - 1) for a, b in zip(kept[large], behind[large], strict=True)]


def places_of(segment: Segment, kept: NDArray[np.intp], n: int) -> Segment:
    """Return where a segment of the kept calls lies among all n of them, with those that follow its last."""
    behind = segment.last + 1
    return Segment(int(kept[segment.first]), int(kept[behind] if behind < len(kept) else n) - 1)
