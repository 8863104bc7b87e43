"""Checks as JUnit XML, for CI servers: one test case a check.

The format is what Jenkins' `junit-10.xsd` and the Surefire schema have in common: `testsuites`, `testsuite`
with its counts, `testcase` with a class name, a name and a time, and `failure` with a message.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    from collections.abc import Sequence


class Case(NamedTuple):
    """One check, as CI servers show it."""

    group: str
    name: str
    passed: bool
    value: str
    limit: str
    why: str = ""


def junit_xml(suite: str, cases: Sequence[Case]) -> str:
    """Return one test suite with a test case a check; a failure's message says value and limit.

    Args:
        suite: its name.
        cases: in order.
    """
    failed = sum(not case.passed for case in cases)
    counts = {"tests": str(len(cases)), "failures": str(failed), "errors": "0"}
    root = ET.Element("testsuites", {"name": "cbtool", **counts, "time": "0"})
    own = ET.SubElement(root, "testsuite", {"name": _clean(suite), **counts, "skipped": "0", "time": "0"})
    for case in cases:
        element = ET.SubElement(
            own,
            "testcase",
            {"classname": _clean(f"cbtool.{case.group}"), "name": _clean(case.name), "time": "0"},
        )
        if not case.passed:
            message = _clean(f"{case.value}, wanted {case.limit}")
            failure = ET.SubElement(element, "failure", {"message": message, "type": "check"})
            failure.text = _clean(case.why) or message
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _clean(text: str) -> str:
    """Return text without what XML 1.0 cannot hold, escaped or not."""
    return "".join(c if c.isprintable() or c in "\n\t" else "\N{REPLACEMENT CHARACTER}" for c in text)
