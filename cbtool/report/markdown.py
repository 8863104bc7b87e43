"""Checks as Markdown, for a pull request or GitHub's step summary."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cbtool.report.text import one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cbtool.report.junit import Case

_SPECIAL = "\\`*_[]<>#|~&$@"  # brackets and signs beyond these mean nothing without one of them


def checks_markdown(title: str, verdict: str, cases: Sequence[Case], notes: Sequence[str] = ()) -> str:
    """Return a heading, the verdict, a table of the checks, those that fail first, and notes.

    Text from data never becomes markup.
    """
    lines = [f"### {escaped(title)}", "", escaped(verdict), ""]
    if cases:
        lines += ["| | check | value | limit | |", "|---|---|---|---|---|"]
        for case in sorted(cases, key=lambda case: case.passed):
            cells = ("✅" if case.passed else "❌", case.name, case.value, case.limit, case.why)
            lines.append("| " + " | ".join(escaped(cell) for cell in cells) + " |")
    if notes:
        lines += ["", *(f"- {escaped(each)}" for each in notes)]
    return "\n".join(lines) + "\n"


def escaped(text: str) -> str:
    """Return text as it is to be read, on one line."""
    return "".join(f"\\{c}" if c in _SPECIAL else c for c in one_line(text))
