"""From a log's calls to a plan: which of them are sent again, when, and without the secrets in them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from cbtool.errors import InsufficientDataError
from cbtool.live.plan import RequestLine
from cbtool.live.redaction import redact_path
from cbtool.traffic.arrivals import recorded
from cbtool.units import NANOSECONDS

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from numpy.typing import NDArray

    from cbtool.live.plan import RunPlan
    from cbtool.traffic.calls import Calls


@dataclass(frozen=True)
class Replay:
    """What a log's calls become.

    Attributes:
        plan: the run.
        left_out: how many calls are not sent, by method.
    """

    plan: RunPlan
    left_out: Mapping[str, int]


@dataclass(frozen=True)
class Sending:
    """What is sent of a log, and how.

    Attributes:
        methods: those that are sent; a call of which none is known counts as GET.
        speed: 2 sends in half the time.
        duration: seconds after which the rest is left out; None: all of it.
        keep_secrets: whether query parameters that look like secrets are sent as they are.
    """

    methods: Collection[str]
    speed: float = 1.0
    duration: float | None = None
    keep_secrets: bool = False

    def wanted(self, method: pl.Series) -> pl.Series:
        """Return which calls of these methods are sent."""
        return method.is_in([each.upper() for each in self.methods])

    def line(self, method: str, path: str) -> RequestLine:
        """Return what a call asks for."""
        return RequestLine(method, path if self.keep_secrets else redact_path(path))


def methods_of(calls: Calls) -> pl.Series:
    """Return the calls' methods, upper case; GET for those of which none is known."""
    method = calls.method
    if method is None:
        return pl.repeat("GET", len(calls), eager=True)
    return method.cast(pl.String).fill_null("GET").str.to_uppercase()


def replay_plan(calls: Calls, base: RunPlan, sending: Sending) -> Replay:
    """Return the plan that sends a log's calls again.

    Args:
        calls: the log.
        base: the run, but for its schedule and requests.
        sending: which of them, and how.

    Raises:
        InsufficientDataError: no call is left to send.
        InvalidSettingError: the speed is not above 0.
    """
    method = methods_of(calls)
    wanted = sending.wanted(method)
    left_out = dict(method.filter(~wanted).value_counts(sort=True).iter_rows())
    kept = np.flatnonzero(wanted.to_numpy())
    # Recorded gaps count from the first call that is sent.
    schedule = recorded(calls.start_ns[kept], sending.speed)
    if sending.duration is not None:
        kept = kept[: int(np.searchsorted(schedule, round(sending.duration * NANOSECONDS)))]
        schedule = schedule[: len(kept)]
    if not len(kept):
        raise nothing_left(left_out, sending.methods)
    lines, line_of = _lines(method, calls.path, kept, sending)
    return Replay(replace(base, schedule=schedule, duration=0.0, lines=lines, line_of=line_of), left_out)


def _lines(
    method: pl.Series, path: pl.Series | None, kept: NDArray[np.intp], sending: Sending
) -> tuple[tuple[RequestLine, ...], NDArray[np.int32]]:
    """Return the distinct requests, and for each call which of them it is."""
    paths = pl.repeat("/", len(method), eager=True) if path is None else path.cast(pl.String).fill_null("/")
    asked = pl.DataFrame({"method": method, "path": paths})[kept]
    distinct = asked.unique(maintain_order=True).with_row_index("line")
    line_of = asked.join(distinct, on=["method", "path"], how="left", maintain_order="left")["line"]
    lines = tuple(sending.line(*each) for each in distinct.select("method", "path").iter_rows())
    return lines, line_of.to_numpy().astype(np.int32)


def nothing_left(left_out: Mapping[str, int], methods: Collection[str]) -> InsufficientDataError:
    """Return the error that says that no call is left to send."""
    return InsufficientDataError("no call of the log is left to send", (_hint(left_out, methods),))


def _hint(left_out: Mapping[str, int], methods: Collection[str]) -> str:
    if not left_out:
        return "a log with at least one call"
    found = ", ".join(f"{count:,} {method}" for method, count in list(left_out.items())[:5])
    return f"calls with {', '.join(methods)}; the log has {found} (--methods sends others)"
