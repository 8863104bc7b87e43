"""What a foreign file holds, each value with its line: the common ground of every format."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cbtool.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_MOST = 100_000
"""Values in one file; aliases in YAML can stand for many more than are written."""


@dataclass(frozen=True, slots=True)
class Node:
    """A value and the line it stands on, counted from 1.

    Attributes:
        value: a mapping of nodes by key, a list of nodes, or text, a number, a flag or None.
        line: where it starts.
    """

    value: Any
    line: int = 1

    def get(self, *path: str) -> Node | None:
        """Return what stands under these keys, or None."""
        here: Node | None = self
        for key in path:
            if here is None or not isinstance(here.value, dict):
                return None
            here = here.value.get(key)
        return here

    def items(self) -> Iterator[tuple[str, Node]]:
        """Yield the keys and values of a mapping; nothing for another value."""
        if isinstance(self.value, dict):
            yield from self.value.items()

    def elements(self) -> Iterator[Node]:
        """Yield the elements of a list; nothing for another value."""
        if isinstance(self.value, list):
            yield from self.value

    def scalar(self) -> bool:
        """Return whether this is neither a mapping nor a list."""
        return not isinstance(self.value, (dict, list))


@dataclass(frozen=True)
class Found:
    """One breaker that a file configures.

    Attributes:
        library: the dialect's name.
        name: the breaker's own name in the file.
        values: the settings by native name.
        line: where it begins.
        left_out: what stands there and is no setting of the breaker, for a remark.
    """

    library: str
    name: str
    values: Mapping[str, Node]
    line: int
    left_out: tuple[str, ...] = field(default=())


def flattened(node: Node, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Node]]:
    """Yield every value that is not a mapping, with its keys split at dots as Spring splits them.

    Raises:
        ConfigurationError: it is too large.
    """
    for count, entry in enumerate(_flattened(node, path)):
        if count > _MOST:
            raise ConfigurationError(f"not a configuration: over {_MOST:,} values")
        yield entry


def _flattened(node: Node, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Node]]:
    if not isinstance(node.value, dict):
        yield path, node
        return
    for key, value in node.value.items():
        yield from _flattened(value, (*path, *split_key(key)))


def split_key(key: str) -> tuple[str, ...]:
    """Return the parts of a dotted key; a part in brackets is kept whole: `a.[b.c].d`."""
    parts: list[str] = []
    rest = key
    while rest:
        if rest.startswith("[") and "]" in rest:
            part, _, rest = rest[1:].partition("]")
            rest = rest.removeprefix(".")
        else:
            ends = [at for at in (rest.find("."), rest.find("[", 1)) if at >= 0]
            at = min(ends, default=len(rest))
            part, rest = rest[:at], rest[at:].removeprefix(".")
        parts.append(part)
    return tuple(parts) or (key,)
