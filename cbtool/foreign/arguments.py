"""A library's keyword arguments as JSON or TOML: the data form that every library has.

`{"pybreaker": {"fail_max": 5}}`, `{"pybreaker": {"payments": {"fail_max": 5}}}`, or, with the library named
by `--from`, either of them without the outer key.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cbtool.breaker.config import BreakerConfig
from cbtool.breaker.dialects import NAMES, dialect_named
from cbtool.foreign.nodes import Found, Node, flattened

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

LIBRARIES = tuple(name for name in NAMES if name != "default")


def find_arguments(documents: Sequence[Node], library: str | None) -> list[Found]:
    """Return every breaker under a library's name; under none, those of `library`."""
    found: list[Found] = []
    for document in documents:
        for name, node in document.items():
            if name in LIBRARIES and isinstance(node.value, dict):
                found += _breakers(name, node)
        if not found and library is not None:
            found += _breakers(library, document)
    return found


def _breakers(library: str, node: Node) -> Iterator[Found]:
    whole = composite_names(library)
    groups = {key: each for key, each in node.items() if isinstance(each.value, dict) and key not in whole}
    known = {setting.name for setting in dialect_named(library).settings}
    # Hystrix' names hold dots, which TOML reads as tables: those are one breaker's own.
    if groups and not any(name.startswith(f"{key}.") for key in groups for name in known):
        for key, each in groups.items():
            yield Found(library, key, _flat(each, whole), each.line)
        return
    if isinstance(node.value, dict):
        yield Found(library, library, _flat(node, whole), node.line)


def composite_names(library: str) -> frozenset[str]:
    """Return the native names that are no single setting: their values may be tables themselves."""
    dialect = dialect_named(library)
    own = {setting.name for setting in dialect.settings}
    return frozenset(dialect.to_native(BreakerConfig.of(dialect))) - own


def _flat(node: Node, whole: frozenset[str]) -> Mapping[str, Node]:
    values = {name: Node(plain(each), each.line) for name, each in node.items() if name in whole}
    rest = Node({name: each for name, each in node.items() if name not in whole}, node.line)
    return values | {".".join(path): value for path, value in flattened(rest)}


def plain(node: Node) -> Any:
    """Return a node's value without the lines."""
    if isinstance(node.value, dict):
        return {name: plain(each) if isinstance(each, Node) else each for name, each in node.value.items()}
    if isinstance(node.value, list):
        return [plain(each) if isinstance(each, Node) else each for each in node.value]
    return node.value
