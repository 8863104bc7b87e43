"""Secrets stay out of records, reports, the screen and replayed requests."""

from __future__ import annotations

import re
from urllib.parse import unquote_plus, urlsplit, urlunsplit

REDACTED = "REDACTED"

_SECRET_NAMES = re.compile(
    r"(?:^|[-_.])(?:token|password|passwd|pwd|pass|secret|signature|sig|api[-_]?key|key|auth|authorization|"
    r"credentials?|session(?:[-_]?id)?|sid|jwt|bearer|access[-_]?key|code)(?:$|[-_.])",
    re.IGNORECASE,
)
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def is_secret_name(name: str) -> bool:
    """Return whether a query parameter of this name holds a secret: `token`, `apiKey`, `X-Amz-Signature`."""
    snake = _CAMEL.sub("_", unquote_plus(name)).removesuffix("[]")
    return _SECRET_NAMES.search(snake) is not None or snake.lower() in ("apikey", "accesstoken", "sessionid")


def redact_query(query: str) -> str:
    """Return a query with the values of secret parameters replaced; the rest to the letter."""
    return "&".join(_redacted_pair(pair) for pair in query.split("&")) if query else query


def redact_path(path: str) -> str:
    """Return a path and query with the values of secret parameters replaced."""
    bare, mark, query = path.partition("?")
    return bare + mark + redact_query(query)


def without_credentials(url: str) -> tuple[str, str]:
    """Return a URL without its user and password, and those, `user:password`, or empty."""
    parts = urlsplit(url)
    userinfo, at, host = parts.netloc.rpartition("@")
    return urlunsplit(parts._replace(netloc=host)), userinfo if at else ""


def safe_url(url: str) -> str:
    """Return a URL fit for records and screens: no credentials, no secret parameters, no fragment."""
    try:
        parts = urlsplit(without_credentials(url)[0])
    except ValueError:  # brackets without an address in them; whatever else it holds is not shown
        return "the URL"
    return urlunsplit(parts._replace(query=redact_query(parts.query), fragment=""))


def _redacted_pair(pair: str) -> str:
    name, equals, _ = pair.partition("=")
    return f"{name}={REDACTED}" if equals and is_secret_name(name) else pair
