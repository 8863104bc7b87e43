"""What `profiles export` prints is, letter for letter, what the library itself has taken."""

from __future__ import annotations

import json

import pytest
from validate_snippets import LIBRARIES, PROFILES, SNIPPETS

from cbtool.foreign.writing import export_profile
from cbtool.profiles import load_profile

TAKEN = json.loads(SNIPPETS.read_text())


@pytest.mark.parametrize("library", LIBRARIES)
def test_the_library_has_taken_what_is_printed_today(library: str) -> None:
    assert sorted(TAKEN[library]) == sorted(PROFILES)
    for name, text in TAKEN[library].items():
        assert export_profile(load_profile(name), library).text == text
