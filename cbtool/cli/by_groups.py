"""`--by`: one answer for each of several groups of a log's calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from cbtool.cli.options.shared import option
from cbtool.cli.output import note, print_json, print_text, working
from cbtool.traffic.grouping import By

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cbtool.cli.sources import AnyCalls

    Answer = TypeVar("Answer")

MOST = 20
"""Groups; a log has as many paths as somebody tries."""

ByOption = Annotated[
    By | None,
    option(
        "--by",
        help="One answer for each path (ids replaced), host, upstream or instance: "
        f"the {MOST} with the most calls.",
    ),
]


def answer_groups(
    calls: AnyCalls,
    by: By,
    answer: Callable[[Any], Answer],
    *,
    text: Callable[[Sequence[tuple[str, Any, Answer]]], str],
    document: Callable[[Answer], dict[str, Any]],
    head: dict[str, Any],
    json: bool,
    quiet: bool = False,
) -> list[tuple[str, Any, Answer]]:
    """Print one answer a group, and return them.

    Args:
        calls: all of them; where they are on disk, so are each group's.
        by: what they are grouped by.
        answer: of one group's calls.
        text: of all groups, for people.
        document: of one answer.
        head: what the JSON document begins with.
        json: whether that is wanted.
        quiet: whether nothing is printed for people.
    """
    from cbtool.logs.stored_groups import stored_groups
    from cbtool.traffic.calls import Calls
    from cbtool.traffic.grouping import grouped

    found: Any = grouped if isinstance(calls, Calls) else stored_groups
    groups, left, left_calls = found(calls, by, MOST)
    with working(f"judging {len(calls):,} calls"):
        answers = [(name, own, answer(own)) for name, own in groups]
    if json:
        told = [{"group": name, **document(each)} for name, _, each in answers]
        rest = {"groups": left, "calls": left_calls}
        print_json({**head, "by": by.value, "groups": told, "left_out": rest})
        return answers
    if not quiet:
        print_text(text(answers))
    if left:
        note(f"{left:,} smaller groups with {left_calls:,} calls are left out")
    return answers
