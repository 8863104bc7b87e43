"""`cbtool verify --by`: a profile held against each of several groups of a log's calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from cbtool.cli.by_groups import answer_groups
from cbtool.cli.exit_status import ExitStatus
from cbtool.cli.publishing import publish
from cbtool.errors import InsufficientDataError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cbtool.cli.sources import AnyCalls
    from cbtool.traffic.grouping import By
    from cbtool.verifying import Verification


def verify_groups(
    calls: AnyCalls,
    by: By,
    answered: Callable[..., Verification],
    *,
    head: dict[str, Any],
    json: bool,
    junit: Path | None,
    markdown: str | None,
) -> None:
    """Check each group by itself; one of which too little was seen is told, and fails nothing."""
    from cbtool.report.groups import verified_groups_text
    from cbtool.report.verification import group_cases, groups_verdict

    found: list[Verification | InsufficientDataError] = []

    def one(own: AnyCalls) -> Verification | InsufficientDataError:
        try:
            found.append(answered(calls=own))
        except InsufficientDataError as error:
            found.append(error)
        return found[-1]

    groups = answer_groups(
        calls,
        by,
        one,
        text=verified_groups_text,
        document=lambda each: (
            {"passed": None, "needs": list(each.needs)}
            if isinstance(each, InsufficientDataError)
            else each.to_json()
        ),
        head=head,
        json=json,
        quiet=markdown == "-",
    )
    publish(
        f"cbtool verify {head['profile']}",
        groups_verdict(head["profile"], found),
        group_cases(groups),
        junit=junit,
        markdown=markdown,
    )
    needs = [each.needs for each in found if isinstance(each, InsufficientDataError)]
    if len(needs) == len(found):
        raise InsufficientDataError(f"no group of {head['source']} can be checked", needs[0] if needs else ())
    if not all(isinstance(each, InsufficientDataError) or each.passed for each in found):
        raise typer.Exit(ExitStatus.GATE_FAILED)
