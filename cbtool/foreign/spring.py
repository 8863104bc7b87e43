"""resilience4j's and Hystrix' settings in Spring's application.yml and .properties.

Which base a resilience4j instance gets follows CommonCircuitBreakerConfigurationProperties.java: its
`baseConfig` (and that one's), else the shared config of its own name, else the one called `default`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from cbtool.breaker.dialects import dialect_named
from cbtool.errors import ConfigurationError
from cbtool.foreign.nodes import Found, Node, flattened
from cbtool.foreign.trees import ParseError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_PREFIX = ("resilience4j", "circuitbreaker")
_OWN = (
    "slidingWindowType",
    "enableExponentialBackoff",
    "exponentialBackoffMultiplier",
    "exponentialMaxWaitDurationInOpenState",
    "enableRandomizedWait",
    "randomizedWaitFactor",
    "baseConfig",
)
_NOT_THE_BREAKER_S = (
    "registerHealthIndicator",
    "allowHealthIndicatorToFail",
    "eventConsumerBufferSize",
    "writableStackTraceEnabled",
    "recordExceptions",
    "ignoreExceptions",
    "recordFailurePredicate",
    "recordResultPredicate",
    "ignoreExceptionPredicate",
    "ignoreClassBindingExceptions",
)
_PLACEHOLDER = re.compile(r"\$\{([^:}]+)(?::([^}]*))?\}")
_INDEX = re.compile(r"\d+")


def relaxed(name: str) -> str:
    """Return a property's name as Spring compares it: without dashes, underscores and case."""
    return name.replace("-", "").replace("_", "").lower()


def find_resilience4j(documents: Sequence[Node]) -> list[Found]:
    """Return every instance; where there is none, every shared config."""
    groups: dict[str, dict[str, dict[str, Node]]] = {"instances": {}, "configs": {}}
    lines: dict[str, int] = {}
    for kind, name, key, node in _entries(documents):
        lines.setdefault(f"{kind}.{name}", node.line)
        settings = groups[kind].setdefault(name, {})
        if key:
            settings[key] = node
    instances, configs = groups["instances"], groups["configs"]
    found = []
    for name, own in (instances or configs).items():
        kind = "instances" if instances else "configs"
        values = _inherited(name, own, configs) if instances else _chain(name, own, configs)
        left_out = tuple(key for key in own if key in _NOT_THE_BREAKER_S)
        kept = {key: _resolved(node) for key, node in values.items() if key not in _NOT_THE_BREAKER_S}
        found.append(Found("resilience4j", name, kept, lines[f"{kind}.{name}"], left_out))
    return found


def _entries(documents: Sequence[Node]) -> Iterator[tuple[str, str, str, Node]]:
    """Yield `instances` or `configs`, the instance's name, the setting's and its value."""
    settings = [setting.name for setting in dialect_named("resilience4j").settings]
    known = {relaxed(name): name for name in (*settings, *_OWN, *_NOT_THE_BREAKER_S)}
    for document in documents:
        for path, node in flattened(document):
            if tuple(map(relaxed, path[:2])) != _PREFIX or len(path) < 4:
                continue
            kind = {"backends": "instances"}.get(relaxed(path[2]), relaxed(path[2]))
            if kind not in {"instances", "configs"}:
                continue
            rest = path[3:-1] if len(path) > 4 and _INDEX.fullmatch(path[-1]) else path[3:]
            if node.value is None and len(rest) == 1:
                yield kind, rest[0], "", node  # an instance without settings of its own
            elif len(rest) >= 2:
                yield kind, ".".join(rest[:-1]), known.get(relaxed(rest[-1]), rest[-1]), node


def _inherited(name: str, own: Mapping[str, Node], configs: Mapping[str, dict[str, Node]]) -> dict[str, Node]:
    if "baseConfig" in own or name in configs:
        return _chain(name, own, configs) if "baseConfig" in own else {**configs[name], **own}
    return {**_chain("default", configs.get("default", {}), configs), **own}


def _chain(
    name: str, own: Mapping[str, Node], configs: Mapping[str, dict[str, Node]], seen: tuple[str, ...] = ()
) -> dict[str, Node]:
    base = own.get("baseConfig")
    rest = {key: node for key, node in own.items() if key != "baseConfig"}
    if base is None:
        return rest
    wanted = str(base.value)
    if wanted in (*seen, name) and seen:
        raise ParseError(base.line, f"baseConfig goes round in a circle: {' → '.join((*seen, wanted))}")
    if wanted not in configs:
        known = ", ".join(configs) or "none"
        raise ParseError(base.line, f"baseConfig {wanted!r} is not among the configs (there are: {known})")
    return {**_chain(wanted, configs[wanted], configs, (*seen, wanted)), **rest}


def _resolved(node: Node) -> Node:
    """Return a placeholder's default in its place: `${CB_WAIT:10s}` is 10s."""
    match = _PLACEHOLDER.fullmatch(node.value) if isinstance(node.value, str) else None
    if match is None:
        return node
    if match[2] is None:
        raise ParseError(node.line, f"${{{match[1]}}} has no default here; write its value instead")
    return Node(match[2], node.line)


def find_hystrix(documents: Sequence[Node], library: str = "hystrix") -> list[Found]:
    """Return every command's properties over those of `default`, for this version's dialect."""
    names = {name.lower(): name for name in (s.name for s in dialect_named(library).settings)}
    commands: dict[str, dict[str, Node]] = {}
    left_out: dict[str, list[str]] = {}
    for document in documents:
        for path, node in flattened(document):
            if path[:2] != ("hystrix", "command") or len(path) < 4:
                continue
            key, name = _hystrix_property(path[2:], names)
            commands.setdefault(key, {})
            if name in names.values():
                commands[key][name] = _resolved(node)
            elif name.startswith(("circuitBreaker.", "metrics.rollingStats", "metrics.healthSnapshot")):
                _refuse_unknown(name, node, tuple(names.values()))
                left_out.setdefault(key, []).append(name)
            else:
                left_out.setdefault(key, []).append(name)
    shared = commands.get("default", {})
    own = {key: values for key, values in commands.items() if key != "default"} or commands
    return [
        Found(
            library,
            key,
            {**shared, **values},
            min((node.line for node in values.values()), default=1),
            tuple(left_out.get(key, ())),
        )
        for key, values in own.items()
    ]


_HYSTRIX_GROUPS = ("circuitBreaker", "metrics", "execution", "fallback", "requestCache", "requestLog")
_HYSTRIX_BUCKETS = "metrics.rollingStats.numBuckets"
"""Of figures that the breaker does not look at."""


def _hystrix_property(path: tuple[str, ...], names: Mapping[str, str]) -> tuple[str, str]:
    """Return the command's key, which may hold dots, and the property's name."""
    at = next((i for i in range(1, len(path)) if path[i] in _HYSTRIX_GROUPS), 1)
    name = ".".join(path[at:])
    return ".".join(path[:at]), names.get(name.lower(), name)


def _refuse_unknown(name: str, node: Node, names: tuple[str, ...]) -> None:
    if name != _HYSTRIX_BUCKETS:
        raise ParseError(node.line, f"{name} is unknown; there are {', '.join((*names, _HYSTRIX_BUCKETS))}")


def nested(paths: Mapping[tuple[str, ...], Any]) -> dict[str, Any]:
    """Return nested mappings for values by path."""
    top: dict[str, Any] = {}
    for path, value in paths.items():
        here = top
        for key in path[:-1]:
            here = here.setdefault(key, {})
            if not isinstance(here, dict):
                raise ConfigurationError(f"{'.'.join(path)} stands under a value")
        here[path[-1]] = value
    return top
