"""Labels: the incidents that the user knows of, which then need not be found."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from cbtool.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cbtool.traffic.calls import Calls
    from cbtool.traffic.parts import LongCalls
    from cbtool.traffic.selection import Moment


class Label(NamedTuple):
    """One incident, as the user says.

    Attributes:
        start: when it began.
        end: when it was over.
        kind: what it was, in the user's word; empty: the calls tell.
        origin: where it was written, for messages.
    """

    start: Moment
    end: Moment
    kind: str = ""
    origin: str = "--incident"


def label_spans(labels: Sequence[Label], calls: Calls | LongCalls) -> list[tuple[float, float, str]]:
    """Return the labels as (start, end, kind), seconds from the first call; those that overlap are joined.

    Raises:
        ConfigurationError: a label ends before it starts, lies outside the calls, or holds no call.
    """
    spans: list[tuple[float, float, str]] = []
    for label in labels:
        start, end = (_seconds(moment, calls, label.origin) for moment in label[:2])
        if end <= start:
            raise ConfigurationError(f"{label.origin}: the incident must end after it starts")
        if end < 0 or start > calls.span:
            raise ConfigurationError(
                f"{label.origin}: the incident lies outside the calls{_reach(calls)};"
                " check its date and time zone"
            )
        spans.append((max(start, 0.0), min(end, calls.span), label.kind))
    joined: list[tuple[float, float, str]] = []
    for start, end, kind in sorted(spans):
        if joined and start <= joined[-1][1]:
            first, until, before = joined.pop()
            joined.append((first, max(until, end), before or kind))
        else:
            joined.append((start, end, kind))
    return joined


def _seconds(moment: Moment, calls: Calls | LongCalls, origin: str) -> float:
    if moment.relative:
        return moment.seconds
    if calls.epoch == 0.0:
        raise ConfigurationError(f"{origin}: the calls have no date: write incidents as +30s/+5m")
    return moment.seconds - calls.epoch


def _reach(calls: Calls | LongCalls) -> str:
    """Where the calls lie, in the words in which labels are written."""
    if calls.epoch == 0.0:
        return f", which are from +0s to +{calls.span:.0f}s"
    first, last = (np.datetime64(int(at), "s") for at in (calls.epoch, calls.epoch + calls.span))
    return f", which are from {first}Z to {last}Z"
