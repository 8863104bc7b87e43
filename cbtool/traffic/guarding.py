"""Which of a guard's rules turns each of many calls away."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from cbtool.breaker.refusal import Request

if TYPE_CHECKING:
    from cbtool.breaker.refusal import Guard


def rules_of(guard: Guard, method: pl.Series | None, path: pl.Series | None, n: int) -> pl.Series:
    """Ask a guard about n calls; of each method and target once, however often they come.

    Args:
        guard: the rules.
        method: of each call; None: nobody knows. No log says what a call was expected to cost.
        path: the same.
        n: how many there are.

    Returns:
        Each call's rule by name; null where it is let through.
    """
    empty = pl.Series("", [""]).new_from_index(0, n)
    targets = pl.DataFrame(
        {
            "method": empty if method is None else method.cast(pl.String).fill_null(""),
            "path": empty if path is None else path.cast(pl.String).fill_null(""),
        }
    )
    kinds = targets.unique(maintain_order=True)
    refusals = [guard.refusal(Request(*each)) for each in kinds.iter_rows()]
    names = pl.Series([None if each is None else each.rule for each in refusals], dtype=pl.String)
    return targets.join(
        kinds.with_columns(rule=names), on=["method", "path"], how="left", maintain_order="left"
    ).get_column("rule")
