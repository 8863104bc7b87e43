"""Whether the wait should grow from one failed round of trials to the next.

Where incidents end at a hazard h(τ) after τ seconds, waiting w until the next n trials costs n/w bad calls
a second while one goes on, and λw/2 good ones refused when it ends: the best wait is w(τ) = √(2n/(λh(τ))).
Where most incidents are short and some are long, one that has lasted is likely to last, h falls, and the
wait should grow; where all last about as long, h rises, and a constant wait is as good as any.

A wait that grows g-fold is w + τ(1 − 1/g) after τ seconds, so that a doubling one soon is half as long as
the incident: growing slowly often is better. First waits shorter than the best constant one, and longest ones
beyond it, are tried; more of them where incidents flap, whose rhythm few waits meet. Growing takes two more
settings, which not every library has, and must be worth them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cbtool.recommend.candidates.forms import nice_duration

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cbtool.recommend.candidates.gates import Candidate

WORTH_GROWING = 0.97
"""Of the loss with a constant wait; less is within what a log of other incidents would move."""
_SHARES = (0.25, 0.5)  # the first wait, of the best constant one
_TIMES = (1.0, 2.0, 4.0)  # the longest wait, of the best constant one
_MORE_SHARES = (0.15, 0.25, 0.35, 0.5, 0.75)  # where a rhythm is to be met
_MORE_TIMES = (0.6, 1.0, 1.5, 2.0, 4.0)
GROWTHS = (1.1, 1.2, 1.5, 2.0, 3.0)
_SEEDS = GROWTHS[:-1]
_STEPS = (0.5, 0.7, 1.4, 2.0)


def growing(at: Candidate, shortest: float, *, widely: bool) -> Iterator[Candidate]:
    """Yield growing waits around a constant one, none below the shortest; widely, more of them."""
    for growth in _SEEDS:
        for share in _MORE_SHARES if widely else _SHARES:
            for times in _MORE_TIMES if widely else _TIMES:
                yield from _grown(at, max(shortest, at.wait * share), growth, at.wait * times)


def nearby(at: Candidate, shortest: float) -> Iterator[Candidate]:
    """Yield the neighbours of a growing wait: its first, its longest, how fast it grows."""
    longest = at.longest or at.wait
    for step in _STEPS:
        yield from _grown(at, max(shortest, at.wait * step), at.growth, longest)
        yield from _grown(at, at.wait, at.growth, longest * step)
    for growth in GROWTHS:
        yield from _grown(at, at.wait, growth, longest)


def _grown(at: Candidate, wait: float, growth: float, longest: float) -> Iterator[Candidate]:
    first, last = nice_duration(wait), nice_duration(longest)
    if last >= growth * first * 0.99:
        yield at._replace(wait=first, growth=growth, longest=last)
