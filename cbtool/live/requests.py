"""The requests of a run, each built once and sent many times."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from cbtool.errors import ConfigurationError
from cbtool.live.headers import PREFLIGHT_HEADER, USER_AGENT_PREFIX
from cbtool.live.redaction import without_credentials
from cbtool.version import __version__

if TYPE_CHECKING:
    import httpx

    from cbtool.live.plan import RequestLine, RunPlan

_SAFE = "/?&=%:@!$'()*+,;~-._[]|"  # what a request target may hold as it is; everything else is escaped


MOST_BUILT = 20_000
"""Requests kept ready, at some 3 KB each; a log with more distinct ones builds some of them again."""


def joined(target: str, path: str) -> str:
    """Return the URL of a path and query at a target: never another host, whatever the path says.

    Args:
        target: scheme, host and possibly a path, under which `path` is put; its query is dropped.
        path: a path with an optional query; of an absolute URL only these count.
    """
    if not path.startswith("/"):
        path = "/" + path.partition("://")[2].partition("/")[2]
    path = quote("/" + path.partition("#")[0].lstrip("/"), safe=_SAFE)
    base = urlsplit(target)
    return f"{base.scheme}://{base.netloc}{base.path.rstrip('/')}{path}"


class RequestBook:
    """The distinct requests of a run, each built when it is first sent.

    Args:
        plan: its lines are what is asked for.
        target: where; the plan's own, or the fallback.
    """

    def __init__(self, plan: RunPlan, target: str) -> None:
        self._plan = plan
        self._target = target
        self._built: dict[RequestLine | None, httpx.Request] = {}

    def __getitem__(self, line: int) -> httpx.Request:
        """Return the request of a line of the plan.

        Raises:
            ConfigurationError: a URL or a header that cannot be sent.
        """
        asked = self._plan.lines[line] if self._plan.lines else None
        request = self._built.get(asked)
        if request is None:
            if len(self._built) >= MOST_BUILT:
                self._built.clear()
            request = self._built[asked] = self._build(asked)
        return request

    def _build(self, asked: RequestLine | None) -> httpx.Request:
        plan = self._plan
        if asked is not None:
            method, path = asked
            return _request(method, joined(self._target, path), plan.headers, plan.body, plan.timeout)
        return _request(plan.method, self._target, plan.headers, plan.body, plan.timeout)


def fallback_of(plan: RunPlan, target: str) -> str:
    """Return where refused calls of a run go: a fallback without a path gets the one that was asked for."""
    if plan.lines or urlsplit(target).path.strip("/"):
        return target
    asked = urlsplit(plan.url)
    return joined(target, (asked.path or "/") + ("?" + asked.query if asked.query else ""))


def health_request(plan: RunPlan, path: str) -> httpx.Request:
    """Return the health check's request: the path at the target's host."""
    parts = urlsplit(plan.url)
    url = f"{parts.scheme}://{parts.netloc}{quote(path, safe=_SAFE)}"
    return _request("GET", url, plan.headers, None, plan.timeout)


def preflight_request(plan: RunPlan, timeout: float) -> httpx.Request:
    """Return the one request that asks, before a run, whether the target answers at all."""
    return _request("HEAD", plan.url, (*plan.headers, (PREFLIGHT_HEADER, "1")), None, timeout)


def _request(
    method: str, url: str, headers: tuple[tuple[str, str], ...], body: bytes | None, timeout: float
) -> httpx.Request:
    import httpx  # noqa: PLC0415  # costs 100 ms, and a dry run builds no request

    try:
        bare, userinfo = without_credentials(url)
        sent = httpx.Headers([("User-Agent", f"{USER_AGENT_PREFIX}{__version__}"), ("Accept", "*/*")])
        if userinfo:
            sent["Authorization"] = "Basic " + base64.b64encode(userinfo.encode()).decode()
        own = httpx.Headers(list(headers))
        for name in own:
            sent.pop(name, None)
        pairs = [*sent.multi_items(), *own.multi_items()]
        each = dict.fromkeys(("connect", "read", "write", "pool"), timeout)
        return httpx.Request(method, bare, headers=pairs, content=body, extensions={"timeout": each})
    except (httpx.InvalidURL, ValueError, UnicodeError) as error:
        raise ConfigurationError(f"the request cannot be sent: {error}") from None
