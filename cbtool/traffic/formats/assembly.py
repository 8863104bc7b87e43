"""From each file's rows to `Calls`: starts derived, equal times spread, files merged, what lacks noted."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import polars as pl

from cbtool.traffic.calls import Calls
from cbtool.traffic.formats.log_format import LogFormat, Stamp
from cbtool.traffic.texts import TEXTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

NOBODY = "-"
CLIENT_GAVE_UP = 499  # nginx's own status for a client that closed the connection before the answer


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
        log_format=", ".join(dict.fromkeys(rows.log_format.name for rows in files)),
    )
    unknown = int((calls.duration_ns < 0).sum())
    gave_up = int((calls.status == CLIENT_GAVE_UP).sum())
    return calls.noting(notes_of([rows.log_format for rows in files], len(calls), unknown, gave_up))


def _starts(rows: Rows) -> NDArray[np.int64]:
    return starts_of(rows.log_format, rows.frame["time"].to_numpy(), rows.frame["duration"].to_numpy())


def starts_of(
    log_format: LogFormat, times: NDArray[np.int64], durations: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return the Unix nanoseconds at which calls started.

    Args:
        log_format: of the file.
        times: what its lines say, in their order; all lines of a time, or none.
        durations: nanoseconds, negative where unknown.
    """
    placed = spread(times, log_format.resolution_ns)
    return placed - np.maximum(durations, 0) if log_format.stamp is Stamp.END else placed


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
    filled = names.fill_null(NOBODY)
    known = filled.unique().sort()
    return filled.cast(pl.Enum(known)).to_physical().cast(pl.Int32).to_numpy(), tuple(known)


def notes_of(formats: Sequence[LogFormat], calls: int, unknown: int, gave_up: int) -> tuple[str, ...]:
    """Return what to tell the user of calls from files of these formats.

    Args:
        formats: one a file.
        calls: how many there are.
        unknown: how many of them have no duration.
        gave_up: how many have status `CLIENT_GAVE_UP`.
    """
    notes = [note for log_format in formats for note in log_format.notes]
    if any(log_format.resolution_ns > 1 for log_format in formats):
        notes.append("times are whole seconds: calls of the same second were spread evenly over it")
    if unknown == calls:
        notes.append("the log has no durations: slow calls cannot be told, and calls count as instantaneous")
    elif unknown:
        notes.append(f"{unknown:,} of {calls:,} calls have no duration, and count as instantaneous")
    if gave_up:
        notes.append(
            f"{gave_up:,} calls have status 499 (the client gave up waiting); "
            'they count as failures only if the outcome rules list "499"'
        )
    return tuple(dict.fromkeys(notes))
