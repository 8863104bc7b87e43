"""What may be sent where: loopback runs free, every other host must be named, and secrets stay at home."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from cbtool.errors import ConfigurationError

REMOTE_RATE_CAP = 50.0  # calls a second to a host that is not this machine, unless --max-rate says more
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
HIDDEN = "***"

_SECRET_WORDS = (
    "token", "secret", "password", "passwd", "api_key", "apikey", "api-key", "access_key", "auth",
    "signature", "sig", "session", "credential", "jwt", "code",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Target:
    """Where calls go.

    Attributes:
        url: as given, for sending.
        shown: for records and screens: no credentials, no secret query values.
        host: its host name.
        loopback: whether it is this machine.
    """

    url: str
    shown: str
    host: str
    loopback: bool


def target_of(url: str) -> Target:
    """Return a target, without resolving or touching it.

    Raises:
        ConfigurationError: it is not an http or https URL with a host.
    """
    text = url if "://" in url else f"http://{url}"
    if any(not c.isprintable() or c.isspace() for c in text):
        raise ConfigurationError(f"{url!r} is not a URL: it has blanks or control characters in it")
    try:
        parts = urlsplit(text)
        host, _port = parts.hostname, parts.port
    except ValueError as error:
        raise ConfigurationError(f"{url!r} is not a URL: {error}") from None
    if parts.scheme not in ("http", "https") or not host:
        raise ConfigurationError(f"{url!r} is not an http:// or https:// URL with a host")
    return Target(url=text, shown=without_secrets(text), host=host, loopback=is_loopback(host))


def is_loopback(host: str) -> bool:
    """Return whether a host name or address is this machine; a name other than localhost never is."""
    if host.lower().rstrip(".") == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return False


def check_allowed(target: Target, allowed_hosts: tuple[str, ...]) -> None:
    """Refuse a target that is neither this machine nor confirmed by name.

    Raises:
        ConfigurationError: the host needs --allow-host; nothing has been sent or resolved.
    """
    if target.loopback or target.host.lower() in {host.lower() for host in allowed_hosts}:
        return
    raise ConfigurationError(
        f"{target.shown} is not on this machine, so nothing was sent. "
        f"If you may load it, say so with --allow-host {target.host}"
    )


def check_rate(target: Target, peak: float, cap: float | None) -> None:
    """Refuse a load above the cap.

    Args:
        target: where it would go.
        peak: the highest calls a second of the schedule.
        cap: calls a second from --max-rate; None: no cap on this machine, `REMOTE_RATE_CAP` elsewhere.

    Raises:
        ConfigurationError: the peak is above the cap.
    """
    limit = cap if cap is not None else None if target.loopback else REMOTE_RATE_CAP
    # A schedule of whole calls can exceed its rate by a call in the second that it is measured over.
    if limit is not None and peak > limit * 1.02 + 1:
        raise ConfigurationError(
            f"{peak:.0f} calls a second to {target.host} is above the cap of {limit:g}/s; "
            "lower --rate, or raise --max-rate"
        )


def without_secrets(url: str) -> str:
    """Return a URL for records and screens: no user or password, and no value of a secret-looking key."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, host, parts.path, _clean_query(parts.query), ""))


def without_secret_query(path: str) -> str:
    """Return a path and query with the values of secret-looking keys replaced."""
    before, mark, query = path.partition("?")
    return before + mark + _clean_query(query) if mark else path


def joined(target: Target, path: str) -> str:
    """Return the target's URL with the path and query of a log's line; a host in it is dropped.

    Args:
        target: gives scheme, host, port and credentials, and the prefix of its own path.
        path: from a log: `/a?b=c`, or a whole URL as proxies log it.
    """
    if "://" in path.partition("?")[0]:
        parts = urlsplit(path)
        path = parts.path + (f"?{parts.query}" if parts.query else "")
    before, mark, query = path.partition("?")
    # Leading slashes would make the first segment a host.
    clean = "/" + quote(before.lstrip("/"), safe="/:@!$&'()*+,;=%~-._")
    base = urlsplit(target.url)
    query = quote(query, safe="=&/:?@!$'()*+,;%~-._") if mark else ""
    return urlunsplit((base.scheme, base.netloc, base.path.rstrip("/") + clean, query, ""))


def _clean_query(query: str) -> str:
    if not query:
        return query
    pairs = parse_qsl(query, keep_blank_values=True)
    if not any(_secret(key) for key, _ in pairs):
        return query
    return urlencode([(key, HIDDEN if _secret(key) else value) for key, value in pairs], safe="*/:")


def _secret(key: str) -> bool:
    lower = key.lower()
    return any(lower == word or lower.endswith(("_" + word, "-" + word)) for word in _SECRET_WORDS)
