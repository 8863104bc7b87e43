"""The commands that try a recommendation on the traffic it was made from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cbtool.cli.again import wrapped

if TYPE_CHECKING:
    import inspect
    from collections.abc import Collection
    from pathlib import Path

    from cbtool.cli.again import Given
    from cbtool.recommend import Recommendation

_PROFILE = "recommended.toml"
_NOT_FOR_SETTINGS = {"by", "explain", "json", "library", "output", "plot", "validate"}
_NOT_OF_THE_TRAFFIC = {"instances", "profile", *_NOT_FOR_SETTINGS}


def next_commands(given: Given, answer: Recommendation, saved: Path | None) -> list[str]:
    """Return what to run after `cbtool recommend`, on the same traffic.

    Args:
        given: to `cbtool recommend`.
        answer: what it recommended.
        saved: where the profile is written; None: nowhere yet.
    """
    from cbtool.cli.report import report
    from cbtool.cli.simulate import simulate

    profile = _PROFILE if saved is None else str(saved)
    shared = ["--instances", str(answer.instances)] if answer.instances > 1 else []
    traffic = given.words(but=_NOT_OF_THE_TRAFFIC, by=_known_to(simulate))
    asked = given.words(but=_NOT_FOR_SETTINGS, by=_known_to(report))
    commands = [
        ["simulate", *traffic, *shared, "--profile", profile],
        ["report", *asked, "--output", "report.html"],
    ]
    if saved is None:
        commands.insert(0, ["recommend", *given.words(but=_NOT_FOR_SETTINGS), "--output", profile])
    return [wrapped(["cbtool", *words]) for words in commands]


def _known_to(command: Any) -> Collection[str]:
    signature: inspect.Signature = command.__signature__
    return signature.parameters.keys()
