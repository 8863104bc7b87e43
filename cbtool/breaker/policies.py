"""What libraries differ in, as data: five policies over one state machine, and their variants.

A dialect makes `Policies` of a user's settings; the machine (`machine.py`) reads nothing else. Each policy's
behaviour is in a module of its own: `window.py` and `buckets.py`, `trip.py`, `wait.py`, `trials.py`,
`late.py`. All are tuples of numbers, so that compiled code takes them as they are. Durations are nanoseconds
unless a field says otherwise.
"""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

from cbtool.breaker.adaptive.policy import ThrottlePolicy
from cbtool.breaker.spread import Spread
from cbtool.breaker.window_policy import Anchor, CountWhen, Ignored, WindowKind, WindowPolicy

__all__ = [
    "OFF",
    "Admission",
    "Anchor",
    "CountWhen",
    "EvaluateOn",
    "Forced",
    "Ignored",
    "LatePolicy",
    "LateResults",
    "LeaveOpen",
    "Measure",
    "Policies",
    "ResetRule",
    "ThrottlePolicy",
    "TrialsPolicy",
    "TrialsVerdict",
    "TripPolicy",
    "WaitPolicy",
    "WindowKind",
    "WindowPolicy",
]

OFF = float("inf")
"""A rate that no rate reaches."""


class EvaluateOn(IntEnum):
    """When the trip rules are asked."""

    EVERY_RESULT = 0
    FAILURE = 1
    ADMISSION = 2
    """When a call arrives, before it is let through."""
    TIMER = 3
    """Every `period`, whatever arrives."""
    CHECKED = 4
    """At a result, but not before `period` is over, strictly, since the last time."""


class Measure(IntEnum):
    """In which arithmetic a rate is held against its threshold, and what the threshold's unit is."""

    PERCENT = 0
    """100 · bad ÷ calls, double precision; thresholds in percent."""
    SINGLE = 1
    """The same in single precision."""
    SHARE = 2
    """bad ÷ calls; thresholds from 0 to 1."""
    PRODUCT = 3
    """bad against threshold · calls; thresholds from 0 to 1."""
    TRUNCATED = 4
    """Whole percent, cut off; thresholds in percent."""
    ROUNDED = 5
    """Whole percent, halves up; thresholds in percent."""
    SUCCESS_SHARE = 6
    """(calls − bad) ÷ calls against 1 − threshold, from below; thresholds from 0 to 1."""
    SHARE_PERCENT = 7
    """bad ÷ calls · 100, infinite where only bad results are left of no calls; thresholds in percent."""


class Forced(IntEnum):
    """What an operator has decided, whatever the state is."""

    NEITHER = 0
    REFUSES = 1
    ADMITS = 2


class TripPolicy(NamedTuple):
    """When and how to ask whether a closed breaker must open. A rule that is off never trips."""

    on: EvaluateOn = EvaluateOn.EVERY_RESULT
    run: int = 0
    """Failures in a row that trip; 0: off."""
    errors: int = 0
    """Failures in the window that trip; 0: off."""
    failure_rate: float = OFF
    failure_above: bool = False
    """Whether the failure rate must exceed its threshold; reaching it is enough otherwise."""
    slow_rate: float = OFF
    slow_above: bool = False
    slow_quantile: float = 0.0
    """A slow call at this quantile of durations trips; 0 to 1, with `WindowPolicy.slices`; 0: off."""
    measure: Measure = Measure.PERCENT
    minimum_calls: int = 1
    """No rate, and where `gates_count` no number of failures, is judged over fewer calls."""
    minimum_errors: int = 0
    """No rate trips on fewer failed (slow) calls."""
    gates_count: bool = False
    period: int = 0
    """Of the timer that asks, or between two times of asking."""
    strikes: int = 1
    """So many runs of failures, each counted anew, trip together."""
    forgiven: bool = False
    """Whether each sweep of a closed breaker (`WaitPolicy.sweep`) ends its run and forgets its strikes."""
    least_average: float = 0.0
    """A smoothed share of successes under this trips; with `WindowKind.AVERAGE`."""
    capacity: int = 0
    """Calls in flight at once; one more is not let through and is a failure; 0: no limit."""
    forced: Forced = Forced.NEITHER
    warm_up: int = 0
    """Nothing trips so soon after the breaker was made."""


class LeaveOpen(IntEnum):
    """What notices that the wait is over."""

    CALL = 0
    """The next call that arrives."""
    CALL_OR_RESULT = 1
    """That, or a result that comes in."""
    TIMER = 2
    """A timer, without any call."""


class ResetRule(IntEnum):
    """What ends the open state."""

    WAIT = 0
    HEALTH = 1
    EARLIER = 2
    LATER = 3


class WaitPolicy(NamedTuple):
    """How long open, growing how, and when exactly it is over."""

    seconds: float = 60.0
    multiplier: float = 1.0
    longest: float = -1.0
    """Seconds; negative: no cap."""
    jitter: float = 0.0
    spread: Spread = Spread.AROUND
    linear: bool = False
    """Whether the n-th wait is n times the first; each is `multiplier` times the one before otherwise."""
    sweep: int = 0
    """The end is noticed by a sweep that comes so often, and each sweep of a closed breaker undoes one
    opening's growth; 0: none."""
    begins_on: int = 0
    """The wait runs from the last multiple of this of Unix time; 0: from the instant itself."""
    begins_by: int = 0
    """The same, from the next multiple."""
    resolution: int = 0
    """A wait is cut to a multiple of this, at each step of its growth; 0: not cut."""
    after_end: bool = False
    """Whether a call exactly at the end of the wait is still refused."""
    leave: LeaveOpen = LeaveOpen.CALL
    from_last_error: bool = False
    """Whether the wait runs from the last failure that the window remembers, not from the opening."""
    closes_after: int = -1
    """So long after the latest failure, late ones too, it closes without trials; negative: it does not."""
    begins: int = 0
    """The `State` that the breaker is made in."""
    skips_trials: bool = False
    """Whether the breaker is closed at once when the wait is over."""
    reset: ResetRule = ResetRule.WAIT
    healthy_after: int = 0


class Admission(IntEnum):
    """What limits the trials."""

    BUDGET = 0
    """`permits` in all: a slot is never given back, except by an ignored result."""
    CONCURRENCY = 1
    """`permits` in flight at once: every result gives its slot back."""
    UNLIMITED = 2
    """Nothing: every call is a trial."""
    ONE_PER_WAIT = 3
    """One, and another each time that the wait has passed since the last one began."""
    RAMP = 4
    """A share that grows evenly with time, to `ramp_to` at the limit of half-open."""


class TrialsVerdict(IntEnum):
    """How the trials' results decide."""

    RATES = 0
    """After `enough` results, the two rates over them, without gates."""
    COUNTS = 1
    """`successes` good ones close, `failures` bad ones reopen; closing is tested first."""
    TRIP_RULES = 2
    """A good one closes; a bad one asks the trip rules, and where they are content, frees its slot."""
    ALL_IN = 3
    """`failures` bad ones reopen at once; `enough` results without that close."""
    AS_CLOSED = 4
    """The trip rules decide as in a closed breaker, and good ones decide nothing."""


class TrialsPolicy(NamedTuple):
    """How half-open admits calls, and what their results decide."""

    admission: Admission = Admission.BUDGET
    permits: int = 1
    verdict: TrialsVerdict = TrialsVerdict.COUNTS
    enough: int = 1
    failure_rate: float = OFF
    """In the measure of the trip policy, as is the next."""
    slow_rate: float = OFF
    successes: int = 1
    failures: int = 1
    """0: bad results never reopen."""
    bad: int = 1
    """What a bad result is: a mask of `Outcome` bits, 1 failed, 2 slow."""
    ignored: Ignored = Ignored.NOTHING
    """To a trial's verdict; where nothing, it gives its slot back."""
    keeps_slots: bool = False
    """Whether an ignored result that is nothing keeps its slot, too."""
    first_starts: bool = False
    """Whether results before the first trial has begun are as late as in an open breaker."""
    overdraws: bool = False
    """Whether slots that were never taken can be given back, too, which admits more trials."""
    rearms: bool = False
    """Whether a failure that finds a slot free takes it; with `Admission.ONE_PER_WAIT`."""
    ramp_to: float = 0.5
    """With `Admission.RAMP`."""
    settles: int = 0
    """Results so soon after the wait's end count as in a closed breaker, and decide no more than there."""
    limit: int = 0
    """Half-open longer than this ends; 0: never."""
    limit_by_timer: bool = False
    """Whether it ends exactly then; it must be exceeded otherwise."""
    limit_by_call: bool = False
    """Whether only a call that arrives notices the end, and is admitted."""
    limit_closes: bool = False
    """Whether it then closes; it opens otherwise."""


class LateResults(IntEnum):
    """Who judges the result of a call that was admitted in an earlier state."""

    DROP = 0
    """Nobody: it is forgotten."""
    CURRENT_STATE = 1
    """The state it arrives in, as if it had been admitted there."""
    ADMITTING_STATE = 2
    """The kind of state it was admitted in, as if that still held."""


class LatePolicy(NamedTuple):
    """What a late result does."""

    judge: LateResults = LateResults.DROP
    counts_while_open: bool = False
    """Whether an open breaker counts it in its window."""
    success_counts: bool = False
    """Whether it counts successes alone."""
    failures_dropped: bool = False
    """Whether a failure is forgotten, whoever judges successes."""
    trials_dropped: bool = False
    """Whether a trial's late result is forgotten, whoever judges the others."""
    success_closes: bool = False
    """Whether a success closes an open breaker."""
    failure_extends: bool = False
    """Whether a failure begins an open breaker's wait anew."""
    failure_judged: bool = False
    """Whether it does where the trip rules, asked then, say so."""


class Policies(NamedTuple):
    """Everything that the machine knows of its settings."""

    window: WindowPolicy
    trip: TripPolicy
    wait: WaitPolicy
    trials: TrialsPolicy
    late: LatePolicy
    throttle: ThrottlePolicy = ThrottlePolicy()
