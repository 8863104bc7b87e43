"""From each file's rows to `Calls`: starts derived, equal times spread, files merged, what lacks noted."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import polars as pl

from cbtool.traffic.calls import Calls
from cbtool.traffic.formats.log_format import LogFormat, Stamp
from cbtool.traffic.formats.parsing import TEXTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_NOBODY = "-"
_CLIENT_GAVE_UP = 499  # nginx's own status for a client that closed the connection before the answer


class Rows(NamedTuple):
    """The calls of one file, in its lines' order, as `parse_lines` gives them."""

    log_format: LogFormat
    frame: pl.DataFrame


def assemble(files: Sequence[Rows]) -> Calls:
    """Return the calls of all files in the order of their starts, at least one call.

    A time that is a request's end becomes its start by taking the duration off. Of m calls with the same
    time in a log that stamps whole seconds, the k-th line (from 0) is placed k/m of a second into it: their
    order and rate stay what the log says. Equal starts keep the order of files and lines.
    """
    starts = np.concatenate([_starts(rows) for rows in files])
    order = np.argsort(starts, kind="stable")
    texts = [name for name in TEXTS if any(name in rows.frame.columns for rows in files)]
    frame = pl.concat([rows.frame.drop("time") for rows in files], how="diagonal")
    starts, frame = starts[order], frame[order]
    instance, instances = _instances(frame["instance"] if "instance" in texts else None)
    calls = Calls(
        start_ns=starts - starts[0],
        duration_ns=frame["duration"].to_numpy(),
        status=frame["status"].to_numpy(),
        error=frame["error"].to_numpy(),
        epoch=int(starts[0]) / 1e9,
        instance=instance,
        instances=instances,
        method=frame["method"] if "method" in texts else None,
        path=frame["path"] if "path" in texts else None,
        host=frame["host"] if "host" in texts else None,
        upstream=frame["upstream"] if "upstream" in texts else None,
        position=None if (order[1:] > order[:-1]).all() else order.astype(np.int32),
        notes=(),
    )
    return calls.noting(_notes(files, calls))


def _starts(rows: Rows) -> NDArray[np.int64]:
    """Unix nanoseconds at which each call started."""
    times = spread(rows.frame["time"].to_numpy(), rows.log_format.resolution_ns)
    if rows.log_format.stamp is Stamp.END:
        times = times - np.maximum(rows.frame["duration"].to_numpy(), 0)
    return times


def spread(times: NDArray[np.int64], resolution_ns: int) -> NDArray[np.int64]:
    """Return the times with equal ones spread evenly over `resolution_ns`, in their order."""
    if resolution_ns == 1 or not len(times):
        return times
    order = np.argsort(times, kind="stable")
    ordered = times[order]
    firsts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    sizes = np.diff(np.r_[firsts, len(times)])
    ranks = np.arange(len(times)) - np.repeat(firsts, sizes)
    placed = np.empty_like(times)
    placed[order] = ordered + ranks * resolution_ns // np.repeat(sizes, sizes)
    return placed


def _instances(names: pl.Series | None) -> tuple[NDArray[np.int32] | None, tuple[str, ...]]:
    if names is None or names.null_count() == len(names):
        return None, ()
    filled = names.fill_null(_NOBODY)
    known = filled.unique().sort()
    return filled.cast(pl.Enum(known)).to_physical().cast(pl.Int32).to_numpy(), tuple(known)


def _notes(files: Sequence[Rows], calls: Calls) -> tuple[str, ...]:
    notes = [note for rows in files for note in rows.log_format.notes]
    if any(rows.log_format.resolution_ns > 1 for rows in files):
        notes.append("times are whole seconds: calls of the same second were spread evenly over it")
    unknown = int((calls.duration_ns < 0).sum())
    if unknown == len(calls):
        notes.append("the log has no durations: slow calls cannot be told, and calls count as instantaneous")
    elif unknown:
        notes.append(f"{unknown:,} of {len(calls):,} calls have no duration, and count as instantaneous")
    gave_up = int((calls.status == _CLIENT_GAVE_UP).sum())
    if gave_up:
        notes.append(
            f"{gave_up:,} calls have status 499 (the client gave up waiting); "
            'they count as failures only if the outcome rules list "499"'
        )
    return tuple(dict.fromkeys(notes))
