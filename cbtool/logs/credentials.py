"""Who asks a Prometheus server: from its URL, a file as promtool's `--http.config.file`, or the environment.

What is secret stays here and in the request: it is no part of a source's name, and of no message. Source of
the file's keys: Prometheus' configuration, `<http_config>`.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, NamedTuple

from cbtool.errors import ConfigurationError

TOKEN, USER = "CBTOOL_PROMETHEUS_TOKEN", "CBTOOL_PROMETHEUS_USER"
"""Variables of a bearer token, and of `user:password`."""

_KNOWN = {"basic_auth", "authorization", "bearer_token", "bearer_token_file", "tls_config"}
_OF_NO_ACCOUNT = {"follow_redirects", "enable_http2"}
_TLS = {"ca_file", "insecure_skip_verify"}


class Credentials(NamedTuple):
    """What is sent with a request, and whether, or by which file, a server's certificate is checked."""

    headers: dict[str, str]
    basic: tuple[str, str] | None = None
    verify: bool | str = True


def credentials(who: tuple[str, str] | None, file: str | None) -> Credentials:
    """Return what to send: what the URL says, else what the file does, else the environment.

    Args:
        who: user and password of the URL.
        file: as promtool takes it.

    Raises:
        ConfigurationError: the file cannot be read, or says what is not supported; no message has a secret.
    """
    config = {} if file is None else _read(file)
    tls = config.get("tls_config") or {}
    verify: bool | str = (
        str(tls["ca_file"]) if "ca_file" in tls else not tls.get("insecure_skip_verify", False)
    )
    if who is not None:
        return Credentials({}, who, verify)
    if file is not None:
        return _of_file(config, Path(file).parent, verify)
    token, user = os.environ.get(TOKEN), os.environ.get(USER)
    if token:
        return Credentials(_bearer("Bearer", token))
    if user:
        name, _, password = user.partition(":")
        return Credentials({}, (name, password))
    return Credentials({})


def _of_file(config: dict[str, Any], folder: Path, verify: bool | str) -> Credentials:
    basic, authorization = config.get("basic_auth"), config.get("authorization") or {}
    if basic:
        password = _secret(basic, "password", folder)
        return Credentials({}, (str(basic.get("username", "")), password or ""), verify)
    token = _secret(authorization, "credentials", folder) or _secret(config, "bearer_token", folder)
    return Credentials(
        _bearer(str(authorization.get("type", "Bearer")), token) if token else {}, None, verify
    )


def _bearer(kind: str, token: str) -> dict[str, str]:
    value = f"{kind} {token.strip()}"
    if not value.isascii() or not value.isprintable():
        raise ConfigurationError("the token for the Prometheus server has characters that no header may have")
    return {"Authorization": value}


def _secret(config: dict[str, Any], name: str, folder: Path) -> str | None:
    """A value, or what is in the file that is named in its place."""
    if name in config:
        return str(config[name])
    named = config.get(f"{name}_file")
    return None if named is None else _text(folder / str(named)).strip()


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a text"
        raise ConfigurationError(f"{path}: cannot be read: {reason}") from None


def _read(file: str) -> dict[str, Any]:
    import yaml  # noqa: PLC0415  # no log needs it

    try:
        found = yaml.safe_load(_text(Path(file)))
    except (yaml.YAMLError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise ConfigurationError(
            f"{file}: no configuration of a client, as promtool's --http.config.file takes it"
        )
    for name in ("basic_auth", "authorization", "tls_config"):
        if not isinstance(found.get(name) or {}, dict):
            raise ConfigurationError(f"{file}: {name} must have keys of its own")
    unknown = [str(key) for key in found if key not in _KNOWN | _OF_NO_ACCOUNT]
    unknown += [f"tls_config.{key}" for key in found.get("tls_config") or {} if key not in _TLS]
    if unknown:
        known = ", ".join(sorted(_KNOWN))
        raise ConfigurationError(f"{file}: {', '.join(unknown)}: not supported; {known} are")
    return found
