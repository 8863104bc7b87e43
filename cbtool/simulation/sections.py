"""A long traffic in sections, so that no more than one of them is in memory.

A section begins with those calls of the sections before it that somebody still needs: whose results are not
in yet, or may still be in a breaker's window. It ends with the start of its last call; what comes after that
is left to the next. So the events are those of the whole traffic, in the same order, and a run that pauses
between sections (`runs.py`) is the run over the whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from cbtool.breaker import Verdict
from cbtool.breaker.outcome import ignored_succeed
from cbtool.simulation.traffic import Traffic, traffic_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cbtool.breaker import BreakerConfig


class Moves(NamedTuple):
    """Where the things of a section go that the next one begins with.

    Attributes:
        calls: int64, by call, and one for the end: how many of the calls before it stay.
        completions: int64, the same by completion.
        call_of: int64, by completion: its call there; −1 where it does not stay.
    """

    calls: NDArray[np.int64]
    completions: NDArray[np.int64]
    call_of: NDArray[np.int64]


@dataclass(frozen=True)
class Section:
    """A part of a breaker's traffic, as one view of it sees it.

    Attributes:
        traffic: of n calls, those of earlier sections first.
        tags: int64, by call: what the caller knows it by; may be empty.
        behind: how many of the calls are of earlier sections.
        done: how many completions came before this section.
        due: the completion from which on all are left to the next section.
    """

    traffic: Traffic
    tags: NDArray[np.int64]
    behind: int
    done: int
    due: int


def whole(traffic: Traffic) -> Section:
    """Return a traffic as its only section."""
    return Section(traffic, np.zeros(0, np.int64), 0, 0, len(traffic))


class View(NamedTuple):
    """How a breaker sees its traffic; see `Traffic.seen_by`."""

    timeout: float | None
    ignored_succeed: bool


def view_of(config: BreakerConfig) -> View:
    """Return how a configuration's breaker sees its traffic."""
    return View(config.dialect.call_timeout(config), ignored_succeed(config.policies))


class Arrivals(NamedTuple):
    """Calls of one breaker, in the order of their starts; arrays as in `Traffic`, and `tags` of a section."""

    start_ns: NDArray[np.int64]
    duration_ns: NDArray[np.int64]
    verdicts: NDArray[np.uint8]
    tags: NDArray[np.int64]

    def take(self, keep: NDArray[Any]) -> Arrivals:
        """Return those that a mask or their numbers choose."""
        return Arrivals(self.start_ns[keep], self.duration_ns[keep], self.verdicts[keep], self.tags[keep])

    def followed_by(self, others: Arrivals) -> Arrivals:
        """Return both."""
        return Arrivals(
            np.concatenate((self.start_ns, others.start_ns)),
            np.concatenate((self.duration_ns, others.duration_ns)),
            np.concatenate((self.verdicts, others.verdicts)),
            np.concatenate((self.tags, others.tags)),
        )


class Cutter:
    """Makes the sections of one breaker's traffic, as one view sees it.

    Args:
        view: how.
    """

    def __init__(self, view: View) -> None:
        self._view = view
        self._staying: Arrivals | None = None
        self._done = 0

    def section(self, arrivals: Arrivals, *, last: bool) -> Section:
        """Return the next section.

        Args:
            arrivals: the calls that follow on those before; may be none.
            last: whether nothing follows.
        """
        behind = 0
        if self._staying is not None:
            behind = len(self._staying.start_ns)
            arrivals = self._staying.followed_by(arrivals)
        self._staying = arrivals
        traffic = traffic_of(arrivals.start_ns, arrivals.duration_ns, arrivals.verdicts)
        if self._view != View(None, ignored_succeed=False):
            traffic = traffic.viewed(*self._view)
        n = len(traffic)
        due = n if last else int(np.searchsorted(traffic.started, n, side="left"))
        return Section(traffic, arrivals.tags, behind, self._done, due)

    def close(self, section: Section, needed: int) -> Moves:
        """Leave a section, and return where what stays goes.

        Args:
            section: the present one.
            needed: the completion from which on somebody needs them.
        """
        traffic = section.traffic
        keep = np.arange(len(traffic)) >= needed
        # Results that no rate counts are in no window.
        keep[: section.due] &= traffic.verdicts[traffic.call_of[: section.due]] != Verdict.IGNORED
        staying = np.zeros(len(traffic), np.bool_)
        staying[traffic.call_of[keep]] = True
        if self._staying is not None:
            self._staying = self._staying.take(staying)
        calls, completions = (np.concatenate(([0], np.cumsum(each))) for each in (staying, keep))
        self._done = int(completions[section.due])
        return Moves(calls, completions, np.where(keep, calls[traffic.call_of], -1))
