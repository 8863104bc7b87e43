"""The time axis: few ticks at round times, as times of day where they are known, else since the start."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from cbtool.units import format_duration

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_STEPS = (
    0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800,
    3600, 7200, 10800, 21600, 43200, 86400, 172800, 604800, 2419200, 7776000, 31536000,
)  # fmt: skip
_DAY = 86400.0


class Tick(NamedTuple):
    """Where a tick is, in seconds from the start, and what it says."""

    at: float
    label: str


def ticks(span: float, started: float, most: int) -> list[Tick]:
    """Return at most about `most` ticks over so many seconds.

    Args:
        span: seconds.
        started: Unix seconds of the start; 0 where unknown.
        most: ticks that there is room for.
    """
    step = next((s for s in _STEPS if span / s <= most), span / most)
    if started <= 0 or not _datable(started + span):
        return [Tick(i * step, format_duration(i * step)) for i in range(int(span / step) + 1)]
    first = -(-started // step) * step
    found: list[Tick] = []
    day = None
    while first <= started + span:
        moment = datetime.fromtimestamp(first, UTC)
        label = _label(moment, step)
        if moment.date() != day and step < _DAY:
            label = f"{label}\n{moment:%d %b}" if day is not None or not found else label
        day = moment.date()
        found.append(Tick(first - started, label))
        first += step
    return found


def set_time_axis(axes: Axes, span: float, started: float, *, most: int, labels: bool) -> None:
    """Give axes the ticks of a time axis, with or without their labels."""
    found = ticks(span, started, most)
    axes.set_xlim(0, span)
    axes.set_xticks(
        [tick.at for tick in found], [tick.label for tick in found] if labels else [""] * len(found)
    )


def _label(moment: datetime, step: float) -> str:
    if step >= _DAY:
        return f"{moment:%d %b}"
    if step >= 60:
        return f"{moment:%H:%M}"
    if step >= 1:
        return f"{moment:%H:%M:%S}"
    return f"{moment:%H:%M:%S}.{moment.microsecond // 1000:03d}"


def _datable(seconds: float) -> bool:
    """Return whether a calendar has that time; a log may say any year."""
    try:
        datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        return False
    return True
