"""The alternatives as a table: which settings differ between them, and which are the same in all."""

from __future__ import annotations

from dataclasses import dataclass
from string import ascii_uppercase
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_DOINGS = (
    ("False trips to expect", "/false_trips_per_day/value", "often"),
    ("False trips at most", "/false_trips_per_day/high", "often"),
    ("False trips on these calls", "/log/false_trips", "count"),
    ("Incidents caught", "/log/caught", "count"),
    ("Opened after, mean", "/log/delay_s", "duration"),
    ("Bad calls let through", "/log/let_through", "count"),
    ("Good calls refused", "/log/good_refused", "count"),
    ("Cost, in bad calls let through", "/log/cost", "number"),
)


@dataclass(frozen=True)
class Choices:
    """What there is to choose from.

    Attributes:
        rows: letter, where in the document, and the alternative itself.
        varied: the settings that differ.
        same: those that do not, with their value.
    """

    rows: list[tuple[str, str, Mapping[str, Any]]]
    varied: list[str]
    same: list[tuple[str, Any]]

    @property
    def lines(self) -> list[tuple[str, str, str]]:
        """The lines of a table with a column for each: what it says, where that is, and how it is shown."""
        settings = [(name, f"/breaker/{name}", "setting") for name in self.varied]
        return [*settings, *_DOINGS]


def choices_of(answer: Mapping[str, Any]) -> Choices:
    """Return the alternatives of a recommendation's document, and today's settings where it has them."""
    found = [(f"/recommendation/alternatives/{i}", row) for i, row in enumerate(answer["alternatives"])]
    ours = [row["breaker"] for _, row in found]
    if answer["current"]:
        found.append(("/recommendation/current", answer["current"]))
    names = list(dict.fromkeys(name for breaker in ours for name in breaker))
    varied = [name for name in names if len({str(breaker.get(name)) for breaker in ours}) > 1]
    same = [(name, ours[0][name]) for name in names if name not in varied]
    rows = [(letter, here, row) for letter, (here, row) in zip(ascii_uppercase, found, strict=False)]
    return Choices(rows, varied, same)
