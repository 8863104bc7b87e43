"""Profiles: a breaker's settings, outcome rules and what goes with them, from TOML and to TOML."""

from cbtool.profiles.profile import Profile, default_profile
from cbtool.profiles.reading import load_profile, parse_profile
from cbtool.profiles.writing import breaker_table, dump_profile, outcomes_table

__all__ = [
    "Profile",
    "breaker_table",
    "default_profile",
    "dump_profile",
    "load_profile",
    "outcomes_table",
    "parse_profile",
]
