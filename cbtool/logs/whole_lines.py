"""A stream's pieces as whole lines, several at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST_LINE = 128 << 10  # bytes; a longer line is passed on as it is


def lines_to_the_last(first: bytes, pieces: Iterator[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Yield whole lines, of one that is too long parts, each time with whether nothing follows.

    Args:
        first: the first piece.
        pieces: what follows.
    """
    held = first
    while held:
        end = held.rfind(b"\n") + 1
        piece = next(pieces, b"")
        if not piece or (not end and len(held) > LONGEST_LINE):
            end = len(held)
        if end:
            yield held[:end], not piece
        held = held[end:] + piece


def whole_lines(first: bytes, pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Yield the same without saying which are the last."""
    for lines, _ in lines_to_the_last(first, pieces):
        yield lines
