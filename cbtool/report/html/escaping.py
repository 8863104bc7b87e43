"""From data to page: text stays text, whatever it holds."""

from __future__ import annotations

import json
from typing import Any

from markupsafe import Markup

from cbtool.report.text import clean

_IN_SCRIPT = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"})


def printable(value: Any) -> Any:
    """Return what a template prints, without the control characters that data may hold."""
    return clean(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def json_in_script(document: Any) -> Markup:
    """Return a document as JSON that no HTML parser can take for the end of its `script` element."""
    text = json.dumps(document, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return Markup(text.translate(_IN_SCRIPT))  # noqa: S704  # nothing in it can be markup any more


def value_element(pointer: str, value: Any, text: str, way: str) -> Markup:
    """Return a shown number that says where in the document it comes from.

    Args:
        pointer: where.
        value: what is there.
        text: how it is shown.
        way: which way of showing that is.
    """
    raw = json.dumps(value)
    return Markup('<data value="{}" data-from="{}" data-as="{}">{}</data>').format(
        raw, pointer, way, printable(text)
    )
