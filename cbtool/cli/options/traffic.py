"""The options that say which traffic a command looks at, and how it is simulated."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Self

import typer

from cbtool.cli.options.logs import LogOptions
from cbtool.cli.options.shared import SeedOption, option
from cbtool.simulation.engine import Engine

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from cbtool.breaker.refusal import Guard
    from cbtool.cli.sources import TrafficSource
    from cbtool.cluster import Cluster

LogsArgument = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="LOG", help="Access logs or run records; - is standard input.", show_default=False
    ),
]
ScenarioOption = Annotated[
    str | None,
    option("--scenario", "-s", help="A scenario instead: a TOML file or a shipped scenario's name."),
]
LoadOption = Annotated[
    float, option("--load", help="Share of a log's calls to keep, or factor on a scenario's rates.")
]
PlotOption = Annotated[
    bool, option("--plot", help="Also draw the failures over time, with incidents and open breakers.")
]
EngineOption = Annotated[
    Engine,
    option(
        "--engine",
        help="Which implementation: machine (readable), kernel (compiled) or auto; they give the same.",
    ),
]


@dataclass
class TrafficOptions(LogOptions):
    """Recorded traffic, or a scenario's."""

    logs: LogsArgument = None
    scenario: ScenarioOption = None
    seed: SeedOption = None

    def __post_init__(self) -> None:
        self.cluster: Cluster | None = None  # that reads it, rather than this process

    def open(self, *, texts: Collection[str], guard: Guard | None = None) -> TrafficSource:
        """Return the traffic; see `open_source`."""
        from cbtool.cli.sources import open_source

        return open_source(self, texts=texts, guard=guard)


@dataclass
class ClusterTrafficOptions(TrafficOptions):
    """The same, which a cluster may read and keep."""

    scheduler: Annotated[
        str | None,
        option(
            "--scheduler",
            metavar="ADDRESS",
            help="Read the log on this Dask cluster, and keep it there if it is large: tcp://HOST:PORT.",
        ),
    ] = None

    @contextmanager
    def opened(self) -> Iterator[Self]:
        """Be connected to the cluster for as long as the command runs."""
        if self.scheduler is None:
            yield self
            return
        from cbtool.cluster import connected

        with connected(self.scheduler) as self.cluster:
            yield self
