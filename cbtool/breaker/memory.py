"""What one breaker remembers: whole numbers under names, so that the same code runs compiled.

The policies and the machine are functions over a `Memory` (or, compiled, a record with the same fields), a
flat store of numbers for the window's contents, and `Policies`. Times are nanoseconds.
"""

from __future__ import annotations

FIELDS = (
    "state",
    "generation",  # every transition starts a new one; tells late results apart
    "seed",  # of the wait's jitter
    "started",
    "since",  # when the state began
    "epoch",  # Unix time of the clock's zero, for windows that align to it
    "attempt",  # openings in a row since the breaker was last closed
    "openings",
    "wait",  # how long this open state lasts
    "wait_from",  # from when on
    "failed_at",  # the latest failure that an open breaker heard of
    "healthy",  # healthy answers in a row
    "strikes",  # runs of failures that did not trip alone
    "judged",  # 1 where the trip rules have seen all that the window holds, and were content
    "checked",  # until when they are not asked again, where they are asked so often at most
    "tick",  # when the trip rules are next asked, where a timer asks them
    "in_flight",  # where the policies limit them
    # the trials of this half-open state
    "taken",
    "denied",  # calls that a growing share left out
    "trial_at",
    "trial_calls",
    "trial_failures",
    "trial_slow",
    "trial_run",
    # the window
    "calls",
    "failures",
    "slow",
    "run",
    "head",
    "held",
    "bucket",
    "at",  # where in the store the bucket lies that is being filled
    "turns",  # when it is full; of a grid
    "anchor",
    "noted",  # calls in it when the latest one started
    # the slices of durations beside it
    "slice",
    "sliced",  # when the present one began
    "timed",
    "timed_slow",
    # the transitions of the present operation
    "logged",
    "draws",  # random numbers that decided over calls
)
FRACTIONS = (
    "refused",  # the share of calls that a controller refuses
    "total",  # of its excess errors, over time
    "excess",  # of errors, at its last tick
    "ideal",  # the error rate that it takes for usual
)
"""Those fields that are not whole: double precision."""

LOG_COLUMNS = 9
"""Of a transition: time, source, target, reason, calls, failures, slow, run, wait (−1: not open)."""
LOG_ROWS = 16
"""How many transitions one operation may log before somebody must read them."""


class Memory:
    """The fields of one breaker, all 0 at first."""

    __slots__ = FIELDS + FRACTIONS

    def __init__(self) -> None:
        for name in FIELDS:
            setattr(self, name, 0)
        for name in FRACTIONS:
            setattr(self, name, 0.0)

    state: int
    generation: int
    seed: int
    started: int
    since: int
    epoch: int
    attempt: int
    openings: int
    wait: int
    wait_from: int
    failed_at: int
    healthy: int
    strikes: int
    judged: int
    checked: int
    tick: int
    in_flight: int
    taken: int
    denied: int
    trial_at: int
    trial_calls: int
    trial_failures: int
    trial_slow: int
    trial_run: int
    calls: int
    failures: int
    slow: int
    run: int
    head: int
    held: int
    bucket: int
    at: int
    turns: int
    anchor: int
    noted: int
    slice: int
    sliced: int
    timed: int
    timed_slow: int
    logged: int
    draws: int
    refused: float
    total: float
    excess: float
    ideal: float
