"""What commands print: the result to standard output, everything else to standard error."""

from __future__ import annotations

import json
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TextIO

from cbtool.report.text import clean

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PATIENCE = 1.0
"""Seconds of silence after which a command says what it is doing."""


def print_text(text: str) -> None:
    """Print a report to standard output; control characters from data never reach the terminal."""
    _write(sys.stdout, clean(text))


def print_json(document: Any) -> None:
    """Print one JSON document to standard output."""
    text = json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False)
    # JSON itself escapes only the first 32; the others can control a terminal as well.
    _write(sys.stdout, "".join(c if c.isprintable() or c == "\n" else f"\\u{ord(c):04x}" for c in text))


def note(text: str) -> None:
    """Print a remark to standard error."""
    _write(sys.stderr, clean(text))


@contextmanager
def working(what: str) -> Iterator[None]:
    """Say on standard error what is being done, once it has taken longer than `PATIENCE`."""
    timer = threading.Timer(PATIENCE, note, (f"{what} …",))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


@contextmanager
def progress(what: str, total: int) -> Iterator[Callable[[], None]]:
    """Show on standard error how far a command is and how long it may take; gives what to call a step on.

    A bar on a terminal, one line elsewhere; nothing where it is done within `PATIENCE`.
    """
    if not sys.stderr.isatty():
        with working(f"trying {total:,} {what}"):
            yield lambda: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    columns = (BarColumn(), MofNCompleteColumn(), "{task.description}", TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=total)
        yield lambda: bar.advance(task)


def _write(stream: TextIO, text: str) -> None:
    line = text + "\n"
    try:
        stream.write(line)
    except UnicodeEncodeError:  # a stream that is not UTF-8 gets question marks, not a traceback
        encoding = stream.encoding or "ascii"
        stream.write(line.encode(encoding, "replace").decode(encoding))
    stream.flush()
