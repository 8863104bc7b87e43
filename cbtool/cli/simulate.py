"""`cbtool simulate`: run a log, a run or a scenario through a breaker in virtual time."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003  # Typer reads it when the command is built
from typing import TYPE_CHECKING, Annotated

import typer

from cbtool.cli.app import command_app
from cbtool.cli.exit_status import ExitStatus
from cbtool.cli.groups import ByOption, answer_groups  # Typer reads the annotations when it runs
from cbtool.cli.guarding import guarded, refused_json
from cbtool.cli.options import (
    InstancesOption,
    JsonOption,
    LogFormatOption,
    ProfileOption,
    SeedOption,
    ThresholdOption,
    option,
    parsed_thresholds,
)
from cbtool.cli.output import print_json, print_text, working
from cbtool.cli.publishing import JunitOption, publish_thresholds
from cbtool.cli.selecting import selecting
from cbtool.cli.sources import open_source
from cbtool.cli.traffic_options import (  # noqa: TC001  # Typer reads them when the command is built
    EngineOption,
    LoadOption,
    LogsArgument,
    ScenarioOption,
)
from cbtool.report.checks import check_json, checks_text
from cbtool.simulation.engine import Engine

if TYPE_CHECKING:
    from cbtool.simulation.run import SimulationResult
    from cbtool.traffic.calls import Calls
    from cbtool.traffic.selection import Selection

app = command_app()


@app.command()
@selecting
def simulate(  # noqa: PLR0917  # as PLR0913 in pyproject.toml
    logs: LogsArgument = None,
    profile: ProfileOption = None,
    scenario: ScenarioOption = None,
    load: LoadOption = 1.0,
    instances: InstancesOption = 1,
    threshold: ThresholdOption = None,
    calls_out: Annotated[
        Path | None, option("--calls-out", help="Write one CSV row a call: t, permitted, states.")
    ] = None,
    log_format: LogFormatOption = None,
    seed: SeedOption = None,
    engine: EngineOption = Engine.AUTO,
    by: ByOption = None,
    junit: JunitOption = None,
    json: JsonOption = False,
    *,
    which: Selection,
) -> None:
    """Run a log, a run or a scenario through a breaker in virtual time.

    Every call arrives at the breaker when it started and its result when it
    completed. Calls that the breaker refuses have no result, but it is known
    what it would have been: the report says how many failing calls were shed
    and how many healthy ones were refused.

    What the profile's [refusal] rules turn away never arrives at the breaker:
    the report counts it by rule, and --calls-out leaves it out.

    \b
    Examples:
      cbtool simulate access.log --profile mine.toml
      cbtool simulate --scenario hard-outage --profile mine.toml --instances 8
      cbtool simulate access.log -p mine.toml --load 0.01 --threshold trips==0
      cbtool simulate access.log --by path
      zcat old.gz | cbtool simulate - --json
    """  # noqa: D301  # the \b is Click's mark for lines to be left as they are
    from cbtool.breaker.reach.words import notes  # noqa: PLC0415  # with the others below
    from cbtool.profiles import default_profile, load_profile  # noqa: PLC0415
    from cbtool.recommend.reach import observed  # noqa: PLC0415
    from cbtool.report.calls_file import write_calls  # noqa: PLC0415  # polars
    from cbtool.report.groups import simulated_groups_text  # noqa: PLC0415
    from cbtool.report.simulation import refusals_text, simulation_text  # noqa: PLC0415
    from cbtool.report.text import listed  # noqa: PLC0415
    from cbtool.simulation.run import simulate as run  # noqa: PLC0415  # numpy
    from cbtool.simulation.run import values_of  # noqa: PLC0415

    gates = parsed_thresholds(threshold)
    settings = load_profile(profile) if profile else default_profile()
    source = open_source(logs or (), scenario, log_format, seed, which)
    arriving, health = source.at(load)
    calls, counts = guarded(settings, arriving)
    if by is not None:
        if gates or calls_out is not None or junit is not None:
            raise typer.BadParameter("--by goes with neither --threshold, --junit nor --calls-out")

        def answer(own: Calls) -> SimulationResult:
            own_verdicts = settings.rules.verdicts(own)
            return run(
                own, own_verdicts, settings.config, seed=source.seed, instances=instances, engine=engine
            )

        answer_groups(
            calls,
            by,
            answer,
            text=simulated_groups_text,
            document=lambda each: each.to_json(settings.config),
            head={"source": source.name, "profile": settings.name, "seed": source.seed},
            json=json,
        )
        return
    verdicts = settings.rules.verdicts(calls)
    with working(f"simulating {len(calls):,} calls"):
        result = run(
            calls,
            verdicts,
            settings.config,
            seed=source.seed,
            instances=instances,
            engine=engine,
            health=health,
        )
    checks = [gate.check(values_of(result, calls, verdicts, settings.config)) for gate in gates]
    found = observed(settings.config, calls, verdicts, instances=instances)
    if calls_out is not None:
        write_calls(calls_out, calls, result)
    if json:
        head = {"source": source.name, "profile": settings.name, "load": load, "seed": source.seed}
        tail = {"checks": [check_json(check) for check in checks]} if checks else {}
        reach = {"reachability": [finding.to_json() for finding in found.findings]}
        print_json({**head, **result.to_json(settings.config), **refused_json(counts), **reach, **tail})
    else:
        title = f"{source.name} through {settings.name}"
        print_text(simulation_text(result, settings.config, title=title, span=calls.span, seed=source.seed))
        if counts:
            print_text("\n" + refusals_text(counts))
        if remarks := notes(found):
            print_text("\n" + listed(remarks))
        if checks:
            print_text("\n" + checks_text(checks))
    publish_thresholds(f"cbtool simulate {settings.name}", checks, junit)
    if not all(check.passed for check in checks):
        raise typer.Exit(ExitStatus.GATE_FAILED)
