"""Texts that the bytes of a block do not have as they are, put behind these."""

from __future__ import annotations

from cbtool.traffic.scanning.lines import ABSENT


class TextsBehind:
    """Texts that come behind some data, each once."""

    def __init__(self, length: int) -> None:
        self._length = length
        self._made = bytearray()
        self._places: dict[str | None, tuple[int, int]] = {None: (ABSENT, ABSENT)}

    def place(self, text: str | None) -> tuple[int, int]:
        """Return where a text begins and ends."""
        if text not in self._places:
            first = self._length + len(self._made)
            # Half of a pair that stands for a character is none, as for who reads it without this.
            self._made += (
                str(text).encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").encode()
            )
            self._places[text] = first, self._length + len(self._made)
        return self._places[text]

    def behind(self, data: bytes | memoryview) -> bytes:
        """Return the data with the texts behind it, which takes no time if there is none."""
        if not self._made and isinstance(data, bytes):
            return data
        return b"".join((data, self._made))
