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
    kept, left, left_calls = largest(names.value_counts(name="calls"), by, most)
    groups = [Group(name, rebased(calls, (names == name).to_numpy())) for name in kept]
    return groups, left, left_calls


def largest(counts: pl.DataFrame, by: By, most: int) -> tuple[list[str], int, int]:
    """Return the groups with the most calls, largest first, how many others there are, and their calls.

    Args:
        counts: a row a group: its name, under that of what calls are grouped by, and its `calls`.
        by: what they are grouped by.
        most: how many groups are kept.
    """
    ordered = counts.sort(["calls", by.value], descending=[True, False])
    left = ordered.tail(-most) if len(ordered) > most else ordered.clear()
    return ordered[by.value].head(most).to_list(), len(left), int(left["calls"].sum())


def _names(calls: Calls, by: By) -> pl.Series:
    import polars as pl  # noqa: PLC0415  # only logs are grouped, and only they have paid for polars

    if by is By.INSTANCE:
        names = None if calls.instance is None else pl.Series(calls.instances).gather(calls.instance)
    else:
        names = {By.PATH: calls.path, By.HOST: calls.host, By.UPSTREAM: calls.upstream}[by]
    if names is None:
        raise unsaid(by)
    return group_names(names, by)


def unsaid(by: By) -> ConfigurationError:
    """Return the error that says that the calls do not say what they are to be grouped by."""
    return ConfigurationError(f"--by {by.value}: the log does not say it")


def group_names(texts: pl.Series, by: By) -> pl.Series:
    """Return the name of the group of each text, under the name of what is grouped by."""
    if by is By.PATH:
        texts = endpoints(texts)
    elif by is By.HOST:
        texts = texts.str.to_lowercase()
    return texts.fill_null(UNSAID).rename(by.value)


def endpoints(paths: pl.Series) -> pl.Series:
    """Return paths without their query, and with ids replaced; of these, it returns the same."""
    import polars as pl  # noqa: PLC0415  # as above

    plain = paths.str.extract(r"^([^?#]*)")
    different = plain.unique()  # they are few beside the calls
    named = pl.DataFrame(different.alias("path")).select(template(pl.col("path")))["path"]
    return plain.replace_strict(different, named, return_dtype=pl.String)


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
