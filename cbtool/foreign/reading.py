"""From a text of another library's configuration to profiles."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from cbtool.breaker.config import BreakerConfig
from cbtool.breaker.dialects import dialect_named
from cbtool.breaker.native import Unit, seconds_of
from cbtool.errors import ConfigurationError, InvalidSettingError
from cbtool.foreign import arguments, blocks, mesh, spring
from cbtool.foreign.arguments import composite_names, plain
from cbtool.foreign.trees import ParseError, json_tree, properties_tree, toml_tree
from cbtool.foreign.yaml_trees import yaml_trees
from cbtool.profiles import Profile
from cbtool.toml.tables import Source, did_you_mean
from cbtool.traffic.outcomes import OutcomeRules
from cbtool.units import exact_duration

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from cbtool.breaker.dialect import Dialect
    from cbtool.breaker.native import Setting
    from cbtool.foreign.nodes import Found, Node

    Finder = Callable[[Sequence[Node]], list[Found]]

SUPPORTED = (
    "resilience4j and Hystrix (Spring's .yml and .properties), Envoy and Istio (YAML), Linkerd (Service"
    " annotations), Traefik (middlewares in YAML or TOML), nginx, HAProxy, Polly (appsettings.json), Sentinel"
    " (rules in JSON), and any library's arguments in JSON or TOML under the library's name"
)
FINDERS: dict[str, Finder] = {
    "resilience4j": spring.find_resilience4j,
    "hystrix": spring.find_hystrix,
    "hystrix-1.5.12": lambda documents: spring.find_hystrix(documents, "hystrix-1.5.12"),
    "istio": mesh.find_istio,
    "envoy": mesh.find_envoy,
    "linkerd": mesh.find_linkerd,
    "traefik": mesh.find_traefik,
    "sentinel": mesh.find_sentinel,
    "polly": mesh.find_polly,
}
"""By library, where its settings stand in a tree of YAML, JSON, TOML or properties."""
_BLOCKS = {
    "nginx": blocks.nginx_upstreams,
    "nginx-plus": blocks.nginx_upstreams,
    "haproxy": blocks.haproxy_backends,
}
_NGINX = re.compile(r"^\s*(?:upstream\s+\S+|http|stream)\s*\{", re.MULTILINE)
_HAPROXY = re.compile(r"^(?:backend|listen|defaults|global|frontend)\b[^:={]*$", re.MULTILINE)
_PROPERTY = re.compile(r"^\s*(?:resilience4j|hystrix)\.(?:\\.|[^\s:=\\])+[ \t]*[=:]", re.MULTILINE)
_TOML = re.compile(r"""\s*(?:\[\[?\s*[\w"'-].*\]|[\w"'.-]+\s*=\s*\S.*)\s*(?:#.*)?""")
_INTEGER = re.compile(r"[+-]?\d{1,18}")
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,2})?")
_ISO = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?", re.IGNORECASE)


@dataclass(frozen=True)
class Imported:
    """What a file configures.

    Attributes:
        library: the dialect's name.
        profiles: one a breaker, named as it is.
        remarks: what was left out of them.
    """

    library: str
    profiles: tuple[Profile, ...]
    remarks: tuple[str, ...]


def import_profiles(text: str, name: str, library: str | None = None) -> Imported:
    """Return the breakers that a configuration file of another library holds.

    Args:
        text: the file's content.
        name: the file, as messages name it.
        library: whose it is; None: detected from the content.

    Raises:
        ConfigurationError: it is malformed, holds nothing known, or a value is one that the library
            rejects; with file and line.
    """
    if library is not None and library not in arguments.LIBRARIES:
        raise ConfigurationError(
            f"{library} is no library that cbtool knows{did_you_mean(library, arguments.LIBRARIES)}"
        )
    try:
        found = _found(text, name, library)
    except ParseError as error:
        raise ConfigurationError(f"{name}:{error.line}: {error.why}") from None
    except RecursionError:
        raise ConfigurationError(f"{name}: not a configuration: nested too deeply") from None
    if not found:
        whose = "any library" if library is None else library
        raise ConfigurationError(
            f"{name}:1: no breaker's settings of {whose} are in it; supported are {SUPPORTED}"
        )
    found = [each for each in found if each.library == found[0].library]
    remarks = tuple(
        f"{name}:{each.line}: {each.name}: left out, not the breaker's: {', '.join(each.left_out)}"
        for each in found
        if each.left_out
    )
    return Imported(found[0].library, tuple(_profile(each, name) for each in found), remarks)


def _found(text: str, name: str, library: str | None) -> list[Found]:
    text = text.removeprefix("\ufeff")
    for block, pattern in (("nginx", _NGINX), ("nginx-plus", _NGINX), ("haproxy", _HAPROXY)):
        if library in {None, block} and pattern.search(text):
            return _BLOCKS[block](text)
    documents = _documents(text, name)
    if library is None:
        every = (finder(documents) for finder in FINDERS.values())
        return next(filter(None, every), []) or arguments.find_arguments(documents, None)
    finder = FINDERS.get(library)
    own = [] if finder is None else finder(documents)
    return own or arguments.find_arguments(documents, library)


def _documents(text: str, name: str) -> list[Node]:
    """Parse by what the text looks like; the file's name has no say."""
    start = re.sub(r"\A(?:\s|//[^\n]*|/\*.*?\*/)*", "", text, count=1, flags=re.DOTALL)[:1]
    if start == "{" or (start == "[" and not _TOML.match(text.lstrip().partition("\n")[0])):
        return [json_tree(text)]
    if _PROPERTY.search(text) and not re.search(r"^[ \t]+\S", text, re.MULTILINE):
        return [properties_tree(text)]
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    if lines and _TOML.match(lines[0]):
        return [toml_tree(Source(text, name))]
    return yaml_trees(text)


def _profile(found: Found, file: str) -> Profile:
    dialect = dialect_named(found.library)
    lines = {key: node.line for key, node in found.values.items()}
    try:
        values = {key: _value(dialect, key, node) for key, node in found.values.items()}
        config = config_of(dialect, values)
    except InvalidSettingError as error:
        by_word = {setting.word: setting.name for setting in dialect.settings}
        line = lines.get(error.field) or lines.get(str(by_word.get(error.field)), found.line)
        raise ConfigurationError(f"{file}:{line}: {found.library} {found.name}: {error}") from None
    except ParseError as error:
        raise ConfigurationError(f"{file}:{error.line}: {error.why}") from None
    except (TypeError, ValueError, OverflowError, ConfigurationError) as error:
        place = f"{file}:{found.line}: {found.library} {found.name}"
        raise ConfigurationError(f"{place}: a value is of the wrong type: {error}") from None
    about = f"{found.name}, imported from {file}:{found.line} ({dialect.title})."
    return Profile(found.name, config, OutcomeRules(), about)


def config_of(dialect: Dialect, values: Mapping[str, Any]) -> BreakerConfig:
    """Return the configuration that native settings make.

    Raises:
        InvalidSettingError: a name is unknown, or the library rejects a value.
    """
    own = {setting.name for setting in dialect.settings}
    ours = {each.name for each in fields(BreakerConfig)}
    words = dialect.from_native(values)
    for name, value in values.items():
        if name not in own and (name in ours or name in words):
            known = (*own, *(key for key in dialect.to_native(BreakerConfig.of(dialect)) if key not in own))
            raise InvalidSettingError(name, f"is unknown{did_you_mean(name, known)}", value)
    return BreakerConfig(**words, dialect=dialect)


def _value(dialect: Dialect, name: str, node: Node) -> Any:
    """Return a value as the dialect reads it, from the text that .properties and YAML have."""
    if not node.scalar():
        single = {each.name for each in dialect.settings if each.unit is not Unit.COUNTS}
        if (isinstance(node.value, list) and name not in single) or name in composite_names(dialect.name):
            return plain(node)
        raise ParseError(node.line, f"{name} must be a single value")
    setting = next((each for each in dialect.settings if each.name == name), None)
    value = node.value
    if not isinstance(value, str):
        return value
    return _plain(value) if setting is None else _of_unit(setting, value)


def _of_unit(setting: Setting, text: str) -> Any:
    stripped = text.strip()
    if setting.unit is Unit.DURATION:
        return _as_by_default(setting, _duration(stripped))
    if setting.unit is Unit.TEXT:
        return stripped
    return _plain(stripped)


def _as_by_default(setting: Setting, value: Any) -> Any:
    """Return a duration in one spelling, the default's own where it is that long."""
    try:
        seconds = seconds_of(value)
        if setting.default is not None and seconds == seconds_of(setting.default):
            return setting.default
    except ConfigurationError:  # the dialect reads it, or says what is wrong
        return value
    return value if seconds < 0 else exact_duration(seconds)


def _plain(text: str) -> Any:
    """Return what a text stands for: a number, a flag, a duration, or itself."""
    if text.lower() in {"true", "false"}:
        return text.lower() == "true"
    if _INTEGER.fullmatch(text):
        return int(text)
    if _NUMBER.fullmatch(text):
        return float(text)
    return _duration(text)


def _duration(text: str) -> Any:
    """Return ISO 8601 (PT30S) as the rest of cbtool writes it, and bare milliseconds as a number."""
    if _INTEGER.fullmatch(text):
        return int(text)
    match = _ISO.fullmatch(text)
    if match is None or not any(match.groups()):
        return text
    days, hours, minutes, seconds = (Decimal(part or 0) for part in match.groups())
    return exact_duration(float(((days * 24 + hours) * 60 + minutes) * 60 + seconds))
