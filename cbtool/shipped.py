"""Where the profiles and scenarios that come with cbtool are, and how a name or a path finds one."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from cbtool.errors import ConfigurationError
from cbtool.toml.tables import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping


class ProfileGroup(StrEnum):
    """The shipped breaker profiles by where their numbers come from; the folder of each."""

    OURS = ""
    """To start from."""
    LIBRARIES = "libraries"
    """What each library does where its user sets nothing."""
    PUBLISHED = "published"
    """What published accounts used."""


_PACKAGE = Path(__file__).resolve().parent


def shipped_profiles() -> dict[str, Path]:
    """Return the shipped breaker profiles' files by name, ours first, then the field's."""
    return {name: path for group in ProfileGroup for name, path in shipped_group(group).items()}


def shipped_group(group: ProfileGroup) -> dict[str, Path]:
    """Return one group's files by name, sorted."""
    return _tomls(_folder() / group.value)


def shipped_scenarios() -> dict[str, Path]:
    """Return the shipped scenarios' files by name, sorted."""
    return _tomls(_folder() / "scenarios")


def is_path(name_or_path: str) -> bool:
    """Return whether a text means a file: it has a slash, ends in .toml, or there is such a file."""
    return "/" in name_or_path or name_or_path.endswith(".toml") or _is_file(name_or_path)


def find(name_or_path: str, shipped: Mapping[str, Path], kind: str) -> Path:
    """Return the file that a user means.

    Args:
        name_or_path: a path (see `is_path`), else the name of a shipped file.
        shipped: the files that a name may mean.
        kind: what they are, for the message: "profile", "scenario".

    Raises:
        ConfigurationError: no shipped file has that name; offers the nearest ones.
    """
    if is_path(name_or_path):
        return Path(name_or_path)
    if name_or_path not in shipped:
        remedy = f"{did_you_mean(name_or_path, shipped)}; see `cbtool profiles list`, or give a file.toml"
        raise ConfigurationError(f"no {kind} is called {name_or_path!r}{remedy}")
    return shipped[name_or_path]


def _folder() -> Path:
    """The wheel's folder, else the checkout's."""
    installed = _PACKAGE / "shipped"
    return installed if installed.is_dir() else _PACKAGE.parent / "profiles"


def _tomls(folder: Path) -> dict[str, Path]:
    return {path.stem: path for path in sorted(folder.glob("*.toml"))}


def _is_file(text: str) -> bool:
    try:
        return Path(text).is_file()
    except ValueError:  # a NUL is in no file's name
        return False
