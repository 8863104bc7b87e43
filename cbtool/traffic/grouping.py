"""A log's calls by what they went to: breakers stand before one dependency each."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from cbtool.errors import ConfigurationError
from cbtool.traffic.selection import rebased

if TYPE_CHECKING:
    import polars as pl

    from cbtool.traffic.calls import Calls

UNSAID = "(not said)"


class By(StrEnum):
    """What calls are grouped by."""

    PATH = "path"
    """Endpoints: paths without their query, ids in them replaced."""
    HOST = "host"
    UPSTREAM = "upstream"
    INSTANCE = "instance"


class Group(NamedTuple):
    """The calls that went to one thing."""

    name: str
    calls: Calls


def grouped(calls: Calls, by: By, most: int) -> tuple[list[Group], int, int]:
    """Return the groups with the most calls, largest first.

    Args:
        calls: n calls.
        by: what they are grouped by.
        most: how many groups are kept.

    Returns:
        The groups, each with times from its own first call; how many groups were left out; and their calls.

    Raises:
        ConfigurationError: the calls do not say it.
    """
    names = _names(calls, by)
    counts = names.value_counts(name="calls").sort(["calls", names.name], descending=[True, False])
    kept = counts[names.name].head(most).to_list()
    groups = [Group(name, rebased(calls, (names == name).to_numpy())) for name in kept]
    left = counts.tail(-most) if len(counts) > most else counts.clear()
    return groups, len(left), int(left["calls"].sum())


def _names(calls: Calls, by: By) -> pl.Series:
    import polars as pl  # noqa: PLC0415  # only logs are grouped, and only they have paid for polars

    if by is By.INSTANCE:
        names = None if calls.instance is None else pl.Series(calls.instances).gather(calls.instance)
    else:
        names = {By.PATH: calls.path, By.HOST: calls.host, By.UPSTREAM: calls.upstream}[by]
    if names is None:
        raise ConfigurationError(f"--by {by.value}: the log does not say it")
    if by is By.PATH:
        plain = names.str.extract(r"^([^?#]*)")
        names = pl.DataFrame(plain.alias("path")).select(template(pl.col("path")))["path"]
    elif by is By.HOST:
        names = names.str.to_lowercase()
    return names.fill_null(UNSAID).rename(by.value)


def template(path: pl.Expr) -> pl.Expr:
    """Return a path with `:id` in place of each segment that is one.

    That is a number, 16 hexadecimal digits or more, or anything with four digits in it: UUIDs, dates, keys.
    """
    return path.str.split("/").list.eval(_segment()).list.join("/")


def _segment() -> pl.Expr:
    import polars as pl  # noqa: PLC0415  # as above

    segment = pl.element()
    hexadecimal = segment.str.contains(r"^(?i:[0-9a-f]{16,})$")
    digits = segment.str.count_matches(r"\d") >= 4
    number = segment.str.contains(r"^\d+$")
    return pl.when(number | digits | hexadecimal).then(pl.lit(":id")).otherwise(segment)
