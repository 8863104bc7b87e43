"""The breaker once more, in plain Python and as slow as that: what the judge itself is checked against."""

from __future__ import annotations

import heapq
from collections import deque

from judge import COUNT, RUN, Setting
from wild_traffic import Log


def replayed(log: Log, s: Setting) -> tuple[list[bool], list[int]]:  # noqa: C901, PLR0915  # in one place
    """Return which calls are let through, and when the closed breaker opens, in nanoseconds."""
    state, since, until, wait = "closed", 0, 0, s.wait
    window: deque[tuple[int, bool, bool]] = deque()
    trials: list[tuple[bool, bool]] = []
    sent, run = 0, 0
    running: list[tuple[int, int, int]] = []
    admitted, trips = [], []

    def becomes(new: str) -> None:
        nonlocal state, since, sent, run
        state, sent, run = new, 0, 0
        since += 1
        window.clear()
        trials.clear()

    def finished(at: int, call: int) -> None:
        nonlocal until, wait, run
        bad = bool(log.status[call] == 0 or log.status[call] >= 500)
        late = bool(log.duration_ns[call] > s.slow_from * 1e9)
        if state == "half-open":
            trials.append((bad, late))
            if len(trials) < s.trials:
                return
            rates = [100 * sum(each) / len(trials) for each in zip(*trials, strict=True)]
            if (s.kind == RUN and rates[0]) or rates[0] >= s.threshold or rates[1] >= s.slow_threshold:
                wait = min(wait * s.backoff, s.longest)
                until = at + round(wait * 1e9)
                becomes("open")
            else:
                wait = s.wait
                becomes("closed")
            return
        if s.kind == RUN:
            run = run + 1 if bad else 0
            opens = run >= s.window
        else:
            window.append((at, bad, late))
            while len(window) > s.window if s.kind == COUNT else window[0][0] <= at - round(s.window * 1e9):
                window.popleft()
            n, fails, lates = len(window), sum(w[1] for w in window), sum(w[2] for w in window)
            enough = n >= (min(s.calls, s.window) if s.kind == COUNT else s.calls)
            opens = enough and (
                (fails >= s.errors and 100 * fails >= s.threshold * n)
                or (lates >= s.errors and 100 * lates >= s.slow_threshold * n)
            )
        if opens:
            trips.append(at)
            until = at + round(wait * 1e9)
            becomes("open")

    def complete(before: int) -> None:
        while running and running[0][0] <= before:
            at, call, admitted_in = heapq.heappop(running)
            if admitted_in == since:
                finished(at, call)

    for call, start in enumerate(log.start_ns.tolist()):
        complete(start)
        if state == "open" and start >= until:
            becomes("half-open")
        lets = state == "closed" or (state == "half-open" and sent < s.trials)
        sent += state == "half-open" and lets
        admitted.append(lets)
        if lets:
            heapq.heappush(running, (start + int(log.duration_ns[call]), call, since))
    complete(2**62)
    return admitted, trips
