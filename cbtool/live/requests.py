"""The requests of a run, each built once and sent many times."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from cbtool import __version__
from cbtool.errors import ConfigurationError
from cbtool.live.headers import PREFLIGHT_HEADER, USER_AGENT_PREFIX
from cbtool.live.redaction import without_credentials

if TYPE_CHECKING:
    import httpx

    from cbtool.live.plan import RunPlan

_SAFE = "/?&=%:@!$'()*+,;~-._[]|"  # what a request target may hold as it is; everything else is escaped


def joined(target: str, path: str) -> str:
    """Return the URL of a path and query at a target: never another host, whatever the path says.

    Args:
        target: scheme, host and possibly a path, under which `path` is put; its query is dropped.
        path: a path with an optional query; of an absolute URL only these count.
    """
    if not path.startswith("/"):
        parts = urlsplit(path) if "://" in path else None
        path = "/" if parts is None else parts.path + ("?" + parts.query if parts.query else "")
    path = quote("/" + path.partition("#")[0].lstrip("/"), safe=_SAFE)
    base = urlsplit(target)
    return f"{base.scheme}://{base.netloc}{base.path.rstrip('/')}{path}"


def run_requests(plan: RunPlan, target: str) -> list[httpx.Request]:
    """Return the distinct requests of a run at `target`, in the order of the plan's lines.

    Raises:
        ConfigurationError: a URL or a header that cannot be sent.
    """
    if not plan.lines:
        return [build(plan, plan.method, target)]
    return [build(plan, line.method, joined(target, line.path)) for line in plan.lines]


def redirected_requests(plan: RunPlan, fallback: str) -> list[httpx.Request]:
    """Return the same requests for the fallback target, under its path."""
    if plan.lines:
        return run_requests(plan, fallback)
    parts = urlsplit(plan.url)
    path = (parts.path or "/") + ("?" + parts.query if parts.query else "")
    own = urlsplit(fallback)
    return [build(plan, plan.method, fallback if own.path.strip("/") else joined(fallback, path))]


def health_request(plan: RunPlan, path: str) -> httpx.Request:
    """Return the health check's request: the path at the target's host."""
    parts = urlsplit(plan.url)
    url = f"{parts.scheme}://{parts.netloc}{quote(path, safe=_SAFE)}"
    return _request("GET", url, plan.headers, None, plan.timeout)


def preflight_request(plan: RunPlan, timeout: float) -> httpx.Request:
    """Return the one request that asks, before a run, whether the target answers at all."""
    url = run_requests(plan, plan.url)[0].url
    return _request("HEAD", str(url), (*plan.headers, (PREFLIGHT_HEADER, "1")), None, timeout)


def build(plan: RunPlan, method: str, url: str) -> httpx.Request:
    """Return one request of a run."""
    return _request(method, url, plan.headers, plan.body, plan.timeout)


def _request(
    method: str, url: str, headers: tuple[tuple[str, str], ...], body: bytes | None, timeout: float
) -> httpx.Request:
    import httpx  # noqa: PLC0415  # costs 100 ms, and a dry run builds no request

    bare, userinfo = without_credentials(url)
    try:
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
