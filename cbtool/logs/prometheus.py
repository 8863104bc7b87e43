"""A Prometheus server's range query as counts: `prometheus+http://host:9090/?total=…&errors=…`.

Both queries give calls a second, as `sum(rate(http_requests_total[1m]))` does; each point stands for the step
that ends with it. Source: Prometheus' HTTP API, `/api/v1/query_range`.
"""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from cbtool.errors import ConfigurationError, InsufficientDataError, UnreachableError

if TYPE_CHECKING:
    from collections.abc import Iterator

PREFIX = "prometheus+"
DEFAULT_STEP = 15.0  # seconds, Prometheus' own usual scrape interval
DEFAULT_SPAN = 6 * 3600.0  # seconds
_POINTS = 10_000  # the server gives 11,000 at most
_TIMEOUT = 60.0


def source_of(
    url: str,
    total: str,
    errors: str,
    *,
    step: float | None = None,
    start: float | None = None,
    end: float | None = None,
) -> str:
    """Return the source that stands for two range queries of a server.

    Args:
        url: the server's, with a path before `/api` if it has one.
        total: a query for all calls a second.
        errors: the same for the failed ones.
        step: seconds between two points.
        start: Unix seconds; None: six hours before the end.
        end: Unix seconds; None: now.

    Raises:
        ConfigurationError: the URL is none of HTTP.
    """
    if urlsplit(url).scheme not in {"http", "https"} or not urlsplit(url).netloc:
        raise ConfigurationError(f"{url!r} is no URL of a Prometheus server, such as http://127.0.0.1:9090")
    asked = {"total": total, "errors": errors, "step": step, "start": start, "end": end}
    return f"{PREFIX}{url}?{urlencode({name: value for name, value in asked.items() if value is not None})}"


def count_lines(source: str) -> Iterator[bytes]:
    """Yield the answers to a source's queries as rows of counts under a header.

    Raises:
        UnreachableError: the server does not answer, or not with what was asked for.
        InsufficientDataError: it has no point for the total in that time.
    """
    import httpx  # noqa: PLC0415  # no log needs it

    parts = urlsplit(source.removeprefix(PREFIX))
    asked = dict(parse_qsl(parts.query))
    base = urlunsplit((parts.scheme, parts.netloc, parts.path.rstrip("/"), "", ""))
    step = float(asked.get("step", DEFAULT_STEP))
    end = float(asked.get("end", time.time()))
    start = float(asked.get("start", end - DEFAULT_SPAN))
    with httpx.Client(timeout=_TIMEOUT) as client:
        when = start, end, step
        total, errors = (_points(client, base, asked[name], when) for name in ("total", "errors"))
    if not total:
        raise InsufficientDataError(
            f"{base}: no point of {asked['total']} in {end - start:.0f}s",
            ("a query that has data in this time",),
        )
    yield b"timestamp,total,errors,interval\n"
    for at in sorted(total):
        # A series of errors is often absent where there was none.
        yield f"{at - step:.3f},{total[at] * step:.6f},{errors.get(at, 0.0) * step:.6f},{step}\n".encode()


def _points(client: Any, base: str, query: str, when: tuple[float, float, float]) -> dict[float, float]:
    """Return the sum of all series at each time, in as many requests as the server's limit asks for.

    Args:
        client: an HTTP client.
        base: the server's URL.
        query: for a rate.
        when: start, end and step, in Unix seconds and seconds.
    """
    start, end, step = when
    found: dict[float, float] = {}
    while start <= end:
        until = min(end, start + _POINTS * step)
        for series in _series(client, base, {"query": query, "start": start, "end": until, "step": step}):
            for at, value in series["values"]:
                number = float(value)
                if math.isfinite(number):
                    found[float(at)] = found.get(float(at), 0.0) + max(number, 0.0)
        start = until + step
    return found


def _series(client: Any, base: str, parameters: dict[str, Any]) -> list[dict[str, Any]]:
    import httpx  # noqa: PLC0415

    url = f"{base}/api/v1/query_range"
    try:
        answer = client.post(url, data=parameters)
        body = answer.json()
        if body.get("status") == "success" and body["data"]["resultType"] == "matrix":
            series: list[dict[str, Any]] = body["data"]["result"]
            return series
        problem = body.get("error", f"a {body.get('data', {}).get('resultType')} instead of a matrix")
    except httpx.HTTPError as error:
        raise UnreachableError(f"{url}: {error or type(error).__name__}") from None
    except (ValueError, KeyError, AttributeError, TypeError):
        problem = f"no answer of Prometheus (status {answer.status_code})"
    raise UnreachableError(f"{url}: {problem} ({parameters['query']})")
