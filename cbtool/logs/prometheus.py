"""A Prometheus server's range query as counts: `prometheus+http://host:9090/?total=…&errors=…`.

Both queries give calls a second, as `sum(rate(http_requests_total[1m]))` does; each point stands for the step
that ends with it. Source: Prometheus' HTTP API, `/api/v1/query_range`.
"""

from __future__ import annotations

import math
import time
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple, Self
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit, urlunsplit

import msgspec

from cbtool.errors import ConfigurationError, InsufficientDataError, UnreachableError, WrongFormatError
from cbtool.logs.credentials import TOKEN, USER, credentials
from cbtool.traffic.formats.counts import MOST_CALLS
from cbtool.units import format_duration

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cbtool.logs.credentials import Credentials

PREFIX = "prometheus+"
DEFAULT_STEP = 15.0  # seconds, Prometheus' own usual scrape interval
DEFAULT_SPAN = 6 * 3600.0  # seconds
_POINTS = 10_000  # the server gives 11,000 at most
_MOST_POINTS = 2_200_000  # over a year of the usual interval
_LARGEST = 256 << 20  # bytes of one answer
_TIMEOUT = 60.0
_REFUSED = (401, 403)
_FEW = 20  # rises of a number that never falls, from which on it is taken for a counter


_Number = Annotated[str, msgspec.Meta(pattern=r"^(?:[-+]?[\d.]+(?:[eE][-+]?\d+)?|[-+]?Inf|NaN)$")]


class _Series(msgspec.Struct):
    values: list[tuple[float, _Number]] = []


class _Data(msgspec.Struct, rename="camel"):
    result_type: str = "nothing"
    result: msgspec.Raw = msgspec.Raw(b"[]")


class _Answer(msgspec.Struct):
    status: str
    error: str = ""
    data: _Data | None = None
    warnings: list[str] = []


class Counted(NamedTuple):
    """A server's answer: rows of counts under a header, and what to tell of them, a sentence each."""

    lines: list[bytes]
    notes: list[str]


def source_of(
    url: str,
    total: str,
    errors: str,
    *,
    step: float | None = None,
    start: float | None = None,
    end: float | None = None,
    config: str | None = None,
) -> str:
    """Return the source that stands for two range queries of a server.

    Args:
        url: the server's, with a path before `/api` if it has one, and perhaps `user:password@`.
        total: a query for all calls a second.
        errors: the same for the failed ones.
        step: seconds between two points.
        start: Unix seconds; None: six hours before the end.
        end: Unix seconds; None: now.
        config: a file that says who asks (see `credentials`).

    Raises:
        ConfigurationError: the URL is none of HTTP, or the time or the step makes no sense.
    """
    try:
        parts = urlsplit(url)
        sound = parts.scheme in {"http", "https"} and parts.hostname and (parts.port or True)
    except ValueError:
        sound = False
    if not sound:
        raise ConfigurationError(
            f"{shown(url)!r} is no URL of a Prometheus server, such as http://127.0.0.1:9090"
        )
    if parts.query or parts.fragment or parts.path.rstrip("/").endswith("/graph"):
        raise ConfigurationError(
            f"--prometheus takes the server's URL, without a page or a query: {shown(url)!r} should be"
            f" {parts.scheme}://{parts.netloc.rpartition('@')[2]}"
        )
    if start is not None and end is not None and start >= end:
        raise ConfigurationError("--since must be before --until")
    if step is not None and step <= 0:
        raise ConfigurationError("--step must be over 0")
    asked = {"total": total, "errors": errors, "step": step, "start": start, "end": end, "config": config}
    return f"{PREFIX}{url}?{urlencode({name: value for name, value in asked.items() if value is not None})}"


def shown(source: str) -> str:
    """Return a source as it may be shown and written down: a server's without user and password."""
    scheme, separator, rest = source.partition("://")
    if not separator:
        return source
    end = min((at for at in map(rest.find, "/?#") if at >= 0), default=len(rest))
    return f"{scheme}://{rest[rest.rfind('@', 0, end) + 1 :]}"


def counted(source: str) -> Counted:
    """Return the answers to a source's queries.

    Raises:
        UnreachableError: the server does not answer, or not with what was asked for.
        InsufficientDataError: it has no point for the total in that time.
        WrongFormatError: there are too many calls.
        ConfigurationError: the source is not as `source_of` makes it, or asks for too many points.
    """
    base, who, asked, when = _parsed(source)
    start, end, step = when
    with _Server(base, credentials(who, asked.get("config"))) as server:
        total, errors = (server.points(asked[name], when) for name in ("total", "errors"))
    over = f"between {_moment(start)} and {_moment(end)}"
    if not total:
        raise InsufficientDataError(
            f"{base}: no point of {asked['total']} {over}",
            ("a query that has data in this time",),
        )
    calls = sum(total.values()) * step
    if calls > MOST_CALLS:
        raise WrongFormatError(
            f"{base}: {calls:,.0f} calls {over}, more than {MOST_CALLS:,}"
            f"\nqueries must give calls a second, such as sum(rate(requests_total[1m])): {asked['total']}"
        )
    notes = [f"Prometheus warns: {warning}" for warning in server.warnings]
    if not errors:
        notes.append(f"there is no point of {asked['errors']} {over}: it was taken that no call failed")
    notes += [
        f"{asked[name]} hardly ever falls, as a counter: it must give calls a second, such as"
        " sum(rate(requests_total[1m]))"
        for name, found in (("total", total), ("errors", errors))
        if _grows(found)
    ]
    rows = [
        # A series of errors is often absent where there was none.
        f"{at - step:.3f},{total[at] * step:.6f},{errors.get(at, 0.0) * step:.6f},{step}\n".encode()
        for at in sorted(total)
    ]
    return Counted([b"timestamp,total,errors,interval\n", *rows], notes)


def _parsed(source: str) -> tuple[str, tuple[str, str] | None, dict[str, str], tuple[float, float, float]]:
    """Return a source's URL, user and password, queries, and start, end and step in seconds."""
    parts = urlsplit(source.removeprefix(PREFIX))
    asked = dict(parse_qsl(parts.query))
    bare = parts.netloc.rpartition("@")[2]
    base = urlunsplit((parts.scheme, bare, parts.path.rstrip("/"), "", ""))
    who = (unquote(parts.username), unquote(parts.password or "")) if parts.username else None
    try:
        step = float(asked.get("step", DEFAULT_STEP))
        end = float(asked.get("end", time.time()))
        start = float(asked.get("start", end - DEFAULT_SPAN))
        asked["total"], asked["errors"]
    except (ValueError, KeyError):
        raise ConfigurationError(f"{base}: a server is asked by --prometheus, --total and --errors") from None
    points = (end - start) / step if step > 0 else math.inf
    if not 0 <= points <= _MOST_POINTS:
        raise ConfigurationError(
            f"{base}: a point every {format_duration(step)} from {_moment(start)} to {_moment(end)} is none,"
            f" or over {_MOST_POINTS:,}: change --step, --since or --until"
        )
    return base, who, asked, (start, end, step)


def _moment(seconds: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%SZ", time.gmtime(seconds))


def _grows(found: Mapping[float, float]) -> bool:
    values = [found[at] for at in sorted(found)]
    steps = [after - before for before, after in pairwise(values) if after != before]
    falls = sum(step < 0 for step in steps)
    return len(steps) >= _FEW and falls * _FEW <= len(steps)


class _Server:
    """A server that is asked; use it as a context.

    Attributes:
        warnings: what it says of its own answers.
    """

    def __init__(self, base: str, who: Credentials) -> None:
        import httpx  # noqa: PLC0415  # no log needs it

        self.warnings: list[str] = []
        self._url = f"{base}/api/v1/query_range"
        try:
            self._client = httpx.Client(
                timeout=_TIMEOUT, auth=who.basic, headers=who.headers, verify=who.verify
            )
        except OSError as error:
            raise ConfigurationError(f"{who.verify}: no certificates: {error.strerror or error}") from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def points(self, query: str, when: tuple[float, float, float]) -> dict[float, float]:
        """Return the sum of all series at each time, in as many requests as the server's limit asks for.

        Args:
            query: for a rate.
            when: start, end and step, in Unix seconds and seconds.
        """
        start, end, step = when
        found: dict[float, float] = {}
        while start <= end:
            until = min(end, start + _POINTS * step)
            for series in self._series({"query": query, "start": start, "end": until, "step": step}):
                for at, text in series.values:
                    number = float(text)
                    if math.isfinite(number):
                        found[at] = found.get(at, 0.0) + max(number, 0.0)
            start = until + step
        return found

    def _series(self, parameters: dict[str, Any]) -> list[_Series]:
        status, body = self._posted(parameters)
        try:
            answer = msgspec.json.decode(body, type=_Answer)
            problem = answer.error
            if answer.status == "success":
                self.warnings += [warning for warning in answer.warnings if warning not in self.warnings]
                data = answer.data or _Data()
                if data.result_type == "matrix":
                    return msgspec.json.decode(data.result, type=list[_Series])
                problem = f"a {data.result_type} instead of a matrix"
        except msgspec.MsgspecError:
            problem = f"no answer of Prometheus (status {status})"
            if status in _REFUSED:
                problem += f": set {TOKEN} or {USER} in the environment, or --http-config-file"
        raise UnreachableError(f"{self._url}: {problem} ({parameters['query']})")

    def _posted(self, parameters: dict[str, Any]) -> tuple[int, bytes]:
        import httpx  # noqa: PLC0415

        body = bytearray()
        try:
            with self._client.stream("POST", self._url, data=parameters) as answer:
                for piece in answer.iter_bytes():
                    body += piece
                    if len(body) > _LARGEST:
                        raise UnreachableError(
                            f"{self._url}: an answer of over {_LARGEST >> 20} MB: sum({parameters['query']}),"
                            " or a longer --step, is shorter"
                        )
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise UnreachableError(f"{self._url}: {error or type(error).__name__}") from None
        return answer.status_code, bytes(body)
