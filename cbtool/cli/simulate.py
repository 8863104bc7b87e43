"""`cbtool simulate`: run a log, a run or a scenario through a breaker in virtual time."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cbtool.cli.app import command_app
from cbtool.cli.by_groups import ByOption, answer_groups
from cbtool.cli.exit_status import ExitStatus
from cbtool.cli.guarding import guarded, refused_json
from cbtool.cli.options.group import grouped
from cbtool.cli.options.shared import (
    InstancesOption,
    JsonOption,
    ProfileOption,
    ThresholdOption,
    option,
    parsed_thresholds,
)
from cbtool.cli.options.traffic import ClusterTrafficOptions, EngineOption, LoadOption, PlotOption
from cbtool.cli.output import print_json, print_text
from cbtool.cli.publishing import JunitOption, publish_thresholds
from cbtool.cli.simulating import Simulating
from cbtool.cli.sources import traffic_at
from cbtool.report.checks import check_json, checks_text
from cbtool.simulation.engine import Engine
from cbtool.traffic.texts import NONE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cbtool.breaker import BreakerConfig
    from cbtool.cli.simulating import Answer
    from cbtool.metrics.thresholds import Check

app = command_app()


@app.command()
@grouped
def simulate(
    *,
    profile: ProfileOption = None,
    load: LoadOption = 1.0,
    instances: InstancesOption = 1,
    threshold: ThresholdOption = None,
    calls_out: Annotated[
        Path | None, option("--calls-out", help="Write one CSV row a call: t, permitted, states.")
    ] = None,
    traffic: ClusterTrafficOptions,
    engine: EngineOption = Engine.AUTO,
    by: ByOption = None,
    plot: PlotOption = False,
    junit: JunitOption = None,
    json: JsonOption = False,
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
    """
    from cbtool.profiles import default_profile, load_profile
    from cbtool.report.groups import simulated_groups_text

    gates = parsed_thresholds(threshold)
    settings = load_profile(profile) if profile else default_profile()
    source = traffic.open(texts=(by,) if by else NONE, guard=settings.guard)
    simulating = Simulating(settings, instances, source.seed, engine)
    head = {"source": source.name, "profile": settings.name, "seed": source.seed}
    if by is not None:
        if gates or calls_out is not None or junit is not None:
            raise typer.BadParameter("--by goes with neither --threshold, --junit nor --calls-out")
        answer_groups(
            guarded(settings, traffic_at(source, load))[0],
            by,
            simulating.group(),
            text=simulated_groups_text,
            document=lambda each: each.to_json(settings.config),
            head=head,
            json=json,
        )
        return
    answer = simulating.everything(source, load, calls_out, plot=plot and not json)
    checks = [gate.check(answer.values) for gate in gates]
    if json:
        print_json({**head, "load": load, **_document(answer, settings.config, checks)})
    else:
        title = f"{source.name} through {settings.name}"
        print_text(_text(answer, settings.config, checks, title=title, seed=source.seed))
    publish_thresholds(f"cbtool simulate {settings.name}", checks, junit)
    if not all(check.passed for check in checks):
        raise typer.Exit(ExitStatus.GATE_FAILED)


def _document(answer: Answer, config: BreakerConfig, checks: Sequence[Check]) -> dict[str, Any]:
    return {
        **answer.result.to_json(config),
        **refused_json(answer.counts),
        "reachability": [finding.to_json() for finding in answer.reach.findings],
        **({"checks": [check_json(check) for check in checks]} if checks else {}),
    }


def _text(answer: Answer, config: BreakerConfig, checks: Sequence[Check], *, title: str, seed: int) -> str:
    from cbtool.breaker.reach.words import notes
    from cbtool.report.simulation import refusals_text, simulation_text
    from cbtool.report.text import listed

    blocks = [simulation_text(answer.result, config, title=title, span=answer.span, seed=seed)]
    if answer.plot:
        blocks.append(answer.plot)
    if answer.counts:
        blocks.append(refusals_text(answer.counts))
    if remarks := notes(answer.reach):
        blocks.append(listed(remarks))
    if checks:
        blocks.append(checks_text(checks))
    return "\n\n".join(blocks)
