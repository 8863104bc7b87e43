"""A verification in words: a verdict, then ticks and crosses by what they are about."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from cbtool.errors import InsufficientDataError
from cbtool.report.junit import Case
from cbtool.report.text import WIDTH, listed, one_line, table
from cbtool.units import format_rate
from cbtool.verifying import Group

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cbtool.traffic.calls import Calls
    from cbtool.verifying import Check, Verification

_INDENT = "     "


def verification_text(answer: Verification) -> str:
    """Return the report, verdict first."""
    loads = " and ".join(format_rate(rate) for rate in dict.fromkeys(answer.loads))
    at = f" at {loads}" if loads else ""
    blocks = [textwrap.fill(one_line(f"{verdict(answer)} ({answer.source}{at}, seed {answer.seed})"), WIDTH)]
    for group in Group:
        own = [check for check in answer.checks if check.group is group]
        if own:
            blocks.append(f"{group.value.capitalize()}\n{_ticks(own)}")
    if answer.notes:
        blocks.append("Notes\n" + listed(answer.notes))
    return "\n\n".join(blocks)


def verdict(answer: Verification) -> str:
    """Return the answer in a sentence."""
    failed, checks = len(answer.failed), len(answer.checks)
    if answer.passed:
        return f"Passed: {answer.profile} holds in all {checks} checks."
    return f"Failed: {answer.profile} does not hold in {failed} of {checks} checks."


def cases(answer: Verification) -> list[Case]:
    """Return the checks for CI servers."""
    return [
        Case(check.group.value, check.name, check.passed, check.shown, check.wanted, check.why)
        for check in answer.checks
    ]


def groups_verdict(profile: str, answers: Sequence[Verification | InsufficientDataError]) -> str:
    """Return the answer for several groups in a sentence."""
    checked = [answer for answer in answers if not isinstance(answer, InsufficientDataError)]
    failed = sum(not answer.passed for answer in checked)
    unchecked = len(answers) - len(checked)
    rest = f" {unchecked} had too little traffic to be checked." if unchecked else ""
    groups = f"{len(checked)} group{'s' * (len(checked) != 1)}"
    if failed:
        return f"Failed: {profile} does not hold in {failed} of {groups}.{rest}"
    return f"Passed: {profile} holds in {groups}.{rest}"


def group_cases(
    answers: Sequence[tuple[str, Calls, Verification | InsufficientDataError]],
) -> list[Case]:
    """Return the checks of all groups for CI servers, each with its group's name."""
    return [
        Case(f"{name}: {case.group}", case.name, case.passed, case.value, case.limit, case.why)
        for name, _, answer in answers
        if not isinstance(answer, InsufficientDataError)
        for case in cases(answer)
    ]


def _ticks(checks: Sequence[Check]) -> str:
    """Return a line a check; under one that fails, or has more to say, what it says."""
    lines = table(
        (),
        [("✓" if check.passed else "✗", check.name, check.shown, check.wanted) for check in checks],
        width=10_000,
    ).splitlines()
    said = []
    for line, check in zip(lines, checks, strict=True):
        said.append(f" {line}")
        if check.why and not check.passed:
            said.append(
                textwrap.fill(one_line(check.why), WIDTH, initial_indent=_INDENT, subsequent_indent=_INDENT)
            )
    return "\n".join(said)
