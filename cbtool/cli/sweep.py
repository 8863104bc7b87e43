"""`cbtool sweep`: thousands of settings on the same traffic, and those that no other beats."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path  # noqa: TC003  # Typer reads it when the command is built
from typing import TYPE_CHECKING, Annotated

import typer

from cbtool.cli.app import command_app
from cbtool.cli.guarding import say_unasked
from cbtool.cli.options import (
    InstancesOption,
    JsonOption,
    LogFormatOption,
    ProfileOption,
    SeedOption,
    option,
)
from cbtool.cli.output import note, print_json, print_text, progress
from cbtool.cli.selecting import selecting
from cbtool.cli.sources import open_source
from cbtool.cli.traffic_options import (  # noqa: TC001  # Typer reads them when the command is built
    LoadOption,
    LogsArgument,
    ScenarioOption,
)
from cbtool.errors import ConfigurationError
from cbtool.traffic.texts import NONE

if TYPE_CHECKING:
    from cbtool.sweeping.axes import Axis
    from cbtool.sweeping.traffic import SweepTraffic
    from cbtool.traffic.selection import Selection

app = command_app()

_DESIGNS = ("grid", "random", "latin")


@app.command()
@selecting
def sweep(  # noqa: PLR0917  # as PLR0913 in pyproject.toml
    logs: LogsArgument = None,
    vary: Annotated[
        list[str] | None,
        option(
            "--vary",
            metavar="SETTING=VALUES",
            help="LOW..HIGH:STEP, LOW..HIGH:xN for N values that grow evenly, or A,B,C; repeatable.",
        ),
    ] = None,
    profile: ProfileOption = None,
    scenario: ScenarioOption = None,
    design: Annotated[
        str, option("--design", metavar="|".join(_DESIGNS), help="Every combination, or a sample of them.")
    ] = "grid",
    sample: Annotated[int | None, option("--sample", min=1, help="How many settings a sample has.")] = None,
    load: LoadOption = 1.0,
    instances: InstancesOption = 1,
    plot: Annotated[
        bool, option("--plot", help="Also draw what each setting let through and refused.")
    ] = False,
    top: Annotated[int, option("--top", min=1, help="How many settings of the front to print.")] = 20,
    output: Annotated[
        Path | None,
        option(
            "--output",
            "-o",
            help="Write every setting to this .parquet or .csv file; a stopped run goes on from FILE.part.",
        ),
    ] = None,
    scheduler: Annotated[
        str | None,
        option(
            "--scheduler", metavar="ADDRESS", help="Read and simulate on this Dask cluster: tcp://HOST:PORT."
        ),
    ] = None,
    log_format: LogFormatOption = None,
    seed: SeedOption = None,
    json: JsonOption = False,
    *,
    which: Selection,
) -> None:
    """Try thousands of settings on the same traffic.

    Each is simulated over every call, and judged by its trips outside every
    incident, the failing calls that it let through and the healthy ones that
    it refused. Printed are those that no other setting beats in all three.

    Any setting of a profile can be varied, and dialect=all tries the libraries.
    What is not varied is the profile's.

    \b
    Examples:
      cbtool sweep access.log --vary failure_rate_threshold=5..60:5
      cbtool sweep access.log --vary minimum_number_of_errors=1..200:x12 \\
          --vary sliding_window_size=5s..60s:5s -p mine.toml -o all.parquet
      cbtool sweep --scenario brown-out --vary dialect=all
      cbtool sweep access.log --vary failure_rate_threshold=1..99 \\
          --vary minimum_number_of_calls=1..500 --design latin --sample 500
      cbtool sweep '/shared/logs/*.gz' --vary dialect=all \\
          --scheduler tcp://10.0.0.1:8786
    """  # noqa: D301  # the \b is Click's mark for lines to be left as they are
    from cbtool import __version__  # noqa: PLC0415
    from cbtool.cluster import connected  # noqa: PLC0415  # numpy
    from cbtool.profiles import default_profile, load_profile  # noqa: PLC0415  # with the others below
    from cbtool.report.sweep import check_output, sweep_json, sweep_text, write_sweep  # noqa: PLC0415
    from cbtool.report.sweep_journal import journal, key_of  # noqa: PLC0415
    from cbtool.report.sweep_plot import sweep_plot  # noqa: PLC0415
    from cbtool.sweeping.designs import Design, points  # noqa: PLC0415  # numpy
    from cbtool.sweeping.running import plan_of  # noqa: PLC0415  # numpy
    from cbtool.sweeping.traffic import InMemory, OnDisk  # noqa: PLC0415  # numpy

    axes = _axes(vary or [], design, sample)
    if output is not None:
        check_output(output)
    settings = load_profile(profile) if profile else default_profile()
    say_unasked([settings], "sweep")
    with nullcontext() if scheduler is None else connected(scheduler) as cluster:
        source = open_source(
            logs or (), scenario, log_format, seed, which, cluster=cluster, long=True, texts=NONE
        )
        tried = points(axes, Design(design), sample, source.seed)
        plan = plan_of(settings.config, tried)
        stored = source.stored(load)
        traffic: SweepTraffic = (
            InMemory(source.at(load).calls, settings.rules)
            if stored is None
            else OnDisk(stored, settings.rules)
        )
        depends = (settings.config, tried, instances, source.seed, __version__)
        kept = nullcontext() if output is None else journal(output, key_of(traffic.parts(), *depends))
        with kept as book, progress(*traffic.steps(len(plan.configs), instances)) as step:
            if book is not None and book.known:
                note(f"going on from {book.path}: {len(book.known):,} of {len(tried):,} settings were tried")
            swept = traffic.sweep(
                plan,
                axes,
                instances=instances,
                seed=source.seed,
                step=step,
                runner=None if cluster is None else cluster.outcomes,
                known=None if book is None else book.known,
                keep=None if book is None else book.add,
            )
            if output is not None and book is not None:
                write_sweep(output, swept)
                book.done()
    if output is not None:
        note(f"{len(swept.rows):,} settings written to {output}")
    if json:
        print_json(
            {"source": source.name, "profile": settings.name, "seed": source.seed, **sweep_json(swept)}
        )
    else:
        print_text(sweep_text(swept, title=f"{source.name} ({len(traffic):,} calls)", most=top))
        if plot:
            print_text(f"\n{sweep_plot(swept)}")


def _axes(vary: list[str], design: str, sample: int | None) -> tuple[Axis, ...]:
    """Return what varies.

    Raises:
        typer.BadParameter: it is malformed.
        ConfigurationError: nothing varies, or the design is none or lacks its size.
    """
    from cbtool.sweeping.axes import parse_axes  # noqa: PLC0415  # keeps --help quick

    try:
        axes = parse_axes(vary)
    except ConfigurationError as error:
        raise typer.BadParameter(str(error), param_hint="--vary") from None
    if not axes:
        raise ConfigurationError(
            "name what varies: --vary failure_rate_threshold=5..60:5 (cbtool sweep --help has more)"
        )
    if design not in _DESIGNS:
        raise ConfigurationError(f"--design {design}: there are {', '.join(_DESIGNS)}")
    if design != "grid" and sample is None:
        raise ConfigurationError(f"--design {design} needs --sample N")
    return axes
