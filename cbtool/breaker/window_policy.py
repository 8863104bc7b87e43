"""The window policy as data: what a library counts, when, and when it is forgotten (`window.py` does it)."""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple


class WindowKind(IntEnum):
    """How a window's contents are kept."""

    CALLS = 0
    """The last `size` results."""
    TIME = 1
    """Each result for exactly `length` after it completed."""
    RUN = 2
    """The unbroken run of failures only."""
    GRID = 3
    """`size` buckets of `width` on a fixed grid."""
    FLOATING = 4
    """Buckets that begin with the first event after the one before is `width` old."""
    ERRORS = 5
    """When each of the last `size` failures happened, for `length`; successes are not seen."""
    AVERAGE = 6
    """The share of successes, smoothed exponentially over `length`, or over `size` results."""
    CHAIN = 7
    """Failures, until a success after a call that came `length` after the last of them."""
    STAMPED = 8
    """A ring of `size` buckets of `width`, each stamped with its beginning: `stamped.py`."""


class Anchor(IntEnum):
    """Where the grid of buckets begins."""

    EPOCH = 0
    """At Unix time 0."""
    STARTED = 1
    """When the breaker was made."""
    CLOSED = 2
    """At each entry to closed."""


class CountWhen(IntEnum):
    """When a call enters the number of calls that a rate is of."""

    COMPLETED = 0
    ADMITTED = 1
    """Calls in flight are in it."""
    ATTEMPTED = 2
    """Refused calls are in it, too."""
    ANSWERED = 3
    """Completed and refused ones are; none in flight is."""


class Ignored(IntEnum):
    """What an ignored result is to the part of the breaker that gets it."""

    NOTHING = 0
    SUCCESS = 1
    FAILURE = 2
    CALL = 3
    """A call that the window counts and that decides nothing."""


class WindowPolicy(NamedTuple):
    """What a window counts. Durations are nanoseconds."""

    kind: WindowKind
    size: int = 1
    """Results, buckets or failures that fit."""
    length: int = 0
    """How long something is remembered; 0: until it is pushed out."""
    width: int = 1
    """Of a bucket."""
    anchor: Anchor = Anchor.STARTED
    partial: bool = True
    """Whether the bucket that is still filling is seen."""
    counts: CountWhen = CountWhen.COMPLETED
    refusals_fail: bool = False
    """Whether a refused call is also a failure, where refused ones are counted."""
    lingers: bool = False
    """Whether the oldest bucket of a `GRID` window is seen until something is counted in the newest; calls
    and failures each for themselves."""
    booked_at_admission: bool = False
    """Whether a result goes to the bucket in which its call was admitted."""
    tumbles: bool = False
    """A new bucket of a `FLOATING` window starts a new generation, strictly after `width`."""
    run_leaves: bool = False
    """Whether failures that leave a `GRID` window leave the run of failures, too."""
    reanchors: bool = False
    """Whether a `GRID` window, silent for longer than it reaches back, begins a new grid."""
    slices: int = 0
    """Of durations, in a ring beside a `GRID` window that only results move on; 0: none."""
    slice_length: int = 0
    """How old a slice is when a result begins the next one."""
    lumping: int = 0
    """A failure that follows the last remembered one within this is not remembered."""
    cleared_on: int = 0b111
    """The states whose entry empties the window, a bit each: 1 << `State`."""
    verdicts_only: bool = False
    """Whether the trials count as one result: a failure as they reopen, a success kept as they close."""
    keeps_closing_result: bool = False
    """Whether the trial that closes the breaker is counted in its new window."""
    keeps_trials: bool = False
    """Whether all the successes that closed the breaker are."""
    calls_at_admission: bool = False
    """Whether a rate is of the calls that the window held when the latest one started."""
    ignored: Ignored = Ignored.NOTHING
