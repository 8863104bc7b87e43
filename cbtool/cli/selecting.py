"""The options that choose calls of a log, for every command that reads one."""

from __future__ import annotations

import functools
import inspect
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import typer

from cbtool.cli.again import Given
from cbtool.cli.options import option, parsed
from cbtool.units import parse_duration

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cbtool.cluster import Cluster
    from cbtool.traffic.selection import Moment


_WHICH = {
    "path": "Only calls of these paths, such as /api/*; the query does not count.",
    "host": "Only calls to these hosts, such as *.example.org.",
    "method": "Only calls of these HTTP methods.",
    "status": "Only calls answered so, such as 5xx, 500-504 or timeout.",
    "upstream": "Only calls to these groups of servers.",
    "instance": "Only calls that these servers answered.",
}
_HOW = {
    "map": "What columns of CSV, JSON lines or Parquet mean: timestamp=ts,status=code,duration_ms=took;"
    " also error, method, path, host, upstream, instance, timestamp_ms, duration_s and the like.",
}
_METRICS = {
    "prometheus": "Instead of a log, a Prometheus server's counts over --since to --until, or the last 6h.",
    "total": "With --prometheus: a query for all calls a second, such as sum(rate(requests_total[1m])).",
    "errors": "With --prometheus: the same for the failed ones.",
    "step": "With --prometheus: the time between two points (default 15s).",
    "http_config_file": "With --prometheus: who asks, as promtool's --http.config.file has it (basic_auth,"
    " authorization); else CBTOOL_PROMETHEUS_TOKEN or CBTOOL_PROMETHEUS_USER (user:password).",
}
_METAVARS = {
    "map": "MEANING=COLUMN,…",
    "prometheus": "URL",
    "total": "QUERY",
    "errors": "QUERY",
    "step": "DURATION",
    "http_config_file": "FILE",
}
_HANDED = ("Selection", "Cluster", "Given")  # types of what a command is handed rather than asked for
_SCHEDULER = "Read the log on this Dask cluster, and keep it there if it is large: tcp://HOST:PORT."
_WHEN = {
    "since": "Only calls from then on: a date and time (UTC), Unix seconds, or +10m after the first.",
    "until": "Only calls before then.",
}


def selecting(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options, and hand it what they choose as `which`.

    They are declared here once, rather than in the signature of each command. One that takes a `cluster` has
    `--scheduler`, too, and is connected to it, or to None, for as long as it runs. One that takes `given` is
    told what it was given, in words.
    """
    signature = inspect.signature(command)
    clustered = "cluster" in signature.parameters
    added: dict[str, Any] = {
        name: Annotated[str | None, option(f"--{name.replace('_', '-')}", help=text, metavar=_metavar(name))]
        for name, text in {**_HOW, **_METRICS, **_WHICH, **_WHEN}.items()
    }

    choosing = tuple(added)

    @functools.wraps(command)
    def wrapped(**given: Any) -> Any:
        words = {"given": Given(parameters, given)} if "given" in signature.parameters else {}
        asked = {name: given.pop(name) for name in choosing}
        given["log_format"] = _mapped(given.get("log_format"), asked.pop("map"))
        metrics = {name: asked.pop(name) for name in _METRICS}
        if metrics["prometheus"] is not None or metrics["total"] or metrics["errors"]:
            given["logs"] = [_queried(metrics, asked, given.get("logs"))]
        which = _selection(asked)
        if not clustered:
            return command(**given, **words, which=which)
        with _connected(given.pop("scheduler")) as cluster:
            return command(**given, **words, which=which, cluster=cluster)

    keyword = inspect.Parameter.POSITIONAL_OR_KEYWORD
    # What a module imports for the type checker alone is not there to be looked up.
    hints = get_type_hints(command, localns=dict.fromkeys(_HANDED, object), include_extras=True)
    own = [
        each.replace(annotation=hints[each.name])
        for each in signature.parameters.values()
        if each.name not in {"which", "cluster", "given"}
    ]
    if clustered:
        scheduler = Annotated[str | None, option("--scheduler", help=_SCHEDULER, metavar="ADDRESS")]
        added = {"scheduler": scheduler, **added}
    further = [inspect.Parameter(n, keyword, default=None, annotation=a) for n, a in added.items()]
    at = next((i for i, each in enumerate(own) if each.name == "log_format"), len(own))
    parameters = [*own[:at], *further, *own[at:]]
    wrapped.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    wrapped.__annotations__ = {each.name: each.annotation for each in parameters}
    return wrapped


@contextmanager
def _connected(scheduler: str | None) -> Iterator[Cluster | None]:
    if scheduler is None:
        yield None
        return
    from cbtool.cluster import connected  # noqa: PLC0415  # numpy

    with connected(scheduler) as cluster:
        yield cluster


def _mapped(log_format: str | None, mapping: str | None) -> str | None:
    """Return the format's name, or its description where columns are named."""
    if mapping is None:
        return log_format
    if log_format is not None:
        raise typer.BadParameter("--map describes a format: leave --log-format out")
    return f"map:{mapping}"


def _queried(metrics: dict[str, str | None], asked: dict[str, str | None], logs: Any) -> str:
    """Return the source that stands for what is asked of a Prometheus server, and of what time."""
    from cbtool.logs.prometheus import source_of  # noqa: PLC0415  # keeps --help quick

    url, total, errors, step, config = (metrics[name] for name in _METRICS)
    if logs or url is None or total is None or errors is None:
        raise typer.BadParameter("--prometheus, --total and --errors go together, and without a log")
    moments = {name: _moment_of(name, text) for name in _WHEN if (text := asked.pop(name, None))}
    if any(moment.relative for moment in moments.values()):
        raise typer.BadParameter("with --prometheus, --since and --until are dates or Unix seconds")
    asked.update(dict.fromkeys(_WHEN))
    start, end = (moments[name].seconds if name in moments else None for name in _WHEN)
    seconds = None if step is None else parsed("--step", parse_duration, step)
    return source_of(url, total, errors, step=seconds, start=start, end=end, config=config)


def _metavar(name: str) -> str:
    if name in _METAVARS:
        return _METAVARS[name]
    return "TIME" if name in _WHEN else f"{name.upper()},…"


def _selection(asked: dict[str, str | None]) -> Any:
    from cbtool.traffic.selection import Selection  # noqa: PLC0415  # keeps --help quick

    lists: dict[str, Any] = {
        name: tuple(part.strip() for part in text.split(",") if part.strip())
        for name in _WHICH
        if (text := asked[name]) is not None
    }
    times: dict[str, Any] = {
        name: _moment_of(name, text) for name in _WHEN if (text := asked[name]) is not None
    }
    return Selection(**lists, **times)


def _moment_of(name: str, text: str) -> Moment:
    from cbtool.moments import parse_moment  # noqa: PLC0415  # keeps --help quick

    moment: Moment = parsed(f"--{name}", parse_moment, text)
    return moment
