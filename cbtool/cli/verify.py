"""`cbtool verify`: is a profile still right? A gate for CI and for regular maintenance."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from cbtool.cli.app import command_app
from cbtool.cli.by_groups import ByOption
from cbtool.cli.exit_status import ExitStatus
from cbtool.cli.guarding import guarded
from cbtool.cli.options.group import grouped
from cbtool.cli.options.incidents import IncidentOptions
from cbtool.cli.options.limits import LimitOptions
from cbtool.cli.options.logs import LogOptions
from cbtool.cli.options.recommend import instances_of
from cbtool.cli.options.shared import JsonOption, ProfileOption, SeedOption, option, parsed
from cbtool.cli.options.traffic import LogsArgument
from cbtool.cli.output import print_json, print_text, working
from cbtool.cli.profiles_validate import parse_load_range
from cbtool.cli.publishing import JunitOption, MarkdownOption, publish
from cbtool.cli.sources import Generated, named
from cbtool.cli.verify_groups import verify_groups
from cbtool.units import parse_duration

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from cbtool.profiles import Profile
    from cbtool.profiles.verify_rules import ScenarioRule
    from cbtool.verifying import Verification
    from cbtool.verifying.verify import Story

app = command_app()


@app.command()
@grouped
def verify(
    *,
    logs: LogsArgument = None,
    profile: ProfileOption = None,
    scenario: Annotated[
        list[str] | None,
        option("--scenario", "-s", help="Hold it against this scenario, too: a file or a name; repeatable."),
    ] = None,
    load: Annotated[
        list[str] | None,
        option(
            "--load",
            metavar="RATE[..RATE]",
            help="Calls a second for the scenarios that are made; default: as in the log.",
        ),
    ] = None,
    instances: Annotated[
        str | None,
        option(
            "--instances",
            metavar="N|auto",
            help="Breakers that share the traffic; auto: those the log names; default: as recommended for.",
        ),
    ] = None,
    named_incidents: IncidentOptions,
    limits: LimitOptions,
    timeout: Annotated[
        str | None, option("--timeout", help="When the caller gives a call up; default: as in the log.")
    ] = None,
    junit: JunitOption = None,
    markdown: MarkdownOption = None,
    log: LogOptions,
    seed: SeedOption = None,
    by: ByOption = None,
    json: JsonOption = False,
) -> None:
    """Check whether a profile is still right, as a gate for CI (exit status 1).

    Against recent traffic: false trips, incidents caught and how soon, healthy
    calls refused. Against scenarios made at its lowest and highest load: an
    outage and a brown-out must open it in time, health and a blip must not, and
    it must close in time. Your own --threshold assertions, and those of the
    profile's [verify] table. Drift of load, failure rate and latency from the
    [evidence] that the profile was recommended from. Rules that can never fire.
    --by checks each path, host, upstream or instance by itself.

    Without a log the scenarios and the rules alone are checked, at the --load
    or the evidence's.

    \b
    Examples:
      cbtool verify access.log --profile mine.toml
      cbtool verify access.log -p mine.toml --threshold 'rejected<5%' --junit cb.xml
      cbtool verify access.log -p mine.toml --instances auto
      cbtool verify access.log -p mine.toml --by upstream
      cbtool verify -p mine.toml --load 0.5/s..200/s
      cbtool verify -p mine.toml --scenario hard-outage --threshold 'time_to_open<5s'
    """
    from cbtool.profiles import load_profile
    from cbtool.verifying import verify as check
    from cbtool.verifying.dealt import recommended_for

    if profile is None:
        raise typer.BadParameter("name the profile that is to be checked", param_hint="--profile")
    if json and markdown == "-":
        raise typer.BadParameter("--json and --markdown - both want standard output")
    labels, asked = named_incidents.labels, log.sources(logs)
    if (log.which or labels is not None) and not asked:
        raise typer.BadParameter(f"{log.which or '--incident'} is about a log's calls; there is no log")
    settings = load_profile(profile)
    rules = limits.rules.over(settings.verify)
    evidence = settings.evidence
    before = 1 if evidence is None or by == "instance" else evidence.instances
    shared = before if instances is None else instances_of(instances)
    rates = _rates(load or (), shared or before)
    if shared is None and not asked:
        raise typer.BadParameter("--instances auto reads the instances of a log; there is none")
    if by is not None and (not asked or scenario or labels is not None):
        raise typer.BadParameter("--by groups a log's calls, without --scenario and --incident")
    texts = [by] if by else ["instance"] if shared is None or before > 1 else []
    recent = log.read(asked, texts=texts, guard=settings.guard) if asked else None
    calls = None if recent is None else guarded(settings, recent)[0]
    if instances is None and by is None:
        shared = recommended_for(evidence, calls)
    stories = _stories(settings, scenario or (), rules.scenarios, seed)
    if calls is None and not rates and not stories and rules.load_low is None and evidence is None:
        raise typer.BadParameter("name a log (- is standard input), a --load or a --scenario")
    source = named(asked) if asked else "no log"
    answered = partial(
        check,
        settings,
        rules,
        source=source,
        rates=rates,
        timeout=None if timeout is None else parsed("--timeout", parse_duration, timeout),
        instances=shared,
        seed=seed or 0,
    )
    if by is not None and calls is not None:
        head = {"source": source, "profile": settings.name}
        verify_groups(calls, by, answered, head=head, json=json, junit=junit, markdown=markdown)
        return
    with working(f"verifying {settings.name}"):
        answer = answered(calls=calls, stories=stories, labels=labels)
    _tell(answer, json=json, quiet=markdown == "-")
    _publish(answer, junit, markdown)
    if not answer.passed:
        raise typer.Exit(ExitStatus.GATE_FAILED)


def _rates(loads: Sequence[str], breakers: int) -> list[float]:
    """Return the calls a second that one of so many breakers sees, each once, the lowest first."""
    rates = {rate for text in loads for rate in parsed("--load", parse_load_range, text)}
    return sorted(rate / breakers for rate in rates)


def _stories(
    settings: Profile, names: Sequence[str], own: Sequence[ScenarioRule], seed: int | None
) -> list[Story]:
    """Return the scenarios that the command line and the profile name, with their calls."""
    from cbtool.profiles.verify_rules import ScenarioRule
    from cbtool.scenarios import load_scenario
    from cbtool.verifying.verify import Story

    stories = []
    for rule in (*own, *map(ScenarioRule, names)):
        calls, health = Generated(load_scenario(rule.scenario), seed).at(rule.load)
        at = "" if rule.load == 1 else f" at load {rule.load:g}"
        arriving, _ = guarded(settings, calls)
        stories.append(Story(f"{rule.scenario}{at}", arriving, health, rule.thresholds))
    return stories


def _tell(answer: Verification, *, json: bool, quiet: bool) -> None:
    from cbtool.report.verification import verification_text

    if json:
        print_json(answer.to_json())
    elif not quiet:
        print_text(verification_text(answer))


def _publish(answer: Verification, junit: Path | None, markdown: str | None) -> None:
    from cbtool.report.verification import cases, verdict

    publish(
        f"cbtool verify {answer.profile}",
        verdict(answer),
        cases(answer),
        notes=answer.notes,
        junit=junit,
        markdown=markdown,
    )
