"""Reachability findings in words: a paragraph each."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from cbtool.breaker.reach import Reach
from cbtool.breaker.reach.words import TRIP_RULES, said
from cbtool.report.text import WIDTH
from cbtool.units import format_rate

if TYPE_CHECKING:
    from cbtool.breaker.reach import Reachability

_INDENT = "      "


def reachability_text(found: Reachability) -> str:
    """Return two lines or more a finding: the rule, the verdict and the load, and below the arithmetic."""
    shown = [each for each in found.findings if each.rule in TRIP_RULES or each.reach is not Reach.FINE]
    heads = [
        f"  {each.rule} {said(each)}{'' if each.rate is None else f' at {format_rate(each.rate)}'}"
        for each in shown
    ]
    return "\n".join(
        f"{head}\n" + textwrap.fill(each.why, WIDTH, initial_indent=_INDENT, subsequent_indent=_INDENT)
        for head, each in zip(heads, shown, strict=True)
    )
