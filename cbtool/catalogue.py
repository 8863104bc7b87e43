"""The shipped profiles and scenarios together, and any file of either kind: what `cbtool profiles` shows."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from cbtool.shipped import ProfileGroup, find, shipped_group, shipped_profiles, shipped_scenarios
from cbtool.toml.tables import Source, read_source

if TYPE_CHECKING:
    from pathlib import Path


class Kind(StrEnum):
    """What a TOML file is for."""

    PROFILE = "profile"
    SCENARIO = "scenario"


@dataclass(frozen=True, slots=True)
class Document:
    """A profile's or a scenario's file, not yet checked beyond being TOML."""

    name: str
    kind: Kind
    path: Path
    source: Source

    @property
    def description(self) -> str:
        """What it is for; empty where the file does not say."""
        return str(self.source.data.get("description", ""))

    @property
    def evidence(self) -> str:
        """How we know that the profile's dialect behaves as its library does; empty for a scenario."""
        from cbtool.breaker.dialects import NAMES, dialect_named  # noqa: PLC0415  # scenarios need none

        name = self.source.data.get("breaker", {}).get("dialect", "default")
        known = self.kind is Kind.PROFILE and name in NAMES
        return dialect_named(name).evidence.value if known else ""

    def check(self) -> dict[str, Any]:
        """Return the whole content as plain values, a profile's with its defaults filled in.

        Raises:
            ConfigurationError: something in it is wrong, with file and line.
        """
        about = {"name": self.name, "kind": self.kind.value, "description": self.description}
        return about | (_scenario if self.kind is Kind.SCENARIO else _profile)(self.source, self.name)


def shipped_groups() -> dict[ProfileGroup, list[Document]]:
    """Return the profiles that come with cbtool, by where their numbers come from."""
    return {group: [open_path(path) for path in shipped_group(group).values()] for group in ProfileGroup}


def shipped_scenario_documents() -> list[Document]:
    """Return the scenarios that come with cbtool."""
    return [open_path(path) for path in shipped_scenarios().values()]


def open_document(name_or_path: str) -> Document:
    """Return a file's content, or that of a shipped profile or scenario by its name.

    Raises:
        ConfigurationError: the name is unknown, or the file is not TOML.
        UnreachableError: the file cannot be read.
    """
    return open_path(find(name_or_path, shipped_profiles() | shipped_scenarios(), "profile or scenario"))


def open_path(path: Path) -> Document:
    """Return a file's content; a `[[phase]]` makes it a scenario.

    Raises:
        ConfigurationError: the file is not TOML.
        UnreachableError: the file cannot be read.
    """
    source = read_source(path)
    kind = Kind.SCENARIO if "phase" in source.data else Kind.PROFILE
    return Document(path.stem, kind, path, source)


def _profile(source: Source, name: str) -> dict[str, Any]:
    from cbtool import profiles  # noqa: PLC0415  # a list of names needs no breaker

    profile = profiles.parse_profile(source, name)
    return {
        "breaker": profiles.breaker_table(profile.config),
        "outcomes": profiles.outcomes_table(profile.rules),
    }


def _scenario(source: Source, name: str) -> dict[str, Any]:
    from cbtool.scenarios import parse_scenario  # noqa: PLC0415  # see _profile
    from cbtool.toml.text import duration_text  # noqa: PLC0415  # same

    return {"duration": duration_text(parse_scenario(source, name).duration)} | source.data
