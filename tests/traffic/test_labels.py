"""Labelled values: the compiled pass against Python's own ways."""

from __future__ import annotations

import json
import re

from hypothesis import given, settings
from hypothesis import strategies as st

from cbtool.traffic.scanning.labels import objects_of

_LABEL = re.compile(rb"[A-Za-z_][\w.-]*:")
parts = st.sampled_from(
    [
        *(
            "time:",
            "host:",
            "hosts:",
            "a.b-c_9:",
            "9a:",
            ":",
            "é:",
            "-",
            "[x]",
            "[",
            "[]",
            "]",
            "[-]",
            "\t",
            "\t",
        ),
        *("é", '"', "\\", "\x01", "\x1f", "\x7f", " ", "\r", "x:y", "\ufffd"),
    ]
)
lines_of_any_make = st.lists(parts, max_size=12).map("".join)
usual = st.lists(
    st.tuples(st.sampled_from(["time", "host", "status", "x.y"]), lines_of_any_make), min_size=2, max_size=5
).map(lambda pairs: "\t".join(f"{label}:{value}" for label, value in pairs))


def expected(line: bytes) -> object:
    """What a line should become: an object, or the line itself."""
    fields = line.rstrip(b"\r").split(b"\t")
    if len(fields) < 3 or not all(map(_LABEL.match, fields)):
        return line
    made = {}
    for label, _, value in (each.decode().partition(":") for each in fields):
        bare = value[1:-1] if value[:1] == "[" and value[-1:] == "]" else value
        made["client" if label == "host" else label] = None if value == "-" else bare
    return made


@given(st.lists(lines_of_any_make | usual, max_size=6), st.sampled_from(["", "\n"]))
@settings(max_examples=300)
def test_lines_become_objects(lines: list[str], end: str) -> None:
    data = ("\n".join(lines) + end).encode()
    before = data.removesuffix(b"\n").split(b"\n") if data else []
    after = objects_of(data).removesuffix(b"\n").split(b"\n") if data else []
    assert len(after) == len(before)
    for line, made in zip(before, after, strict=True):
        wanted = expected(line)
        assert made == wanted if isinstance(wanted, bytes) else json.loads(made) == wanted
