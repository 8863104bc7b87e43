"""The options that simulate and compare share: which traffic, and which engine."""

from __future__ import annotations

from typing import Annotated

import typer

from cbtool.cli.options import option
from cbtool.simulation.engine import Engine

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
