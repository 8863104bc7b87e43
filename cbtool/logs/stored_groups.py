"""Calls on disk by what they went to: the groups that `cbtool.traffic.grouping.grouped` makes in memory."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import polars as pl

from cbtool.errors import ConfigurationError
from cbtool.logs.text_codes import MOST
from cbtool.traffic.grouping import group_names, largest, unsaid

if TYPE_CHECKING:
    from cbtool.logs.stored import NumberedCalls, StoredCalls
    from cbtool.traffic.grouping import By


class StoredGroup(NamedTuple):
    """The calls that went to one thing."""

    name: str
    calls: StoredCalls


def stored_groups(calls: NumberedCalls, by: By, most: int) -> tuple[list[StoredGroup], int, int]:
    """Return the groups with the most calls, largest first; see `grouped`. They are written in one go.

    Raises:
        ConfigurationError: the calls do not say it, or more than can be told apart.
        UnreachableError: there is no room on the disk.
    """
    code = calls.codes.get(by.value)
    if code is None or not code.known:
        raise unsaid(by)
    if code.full:
        raise ConfigurationError(
            f"--by {by.value}: the log has more than {MOST:,} different ones; choose some (--{by.value})"
        )
    # By number, those that calls lack last: −1 as an index.
    names = group_names(pl.Series([*code.texts, None], dtype=pl.String), by)
    counts = np.zeros(len(names), np.int64)
    for _, numbers in calls.numbered(names=[by.value]):
        counts += np.bincount(numbers[by.value] % len(names), minlength=len(names))
    table = pl.DataFrame([names, pl.Series("calls", counts)]).group_by(by.value).agg(pl.col("calls").sum())
    kept, left, left_calls = largest(table.filter(pl.col("calls") > 0), by, most)
    place = {name: number for number, name in enumerate(kept)}
    group = np.array([place.get(name, -1) for name in names], np.int32)
    made: list[StoredCalls | None] = [None] * len(kept)
    shifts = [0] * len(kept)
    for part, numbers in calls.numbered():
        own = group[numbers[by.value]]
        for number in np.unique(own[own >= 0]).tolist():
            mask = own == number
            chosen = part.take(mask)
            stored = made[number]
            if stored is None:  # as `rebased` does
                shifts[number] = int(chosen.start_ns[0])
                stored = made[number] = calls.like(calls.epoch + shifts[number] / 1e9)
            chosen = replace(chosen, start_ns=chosen.start_ns - shifts[number])
            stored.append(chosen, {name: each[mask] for name, each in numbers.items()})
    groups = [StoredGroup(name, each) for name, each in zip(kept, made, strict=True) if each is not None]
    return groups, left, left_calls
