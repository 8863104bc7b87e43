"""A profile's `[refusal]` rules on the command line: asked first, and told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cbtool.cli.output import note

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cbtool.profiles import Profile
    from cbtool.simulation.refused import RuleCount
    from cbtool.traffic.calls import Calls
    from cbtool.traffic.parts import LongCalls


def guarded(profile: Profile, calls: Calls | LongCalls) -> tuple[Any, tuple[RuleCount, ...]]:
    """Return the calls that a profile's rules let through, and what each rule refused; none without rules.

    Calls on disk must have been read with the profile's guard.
    """
    if profile.guard is None:
        return calls, ()
    from cbtool.logs.rule_codes import RULE, RuleCodes, let_through
    from cbtool.logs.stored import StoredCalls
    from cbtool.simulation.refused import behind, counts_of, notes_of
    from cbtool.traffic.calls import Calls

    kept: Any
    if isinstance(calls, Calls):
        kept, counts, notes = behind(profile.guard, calls)
    else:
        assert isinstance(calls, StoredCalls)  # noqa: S101  # a cluster's are refused when they are read
        codes = calls.codes[RULE]
        assert isinstance(codes, RuleCodes)  # noqa: S101  # they have that name alone
        notes = notes_of(profile.guard, methods=codes.methods, paths=codes.paths)
        kept, counts = let_through(calls), counts_of(profile.guard, calls.counts(RULE))
    for text in notes:
        note(f"note: {text}")
    return kept, counts


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
