"""Names that are known, against a dictionary."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from cbtool.traffic.scanning import names

KNOWN = [
    "a",
    "ab",
    "seven77",
    "eight888",
    "nine99999",
    "sixteen_letters_",
    "seventeen_letters",
    "x" * 24,
    "x" * 32,
]
NUMBERS = {name: 5 + index for index, name in enumerate(KNOWN)}
TABLE = names.known(NUMBERS)


@given(
    st.sampled_from(KNOWN) | st.text(st.sampled_from("abx89"), max_size=40),
    st.integers(0, 40),
    st.sampled_from(["a", "8", "_", ""]),
)
@settings(max_examples=300)
def test_names_are_found_by_all_their_letters(name: str, at: int, other: str) -> None:
    for written in (name, name[:at] + other + name[at + 1 :]):
        data = np.frombuffer(f'"{written}"'.encode() + b"\xff" * 8, np.uint8)
        assert names.number_of(data, 1, 1 + len(written), TABLE) == NUMBERS.get(written, names.UNKNOWN)


def test_no_two_names_of_many_share_a_place() -> None:
    many = {f"{'name' * (number % 8)}{number:x}": number for number in range(60)}
    table = names.known(many)
    assert sorted(table.numbers[table.lengths >= 0].tolist()) == list(range(60))
