"""`cbtool sweep`: thousands of settings on the same traffic, and those that no other beats."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from cbtool.cli.app import command_app
from cbtool.cli.by_groups import ByOption, answer_groups
from cbtool.cli.guarding import say_unasked
from cbtool.cli.options.group import grouped
from cbtool.cli.options.shared import InstancesOption, JsonOption, ProfileOption, option
from cbtool.cli.options.traffic import ClusterTrafficOptions, LoadOption
from cbtool.cli.output import note, print_json, print_text, progress
from cbtool.cli.sources import traffic_at
from cbtool.errors import ConfigurationError
from cbtool.traffic.texts import NONE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cbtool.cli.sources import AnyCalls, TrafficSource
    from cbtool.profiles import Profile
    from cbtool.sweeping.axes import Axis
    from cbtool.sweeping.long import Runner
    from cbtool.sweeping.running import Plan, Sweep

app = command_app()

_DESIGNS = ("grid", "random", "latin")


@app.command()
@grouped
def sweep(
    *,
    vary: Annotated[
        list[str] | None,
        option(
            "--vary",
            metavar="SETTING=VALUES",
            help="LOW..HIGH:STEP, LOW..HIGH:xN for N values that grow evenly, or A,B,C; repeatable.",
        ),
    ] = None,
    profile: ProfileOption = None,
    design: Annotated[
        str, option("--design", metavar="|".join(_DESIGNS), help="Every combination, or a sample of them.")
    ] = "grid",
    sample: Annotated[int | None, option("--sample", min=1, help="How many settings a sample has.")] = None,
    load: LoadOption = 1.0,
    instances: InstancesOption = 1,
    by: ByOption = None,
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
    traffic: ClusterTrafficOptions,
    json: JsonOption = False,
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
    """
    from cbtool.profiles import default_profile, load_profile
    from cbtool.report.sweep import check_output, sweep_json, sweep_text
    from cbtool.report.sweep_plot import sweep_plot
    from cbtool.sweeping.designs import Design, points
    from cbtool.sweeping.running import plan_of

    axes = _axes(vary or [], design, sample)
    if by is not None and (output is not None or plot):
        raise typer.BadParameter("--by goes with neither --output nor --plot")
    if output is not None:
        check_output(output)
    settings = load_profile(profile) if profile else default_profile()
    say_unasked([settings], "sweep")
    source = traffic.open(texts=(by,) if by else NONE)
    tried = points(axes, Design(design), sample, source.seed)
    asked = _Asked(
        settings, axes, tried, plan_of(settings.config, tried), instances, source.seed, traffic.cluster
    )
    head = {"source": source.name, "profile": settings.name, "seed": source.seed}
    if by is not None:
        answer_groups(
            traffic_at(source, load),
            by,
            asked.of_group,
            text=lambda groups: "\n\n\n".join(
                sweep_text(each, title=f"{name} ({len(own):,} calls)", most=top) for name, own, each in groups
            ),
            document=sweep_json,
            head=head,
            json=json,
        )
        return
    swept, calls = asked.of_all(source, load, output)
    if output is not None:
        note(f"{len(swept.rows):,} settings written to {output}")
    if json:
        print_json({**head, **sweep_json(swept)})
    else:
        print_text(sweep_text(swept, title=f"{source.name} ({calls:,} calls)", most=top))
        if plot:
            print_text(f"\n{sweep_plot(swept)}")


class _Asked(NamedTuple):
    """What is swept, and how."""

    settings: Profile
    axes: Sequence[Axis]
    tried: Sequence[dict[str, Any]]
    plan: Plan
    instances: int
    seed: int
    runner: Runner | None

    def of_group(self, calls: AnyCalls) -> Sweep:
        """Sweep one group's calls."""
        from cbtool.sweeping.traffic import traffic_of

        traffic = traffic_of(calls, self.settings.rules, self.runner)
        return traffic.sweep(self.plan, self.axes, instances=self.instances, seed=self.seed)

    def of_all(self, source: TrafficSource, load: float, output: Path | None) -> tuple[Sweep, int]:
        """Sweep all calls of a source, with a journal beside the output; return how many there are, too."""
        from cbtool.report.sweep import write_sweep
        from cbtool.report.sweep_journal import journal, key_of
        from cbtool.sweeping.traffic import traffic_of
        from cbtool.version import __version__

        traffic = traffic_of(traffic_at(source, load), self.settings.rules, self.runner)
        depends = (self.settings.config, self.tried, self.instances, self.seed, __version__)
        kept = nullcontext() if output is None else journal(output, key_of(traffic.parts(), *depends))
        with kept as book:
            known = {} if book is None else book.known
            if book is not None and known:
                note(f"going on from {book.path}: {len(known):,} of {len(self.tried):,} settings were tried")
            with progress(*traffic.steps(len(self.plan.configs), len(known), self.instances)) as step:
                swept = traffic.sweep(
                    self.plan,
                    self.axes,
                    instances=self.instances,
                    seed=self.seed,
                    step=step,
                    known=known,
                    keep=None if book is None else book.add,
                )
            if output is not None and book is not None:
                write_sweep(output, swept)
                book.done()
        return swept, len(traffic)


def _axes(vary: list[str], design: str, sample: int | None) -> tuple[Axis, ...]:
    """Return what varies.

    Raises:
        typer.BadParameter: it is malformed.
        ConfigurationError: nothing varies, or the design is none or lacks its size.
    """
    from cbtool.sweeping.axes import parse_axes

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
