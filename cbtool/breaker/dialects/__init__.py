"""Every dialect that a profile can name. One module a library, or a few that are close kin."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from cbtool.breaker.dialects.ours import DEFAULT

if TYPE_CHECKING:
    from cbtool.breaker.dialect import Dialect

MODULES = {
    "resilience4j": "resilience4j",
    "semian": "semian",
    "sentinel": "sentinel",
    "gobreaker": "gobreaker",
    "cockatiel": "cockatiel",
    "failsafe": "failsafe",
    "failsafe-go": "failsafe",
    "hystrix": "hystrix",
    "hystrix-1.5.12": "hystrix",
    "hystrix-go": "hystrix_go",
    "pybreaker": "pybreaker",
    "aiobreaker": "aiobreaker",
    "circuitbreaker": "circuitbreaker",
    "purgatory": "purgatory",
    "opossum": "opossum",
    "brakes": "brakes",
    "polly": "polly",
    "polly-v7": "polly",
    "handy": "handy",
    "mercari": "mercari",
    "traefik": "traefik",
    "cb2": "cb2",
    "fowler": "fowler",
    "fowler-reset-timeout": "fowler",
    "linkerd": "linkerd",
    "finagle": "finagle",
    "envoy": "envoy",
    "istio": "envoy",
    "nginx": "nginx",
    "nginx-plus": "nginx",
    "semian-adaptive": "adaptive",
    "sre-throttling": "adaptive",
    "envoy-admission-control": "adaptive",
    "spring-framework-retry": "spring_retry",
    "haproxy": "haproxy",
}
"""By the name of each dialect, the module of this package that has it as one of its `DIALECTS`."""

NAMES = (DEFAULT.name, *sorted(MODULES))
"""Every name that `dialect_named` knows, ours first."""


@cache
def dialect_named(name: str) -> Dialect:
    """Return a dialect by its name.

    Raises:
        KeyError: there is none.
    """
    if name == DEFAULT.name:
        return DEFAULT
    dialects: dict[str, Dialect] = import_module(f"{__name__}.{MODULES[name]}").DIALECTS
    return dialects[name]
