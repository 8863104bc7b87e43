"""Settings in YAML of proxies and meshes (Envoy, Istio, Linkerd, Traefik) and in JSON (Sentinel, Polly)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cbtool.foreign.nodes import Found, Node
from cbtool.foreign.trees import ParseError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_LINKERD = ("balancer.linkerd.io/", "balancer.alpha.linkerd.io/")
_POLLY = ("CircuitBreaker", "CircuitBreakerOptions", "CircuitBreakerStrategyOptions")
_POLLY_OWN = ("FailureRatio", "MinimumThroughput", "SamplingDuration", "BreakDuration")
_DEEPEST = 40


def walk(node: Node, name: str = "", depth: int = 0) -> Iterator[tuple[str, Node]]:
    """Yield every mapping in a document, with the key or the `name` that it goes by."""
    if depth > _DEEPEST:
        raise ParseError(node.line, "nested too deeply")
    if isinstance(node.value, dict):
        own = node.get("name")
        name = str(own.value) if own is not None and own.scalar() else name
        yield name, node
        for key, value in node.items():
            yield from walk(value, name if key in _TRANSPARENT else key, depth + 1)
    for element in node.elements():
        yield from walk(element, name, depth + 1)


_TRANSPARENT = ("metadata", "spec", "clusters", "static_resources", "resources", "trafficPolicy", "subsets")


def find_envoy(documents: Sequence[Node]) -> list[Found]:
    """Return the outlier detection of every cluster; its concurrency limits are left out with a remark."""
    found = []
    for name, node in (each for document in documents for each in walk(document)):
        detection = _either(node, "outlier_detection", "outlierDetection")
        if detection is not None and not _is_istio(node):
            limits = _either(node, "circuit_breakers", "circuitBreakers")
            values = {_snake(key): _wrapped(value) for key, value in detection.items()}
            found.append(Found("envoy", name or "envoy", values, detection.line, _limits(limits)))
    if not found:
        _refuse_limits_alone(documents)
    return found


def _refuse_limits_alone(documents: Sequence[Node]) -> None:
    for _, node in (each for document in documents for each in walk(document)):
        limits = _either(node, "circuit_breakers", "circuitBreakers")
        if limits is not None and limits.get("thresholds") is not None:
            why = (
                "circuit_breakers are limits on concurrency, which no breaker's settings say;"
                " the cluster has no outlier_detection"
            )
            raise ParseError(limits.line, why)


def _either(node: Node, *keys: str) -> Node | None:
    return next((found for found in map(node.get, keys) if found is not None), None)


def _is_istio(node: Node) -> bool:
    detection = node.get("outlierDetection")
    names = {"consecutive5xxErrors", "consecutiveGatewayErrors", "consecutiveErrors", "minHealthPercent"}
    return detection is not None and any(key in names for key, _ in detection.items())


def _limits(limits: Node | None) -> tuple[str, ...]:
    if limits is None:
        return ()
    thresholds = limits.get("thresholds")
    names = [] if thresholds is None else [key for each in thresholds.elements() for key, _ in each.items()]
    return tuple(f"circuit_breakers.{name}" for name in dict.fromkeys(names))


def _snake(name: str) -> str:
    if "_" in name:
        return name
    spelled = "".join(f"_{c.lower()}" if c.isupper() else c for c in name)
    return spelled.replace("consecutive5xx", "consecutive_5xx")


def _wrapped(node: Node) -> Node:
    """Return the value of `{value: 5}`, as wrappers are written in Envoy's older examples."""
    inner = node.get("value")
    return node if inner is None else inner


def find_istio(documents: Sequence[Node]) -> list[Found]:
    """Return the outlier detection of every DestinationRule, its subsets and ports included."""
    found = []
    for document in documents:
        if _text(document.get("kind")) != "DestinationRule":
            continue
        rule = _text(document.get("metadata", "name")) or _text(document.get("spec", "host")) or "istio"
        spec = document.get("spec")
        for name, node in walk(Node({}) if spec is None else spec, rule):
            detection = node.get("outlierDetection")
            if detection is None:
                continue
            port = node.get("port", "number")
            part = f":{port.value}" if port is not None else ""
            own = rule if name in {rule, "trafficPolicy"} else f"{rule}-{name}"
            pools = () if node.get("connectionPool") is None else ("connectionPool",)
            values = {key: value for key, value in detection.items() if key != "consecutiveErrors"}
            old = detection.get("consecutiveErrors")
            if old is not None:
                values.setdefault("consecutiveGatewayErrors", old)
            found.append(Found("istio", own + part, values, detection.line, pools))
    return found


def _text(node: Node | None) -> str:
    return str(node.value) if node is not None and node.scalar() else ""


def find_linkerd(documents: Sequence[Node]) -> list[Found]:
    """Return the failure accrual of every Service's annotations."""
    found = []
    for document in documents:
        for part in [document, *_items(document)]:
            annotations = part.get("metadata", "annotations")
            if annotations is None:
                continue
            values = {
                key.removeprefix(prefix): node
                for key, node in annotations.items()
                for prefix in _LINKERD
                if key.startswith(f"{prefix}failure-accrual")
            }
            if values:
                name = _text(part.get("metadata", "name")) or "linkerd"
                found.append(Found("linkerd", name, values, annotations.line))
    return found


def find_traefik(documents: Sequence[Node]) -> list[Found]:
    """Return the breakers among middlewares, of a file provider or as resources of Kubernetes."""
    found = []
    for document in documents:
        for part in [document, *_items(document)]:
            resource = _text(part.get("metadata", "name"))
            for name, node in walk(part):
                breaker = node.get("circuitBreaker")
                if breaker is not None and breaker.get("expression") is not None:
                    values = {key: value for key, value in breaker.items() if key != "responseCode"}
                    left_out = ("responseCode",) if breaker.get("responseCode") is not None else ()
                    found.append(
                        Found("traefik", resource or name or "traefik", values, breaker.line, left_out)
                    )
    return found


def _items(document: Node) -> list[Node]:
    items = document.get("items")
    return [] if items is None else list(items.elements())


def find_sentinel(documents: Sequence[Node]) -> list[Found]:
    """Return the degrade rules of a list; a resource with several gets a number after its name."""
    found: list[Found] = []
    for document in documents:
        rules = [node for _, node in walk(document) if node.get("resource") and node.get("timeWindow")]
        for rule in rules:
            resource = _text(rule.get("resource"))
            same = sum(each.name.partition("#")[0] == resource for each in found)
            values = {key: node for key, node in rule.items() if key not in _SENTINEL_OTHERS}
            name = f"{resource}#{same + 1}" if same else resource
            left_out = tuple(key for key, _ in rule.items() if key == "limitApp")
            found.append(Found("sentinel", name, values, rule.line, left_out))
    return found


_SENTINEL_OTHERS = ("resource", "limitApp", "id", "regex", "resource_pattern")


def find_polly(documents: Sequence[Node]) -> list[Found]:
    """Return every circuit breaker in an appsettings.json, named for the section that it stands in."""
    found = []
    for document in documents:
        for path, node in _sections(document, ()):
            if path and path[-1] in _POLLY and any(node.get(name) is not None for name in _POLLY_OWN):
                values = {key: value for key, value in node.items() if key in _POLLY_OWN}
                left_out = tuple(key for key, _ in node.items() if key not in _POLLY_OWN)
                name = next((key for key in reversed(path[:-1]) if key not in _POLLY_WRAPPERS), "polly")
                found.append(Found("polly", name, values, node.line, left_out))
    return found


_POLLY_WRAPPERS = ("StandardResilience", "Standard", "Resilience", "HttpStandardResilience", "Endpoint")


def _sections(node: Node, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Node]]:
    if isinstance(node.value, dict) and len(path) <= _DEEPEST:
        yield path, node
        for key, value in node.items():
            yield from _sections(value, (*path, *key.split(":")))
