"""A matplotlib figure as an SVG element that fits into a page: its colours, its font, no ids of its own."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from cbtool.report.html.theme import to_variables

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SERIES = "series-"
"""What the group id of an artist begins with that draws a column of the document, whose name follows."""
_NAMESPACE = re.compile(r"\{[^}]*\}")
_NUMBER = re.compile(r"-?\d+\.\d{3,}")
_REFERENCE = re.compile(r"url\(#([^)]*)\)")
_FAMILY = re.compile(r"\s*font-family:[^;]*;?")
_NOTHING = {"Date": None, "Creator": None, "Format": None, "Type": None}


def svg_element(figure: Figure, *, name: str, kind: str) -> str:
    """Return a drawing as the text of an `svg` element that readers' software passes over.

    What it shows is told beside it, by the figure that holds it.

    Args:
        figure: drawn in stand-ins (see `theme`).
        name: unique in the page; what its parts' ids begin with.
        kind: the class: `wide` or `narrow`.
    """
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata=_NOTHING)
    # Of our own making: nothing in it can be hostile to a parser.
    root = ET.fromstring(buffer.getvalue())  # noqa: S314
    _tidy(root, name)
    box = root.get("viewBox", "")
    root.attrib.clear()
    root.attrib.update({"class": kind, "viewBox": box, "aria-hidden": "true", "focusable": "false"})
    text = ET.tostring(root, encoding="unicode")
    return to_variables(_NUMBER.sub(_shorter, text))


def _tidy(root: ET.Element, name: str) -> None:
    """Take out what a page has no use for, and make the rest's ids unique."""
    for parent in root.iter():
        for child in list(parent):
            if child.tag.endswith(("}metadata", "}style")):
                parent.remove(child)
    referred = {
        value.removeprefix("#")
        for each in root.iter()
        for key, value in each.attrib.items()
        if key.endswith("href")
    }
    referred |= {
        found for each in root.iter() for value in each.attrib.values() for found in _REFERENCE.findall(value)
    }
    for element in root.iter():
        element.tag = _NAMESPACE.sub("", element.tag)
        for key, value in list(element.attrib.items()):
            del element.attrib[key]
            plain = _NAMESPACE.sub("", key)
            if plain == "id" and value.startswith(SERIES):
                element.set("data-series", value.removeprefix(SERIES))
            if plain == "id" and value not in referred:
                continue
            element.set(plain, _attribute(plain, value, name))
        if element.tag != "text" and element.text and not element.text.strip():
            element.text = None
        element.tail = None


def _attribute(key: str, value: str, name: str) -> str:
    if key == "id":
        return f"{name}-{value}"
    if key == "href":
        return f"#{name}-{value.removeprefix('#')}"
    if key == "d":
        return " ".join(value.split())
    return _FAMILY.sub("", _REFERENCE.sub(rf"url(#{name}-\1)", value)).strip()


def _shorter(number: re.Match[str]) -> str:
    return f"{float(number[0]):.2f}".rstrip("0").rstrip(".")
