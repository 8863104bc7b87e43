"""Parsing YAML into nodes that know their line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cbtool.foreign.nodes import Node
from cbtool.foreign.trees import ParseError

if TYPE_CHECKING:
    from yaml.nodes import MappingNode
    from yaml.nodes import Node as YamlNode

_MERGE = "tag:yaml.org,2002:merge"
_TYPED = ("int", "float", "bool", "null")


def yaml_trees(text: str) -> list[Node]:
    """Return the documents of a YAML text; its aliases share one node.

    Raises:
        ParseError: it is not YAML.
    """
    import yaml  # noqa: PLC0415  # only where a YAML file is read

    try:
        return [_Reader().node(each) for each in yaml.compose_all(text, yaml.SafeLoader) if each is not None]
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = 1 if mark is None else mark.line + 1
        raise ParseError(line, f"not valid YAML: {error.problem or error.context}") from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise ParseError(line, f"not valid YAML: {error.reason}") from None
    except RecursionError:
        raise ParseError(1, "nested too deeply") from None


class _Reader:
    def __init__(self) -> None:
        self._seen: dict[int, Node | None] = {}

    def node(self, given: YamlNode) -> Node:
        """Return a composed node as ours."""
        known = self._seen.get(id(given), self)
        if isinstance(known, Node):
            return known
        line = given.start_mark.line + 1
        if known is None:
            raise ParseError(line, "an alias within its own anchor")
        self._seen[id(given)] = None
        node = self._seen[id(given)] = Node(self._value(given), line)
        return node

    def _value(self, given: YamlNode) -> Any:
        import yaml  # noqa: PLC0415  # loaded by now

        if isinstance(given, yaml.MappingNode):
            return self._mapping(given)
        if isinstance(given, yaml.SequenceNode):
            return [self.node(each) for each in given.value]
        return _scalar(given)

    def _mapping(self, given: MappingNode) -> dict[str, Node]:
        own: dict[str, Node] = {}
        merged: dict[str, Node] = {}
        for key, value in given.value:
            node = self.node(value)
            if key.tag == _MERGE:
                for each in node.elements() if isinstance(node.value, list) else [node]:
                    merged = dict(each.items()) | merged
            else:
                own[str(key.value)] = Node(node.value, key.start_mark.line + 1)
        return merged | own


def _scalar(given: YamlNode) -> Any:
    """Return a number, a flag or None as such, all else (also 1:30, a number of YAML 1.1) as text."""
    import yaml  # noqa: PLC0415  # loaded by now

    text: str = given.value
    if not given.tag.endswith(_TYPED) or ":" in text:
        return text
    try:
        return yaml.SafeLoader("").construct_object(given)
    except (ValueError, yaml.YAMLError):  # Python refuses an integer of thousands of digits
        return text
