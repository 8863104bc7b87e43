"""From calls that do not fit in memory to a plan: what is sent, and when, stays on disk, too."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from cbtool.breaker.checks import positive
from cbtool.live.replaying import Replay, methods_of, nothing_left
from cbtool.scratch import Scratch
from cbtool.traffic.parts import PART, LongCalls
from cbtool.units import to_ns

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cbtool.live.plan import RequestLine, RunPlan
    from cbtool.live.replaying import Sending

_AT_ONCE = 512  # requests that are fetched, since the next call waits for them
_METHOD = ("method",)


class LongRequests(LongCalls, Protocol):
    """Calls in parts that know what each asked for."""

    def asked(self, positions: NDArray[np.int64]) -> list[tuple[str, str]]:
        """Return the methods and paths of calls with these positions."""


def long_replay_plan(calls: LongRequests, base: RunPlan, sending: Sending) -> Replay:
    """Return what `replay_plan` does.

    Raises:
        InsufficientDataError: no call is left to send.
        InvalidSettingError: the speed is not above 0.
        UnreachableError: there is no room on the disk.
    """
    positive("speed", sending.speed)
    speed, duration = sending.speed, sending.duration
    left_out: Counter[str] = Counter()
    schedule, positions = Scratch(np.int64), Scratch(np.int64)
    first: int | None = None
    for part in calls.parts(PART, _METHOD):
        assert part.position is not None  # noqa: S101  # those on disk have it
        method = methods_of(part)
        keep = sending.wanted(method)
        left_out.update(dict(method.filter(~keep).value_counts().iter_rows()))
        chosen = keep.to_numpy()
        start = part.start_ns[chosen]
        if not len(start):
            continue
        first = int(start[0]) if first is None else first
        due = start - first if speed == 1.0 else np.rint((start - first) / speed).astype(np.int64)
        sent = len(due) if duration is None else int(np.searchsorted(due, to_ns(duration)))
        schedule.append(due[:sent])
        positions.append(part.position[chosen][:sent])
    if not len(schedule):
        raise nothing_left(dict(left_out.most_common()), sending.methods)
    lines = StoredLines(calls, positions, sending)
    plan = replace(base, schedule=schedule, duration=0.0, lines=lines, line_of=Every(len(schedule)))
    return Replay(plan, dict(left_out.most_common()))


class StoredLines:
    """What each call of a plan asks for, some of it in memory."""

    def __init__(self, calls: LongRequests, positions: Scratch, sending: Sending) -> None:
        self._calls = calls
        self._positions = positions
        self._sending = sending
        self._first = 0
        self._some: list[RequestLine] = []

    def __len__(self) -> int:
        return len(self._positions)

    def __getitem__(self, line: int) -> RequestLine:
        place = line - self._first
        if not 0 <= place < len(self._some):
            self._first, place = line - line % _AT_ONCE, line % _AT_ONCE
            found = self._calls.asked(self._positions.read(self._first, self._first + _AT_ONCE))
            self._some = [self._sending.line(method.upper(), path) for method, path in found]
        return self._some[place]


class Every:
    """For each of n calls its own number."""

    def __init__(self, n: int) -> None:
        self._n = n

    def __len__(self) -> int:
        return self._n

    def __getitem__(self, where: slice) -> Any:
        return np.arange(*where.indices(self._n))
