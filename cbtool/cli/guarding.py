"""A profile's `[refusal]` rules on the command line: asked first, and told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cbtool.cli.output import note

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cbtool.profiles import Profile
    from cbtool.simulation.refused import RuleCount
    from cbtool.traffic.calls import Calls


def guarded(profile: Profile, calls: Calls) -> tuple[Calls, tuple[RuleCount, ...]]:
    """Return the calls that a profile's rules let through, and what each rule refused; none without rules."""
    if profile.guard is None:
        return calls, ()
    from cbtool.simulation.refused import behind  # noqa: PLC0415  # polars

    behind_it = behind(profile.guard, calls)
    for text in behind_it.notes:
        note(f"note: {text}")
    return behind_it.calls, behind_it.counts


def refused_json(counts: Iterable[RuleCount]) -> dict[str, Any]:
    """Return the key that tells of the rules; nothing without rules."""
    told = [count.to_json() for count in counts]
    return {"refused_by_rule": told} if told else {}


def say_unasked(profiles: Iterable[Profile], command: str) -> None:
    """Note that a command does not ask the rules that a profile has."""
    for profile in profiles:
        if profile.guard is not None:
            note(
                f"note: {command} does not ask the [refusal] rules of {profile.name}; simulate and replay do"
            )
