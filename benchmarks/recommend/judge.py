# ruff: noqa: ANN001, ANN202, PLR0917  # compiled code: numba finds the types, and takes no keywords
"""A small breaker and the loss, apart from cbtool: what the recommendations are judged by.

Admission at the start, results at the completion, completions first on equal times; an exact sliding
window (t − W, t], or the last n results, or a run of failures; judged after every result; n trials decide
by rate alone; results of calls from an earlier state are ignored; each change of state empties the window.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray
from processes import Draw

TIME, COUNT, RUN = 0, 1, 2
CLOSED, OPEN, HALF_OPEN = 0, 1, 2
REJECT, FALSE_TRIP, GRACE = 0.25, 10.0, 60.0


class Setting(NamedTuple):
    """A breaker's settings in plain numbers; durations in seconds, rates in percent."""

    window: float
    threshold: float
    errors: int
    calls: int
    wait: float
    trials: int
    slow_from: float = np.inf
    slow_threshold: float = 100.0
    kind: int = TIME
    backoff: float = 1.0
    longest: float = np.inf

    @classmethod
    def of(cls, config: Any) -> Setting:
        """Return the settings of anything that has the attributes of a breaker's configuration."""
        kind = {"time": TIME, "count": COUNT, "consecutive": RUN}[str(config.sliding_window_type.value)]
        slow_from, longest = config.slow_call_duration_threshold, config.max_wait_duration_in_open_state
        return cls(
            window=float(config.sliding_window_size),
            threshold=config.failure_rate_threshold,
            errors=config.minimum_number_of_errors,
            calls=config.minimum_number_of_calls,
            wait=config.wait_duration_in_open_state,
            trials=config.permitted_number_of_calls_in_half_open_state,
            slow_from=np.inf if slow_from is None else slow_from,
            slow_threshold=config.slow_call_rate_threshold,
            kind=kind,
            backoff=config.wait_backoff_multiplier,
            longest=np.inf if longest is None else longest,
        )


LIBRARIES = {
    "resilience4j": Setting(100, 50, 1, 100, 60, 10, kind=COUNT),
    "hystrix": Setting(10, 50, 1, 20, 5, 1),
    "polly": Setting(30, 10, 1, 100, 5, 1),
    "envoy": Setting(5, 100, 1, 1, 30, 1, kind=RUN),
}


class Verdict(NamedTuple):
    """What a setting did on one draw, or on several."""

    loss: float = 0.0
    false_trips: int = 0
    missed: int = 0
    incidents: int = 0
    delay: float = 0.0
    """Seconds from an incident's first call to the opening, summed over the incidents that were detected."""
    bad: int = 0
    """Bad calls in incidents."""
    missed_bad: int = 0
    """Of these, in incidents that were missed."""
    too_small: int = 0
    """Missed incidents with no more bad calls than the errors gate asks for: none was left to refuse."""

    def __add__(self, other: object) -> Verdict:
        if not isinstance(other, Verdict):
            return NotImplemented
        return Verdict(*(a + b for a, b in zip(self, other, strict=True)))


class Judge:
    """One draw, prepared for judging many settings."""

    def __init__(self, draw: Draw) -> None:
        self._start, self._duration = draw.start_ns, draw.duration_ns
        self._failed = (draw.status == 0) | (draw.status >= 500)
        end = draw.start_ns + draw.duration_ns
        self._order = np.argsort(end, kind="stable").astype(np.int64)
        self._spans = np.array([(s.begin, s.end) for s in draw.spans if s.actionable]).reshape(-1, 2)
        self._bad = self._failed | (draw.duration_ns > draw.p99 * 1e9)
        self._inside = np.zeros(len(draw), np.bool_)
        self._places = np.searchsorted(draw.start_ns, self._spans * 1e9)
        for a, b in self._places:
            self._inside[a:b] = True
        self._bad_in_spans = np.array([self._bad[a:b].sum() for a, b in self._places], np.int64)

    def run(self, setting: Setting) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
        """Return which calls were permitted, and the times in seconds when the closed breaker opened."""
        s = setting
        slow = self._duration > (s.slow_from * 1e9 if np.isfinite(s.slow_from) else np.inf)
        permitted = np.zeros(len(self._start), np.bool_)
        trips = np.empty(len(self._start) + 1, np.int64)
        window = round(s.window * 1e9) if s.kind == TIME else int(s.window)
        calls = min(s.calls, window) if s.kind == COUNT else s.calls
        longest = s.longest * 1e9 if np.isfinite(s.longest) else 9e18
        slow_threshold = s.slow_threshold if np.isfinite(s.slow_from) else 1e9
        found = _run(
            self._start, self._duration, self._order, self._failed, slow, s.kind, window, s.threshold,
            slow_threshold, s.errors, calls, s.wait * 1e9, s.trials, s.backoff, longest, permitted, trips,
        )  # fmt: skip
        return permitted, trips[:found] / 1e9

    def __call__(self, setting: Setting) -> Verdict:
        """Return what a setting did."""
        permitted, trips = self.run(setting)
        refused = ~permitted
        admitted_bad = int((permitted & self._bad & self._inside).sum())
        good_inside = int((refused & ~self._bad & self._inside).sum())
        good_outside = int((refused & ~self._bad & ~self._inside).sum())
        delay = 0.0
        noticed = self._noticed(refused)
        bad = self._bad_in_spans
        right = np.zeros(len(trips), np.bool_)
        for begin, end in self._spans:
            mine = (trips >= begin) & (trips <= end + GRACE)
            right |= mine
            delay += float(trips[mine][0] - begin) if (mine & (trips <= end)).any() else 0.0
        false = int((~right).sum())
        loss = admitted_bad + REJECT * good_inside + good_outside + FALSE_TRIP * false
        return Verdict(
            loss, false, int((~noticed).sum()), len(self._spans), delay, int(bad.sum()),
            int(bad[~noticed].sum()), int((~noticed & (bad <= setting.errors)).sum()),
        )  # fmt: skip

    def noticed(self, setting: Setting) -> NDArray[np.bool_]:
        """Return in which incidents a setting refused any call."""
        return self._noticed(~self.run(setting)[0])

    def _noticed(self, refused: NDArray[np.bool_]) -> NDArray[np.bool_]:
        return np.array([refused[a:b].any() for a, b in self._places], np.bool_)


@numba.njit(cache=True, nogil=True)
def _run(  # noqa: C901, PLR0912, PLR0915  # one breaker, in one place
    start, duration, order, failed, slow, kind, window, threshold, slow_threshold, least_errors, least_calls,
    first_wait, trials, backoff, longest, permitted, trips,
):  # fmt: skip
    n = len(start)
    era = np.full(n, -1, np.int64)  # of the state that admitted a call; -1: refused
    kept = np.empty(n, np.int64)  # the window: completed calls, from head to tail
    head = tail = bad = late = run = 0
    state, now_era, until, wait = 0, 0, 0.0, first_wait
    sent = done = trial_bad = trial_late = 0
    found = 0
    k = 0
    for i in range(n + 1):
        while k < n:
            j = order[k]
            at = start[j] + duration[j]
            if j >= i or (i < n and at > start[i]):
                break
            k += 1
            if era[j] != now_era:
                continue
            if state == 2:
                done += 1
                trial_bad += failed[j]
                trial_late += slow[j]
                if done < trials:
                    continue
                again = 100.0 * trial_bad >= threshold * done or 100.0 * trial_late >= slow_threshold * done
                if kind == 2:
                    again = trial_bad > 0
                now_era += 1
                if again:
                    wait = min(wait * backoff, longest)
                    state, until = 1, at + wait
                else:
                    state, wait = 0, first_wait
                    head = tail = bad = late = run = 0
                continue
            opens = False
            if kind == 2:
                run = run + 1 if failed[j] else 0
                opens = run >= window
            else:
                kept[tail] = j
                tail += 1
                bad += failed[j]
                late += slow[j]
                while True:
                    old = kept[head]
                    gone = tail - head > window if kind == 1 else start[old] + duration[old] <= at - window
                    if not gone:
                        break
                    bad -= failed[old]
                    late -= slow[old]
                    head += 1
                calls = tail - head
                opens = calls >= least_calls and (
                    (bad >= least_errors and 100.0 * bad >= threshold * calls)
                    or (late >= least_errors and 100.0 * late >= slow_threshold * calls)
                )
            if opens:
                trips[found] = at
                found += 1
                state, until = 1, at + wait
                now_era += 1
        if i == n:
            break
        if state == 1 and start[i] >= until:
            state, sent, done, trial_bad, trial_late = 2, 0, 0, 0, 0
            now_era += 1
        if state == 0:
            era[i] = now_era
            permitted[i] = True
        elif state == 2 and sent < trials:
            sent += 1
            era[i] = now_era
            permitted[i] = True
    return found
