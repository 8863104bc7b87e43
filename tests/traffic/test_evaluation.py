"""Expressions worked out once for each word give what they give for each line."""

from __future__ import annotations

import polars as pl
import pytest

from cbtool.traffic.formats import fields
from cbtool.traffic.formats.evaluation import evaluated
from cbtool.traffic.scanning.lines import Lines, Spans

EXPRESSIONS = {
    "as it is": pl.col("a"),
    "of one": pl.when(pl.col("a").str.ends_with("1")).then(pl.col("a").str.to_uppercase()),
    "of two": pl.concat_str("b", pl.lit("/"), "a"),
    "of the other": pl.col("b").str.len_bytes().cast(pl.Int16),
    "of none": pl.lit(7, pl.Int64),
    "of what is not there": pl.coalesce("gone", pl.col("b")),
    "of a number": pl.col("number") * 2,
    "of a number and a word": pl.when(pl.col("a") == "a1").then(pl.col("number")),
}


def spans_of(values: list[str | None]) -> Spans:
    lines = Lines.made(value or "" for value in values)
    start = [-1 if value is None else at for value, at in zip(values, lines.start.tolist(), strict=True)]
    return Spans(lines.data, pl.Series(start, dtype=pl.Int32).to_numpy(), lines.end)


@pytest.mark.parametrize(
    ("what", "different"),
    [("few words", 3), ("more combinations than are worth a table", 70), ("too many words", 3000)],
)
def test_every_line_has_its_own_value(what: str, different: int) -> None:
    a = [None if n % 11 == 0 else f"a{n % different}" for n in range(6000)]
    b = [None if n % 13 == 0 else f"{n // 3 % different}b" for n in range(6000)]
    numbers = [str(n) for n in range(6000)]
    parts = {"a": spans_of(a), "b": spans_of(b), "n": spans_of(numbers)}
    made = evaluated(parts, {"number": fields.unix_time("n", fields.NANOSECOND)}, EXPRESSIONS, 6000)
    frame = pl.DataFrame(
        {"a": a, "b": b, "number": range(6000), "gone": [None] * 6000},
        schema={"a": pl.String, "b": pl.String, "number": pl.Int64, "gone": pl.String},
    )
    for name, expression in EXPRESSIONS.items():
        expected = frame.with_columns(expression.alias("made"))["made"]
        assert made[name].to_list() == expected.to_list(), (what, name)
        assert made[name].dtype == expected.dtype, (what, name)


def test_no_lines_give_no_values() -> None:
    none = spans_of([])
    made = evaluated({"a": none, "b": none, "n": none}, {"number": fields.unix_time("n")}, EXPRESSIONS, 0)
    assert {name: len(column) for name, column in made.items()} == dict.fromkeys(EXPRESSIONS, 0)
