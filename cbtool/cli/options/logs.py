"""The options that say how a log is read, and which of its calls are wanted."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cbtool.cli.options.group import OptionGroup
from cbtool.cli.options.shared import option, parsed
from cbtool.units import parse_duration

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from cbtool.breaker.refusal import Guard
    from cbtool.cli.sources import AnyCalls
    from cbtool.traffic.selection import Moment, Selection

_LISTS = ("path", "host", "method", "status", "upstream", "instance")
_TIMES = ("since", "until")


def _which(flag: str, help: str) -> Any:  # noqa: A002  # as `option`
    return option(flag, help=help, metavar=f"{flag.removeprefix('--').upper()},…")


@dataclass
class LogOptions(OptionGroup):
    """How a log is read, what is asked instead of one, and which calls are wanted."""

    map: Annotated[
        str | None,
        option(
            "--map",
            metavar="MEANING=COLUMN,…",
            help="What columns of CSV, JSON lines or Parquet mean: timestamp=ts,status=code,duration_ms=took;"
            " also error, method, path, host, upstream, instance, timestamp_ms, duration_s and the like.",
        ),
    ] = None
    prometheus: Annotated[
        str | None,
        option(
            "--prometheus",
            metavar="URL",
            help="Instead of a log, a Prometheus server's counts over --since to --until, or the last 6h.",
        ),
    ] = None
    total: Annotated[
        str | None,
        option(
            "--total",
            metavar="QUERY",
            help="With --prometheus: a query for all calls a second, such as sum(rate(requests_total[1m])).",
        ),
    ] = None
    errors: Annotated[
        str | None,
        option("--errors", metavar="QUERY", help="With --prometheus: the same for the failed ones."),
    ] = None
    step: Annotated[
        str | None,
        option(
            "--step",
            metavar="DURATION",
            help="With --prometheus: the time between two points (default 15s).",
        ),
    ] = None
    http_config_file: Annotated[
        str | None,
        option(
            "--http-config-file",
            metavar="FILE",
            help="With --prometheus: who asks, as promtool's --http.config.file has it (basic_auth,"
            " authorization); else CBTOOL_PROMETHEUS_TOKEN or CBTOOL_PROMETHEUS_USER (user:password).",
        ),
    ] = None
    path: Annotated[
        str | None, _which("--path", "Only calls of these paths, such as /api/*; the query does not count.")
    ] = None
    host: Annotated[str | None, _which("--host", "Only calls to these hosts, such as *.example.org.")] = None
    method: Annotated[str | None, _which("--method", "Only calls of these HTTP methods.")] = None
    status: Annotated[
        str | None, _which("--status", "Only calls answered so, such as 5xx, 500-504 or timeout.")
    ] = None
    upstream: Annotated[str | None, _which("--upstream", "Only calls to these groups of servers.")] = None
    instance: Annotated[str | None, _which("--instance", "Only calls that these servers answered.")] = None
    since: Annotated[
        str | None,
        option(
            "--since",
            metavar="TIME",
            help="Only calls from then on: a date and time (UTC), Unix seconds, or +10m after the first.",
        ),
    ] = None
    until: Annotated[str | None, option("--until", metavar="TIME", help="Only calls before then.")] = None
    log_format: Annotated[
        str | None,
        option("--log-format", help="Format of the log, by name, where its content does not tell."),
    ] = None

    @cached_property
    def which(self) -> Selection:
        """The calls that are wanted."""
        from cbtool.traffic.selection import Selection

        lists: dict[str, Any] = {
            name: tuple(part.strip() for part in text.split(",") if part.strip())
            for name in _LISTS
            if (text := getattr(self, name)) is not None
        }
        # A server is asked for a time, and what it answers is all wanted.
        times: dict[str, Any] = {} if self._asks_a_server else self._moments()
        return Selection(**lists, **times)

    @property
    def form(self) -> str | None:
        """The log's format, or its description where columns are named; None where its content tells.

        Raises:
            typer.BadParameter: both are given.
        """
        if self.map is None:
            return self.log_format
        if self.log_format is not None:
            raise typer.BadParameter("--map describes a format: leave --log-format out")
        return f"map:{self.map}"

    def sources(self, logs: Sequence[str] | None) -> Sequence[str]:
        """Return the logs, or the source that stands for what is asked of a Prometheus server.

        Raises:
            typer.BadParameter: there are both, or what is asked is incomplete.
        """
        return [self._query(logs)] if self._asks_a_server else logs or ()

    def read(
        self,
        logs: Sequence[str],
        *,
        texts: Collection[str],
        requests: bool = False,
        guard: Guard | None = None,
    ) -> AnyCalls:
        """Return the calls that are wanted of what `sources` gives; see `read_log`."""
        from cbtool.cli.sources import read_log

        return read_log(logs, self, texts=texts, requests=requests, guard=guard)

    @property
    def _asks_a_server(self) -> bool:
        return self.prometheus is not None or bool(self.total) or bool(self.errors)

    def _query(self, logs: Sequence[str] | None) -> str:
        from cbtool.logs.prometheus import source_of

        if logs or self.prometheus is None or self.total is None or self.errors is None:
            raise typer.BadParameter("--prometheus, --total and --errors go together, and without a log")
        moments = self._moments()
        if any(moment.relative for moment in moments.values()):
            raise typer.BadParameter("with --prometheus, --since and --until are dates or Unix seconds")
        start, end = (moments[name].seconds if name in moments else None for name in _TIMES)
        step = None if self.step is None else parsed("--step", parse_duration, self.step)
        return source_of(
            self.prometheus,
            self.total,
            self.errors,
            step=step,
            start=start,
            end=end,
            config=self.http_config_file,
        )

    def _moments(self) -> dict[str, Moment]:
        from cbtool.moments import parse_moment

        return {
            name: parsed(f"--{name}", parse_moment, text)
            for name in _TIMES
            if (text := getattr(self, name)) is not None
        }
