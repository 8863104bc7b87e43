"""`cbtool compare`: several profiles side by side on the same traffic, at several loads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from cbtool.cli.app import command_app
from cbtool.cli.by_groups import ByOption, answer_groups
from cbtool.cli.guarding import say_unasked
from cbtool.cli.options.group import grouped
from cbtool.cli.options.shared import InstancesOption, JsonOption, option, parsed
from cbtool.cli.options.traffic import ClusterTrafficOptions, EngineOption
from cbtool.cli.output import print_json, print_text, working
from cbtool.cli.sources import source_of, traffic_at
from cbtool.errors import ConfigurationError
from cbtool.simulation.engine import Engine
from cbtool.traffic.texts import NONE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cbtool.cli.sources import TrafficSource
    from cbtool.recommend.search.judgement import Judgement
    from cbtool.simulation.comparison import AtLoad, Candidate, Comparison

    Compared = tuple[Comparison, list[Judgement]]

app = command_app()


@app.command()
@grouped
def compare(
    *,
    profile: Annotated[
        list[str] | None,
        option("--profile", "-p", help="A TOML file or a shipped profile's name; repeatable."),
    ] = None,
    dialects: Annotated[
        str | None,
        option(
            "--dialects",
            metavar="all|NAME,…",
            help="Libraries to try with their own defaults.",
        ),
    ] = None,
    load: Annotated[
        str, option("--load", help="Shares of a log's calls, or factors on a scenario's rates.")
    ] = "1,0.1,0.01",
    instances: InstancesOption = 1,
    traffic: ClusterTrafficOptions,
    engine: EngineOption = Engine.AUTO,
    by: ByOption = None,
    json: JsonOption = False,
) -> None:
    """Put several profiles side by side on the same traffic, at several loads.

    Settings that are right at high load can be wrong at low load: 50 % of 1,000
    calls is an incident, 50 % of 2 calls is one failure. So the traffic is also
    tried thinned out, and a profile that trips at one load only is pointed out.

    \b
    Examples:
      cbtool compare access.log -p mine.toml -p other.toml
      cbtool compare --scenario brown-out -p mine.toml --load 1,0.0025
      cbtool compare access.log --dialects all -p mine.toml
      cbtool compare --scenario hard-outage --dialects resilience4j,polly,gobreaker
    """
    loads = parsed("--load", parse_loads, load)
    if not profile and dialects is None:
        raise typer.BadParameter("name at least one profile, or --dialects", param_hint="--profile")
    candidates = _candidates(profile or (), dialects)
    source = traffic.open(texts=(by,) if by else NONE)
    comparing = _Comparing(candidates, loads, instances, source.seed, engine)
    head = {"source": source.name, "seed": source.seed}
    if by is not None:
        answer_groups(
            traffic_at(source, 1.0),
            by,
            lambda calls: comparing.of(source_of(calls, source.name, source.seed)),
            text=lambda groups: "\n\n\n".join(
                comparing.text(answer, f"{name} ({len(calls):,} calls)") for name, calls, answer in groups
            ),
            document=_document,
            head=head,
            json=json,
        )
        return
    with working("simulating"):
        answer = comparing.of(source)
    if json:
        print_json({**head, **_document(answer)})
    else:
        print_text(comparing.text(answer, source.name))


class _Comparing(NamedTuple):
    """What is compared, and how."""

    candidates: Sequence[Candidate]
    loads: Sequence[float]
    instances: int
    seed: int
    engine: Engine

    def of(self, traffic: TrafficSource) -> Compared:
        """Compare on some traffic."""
        from cbtool.recommend.search.judgement import incidents_in, incidents_in_parts, judge
        from cbtool.simulation.comparison import compare as run
        from cbtool.traffic.calls import Calls

        at_loads = [_at_load(traffic, factor) for factor in self.loads]
        comparison = run(
            self.candidates, at_loads, seed=self.seed, instances=self.instances, engine=self.engine
        )
        # Of the first load, which by default is the whole traffic: thinned out, an incident is harder to see.
        calls, rules = at_loads[0].calls, self.candidates[0].rules
        if isinstance(calls, Calls):
            incidents = incidents_in(calls, rules.verdicts(calls))
        else:
            incidents = incidents_in_parts(calls, rules)
        return comparison, [judge(cell.result, incidents) for cell in comparison.cells]

    def text(self, answer: Compared, title: str) -> str:
        """Return a comparison as people read it."""
        from cbtool.report.comparison import comparison_text

        return comparison_text(*answer, title=title, instances=self.instances, seed=self.seed)


def _candidates(profiles: Sequence[str], dialects: str | None) -> list[Candidate]:
    """Return the profiles that the user names, and libraries with their defaults.

    Raises:
        typer.BadParameter: there is no such library.
        CbtoolError: there is no such profile.
    """
    from cbtool.profiles import load_profile
    from cbtool.profiles.libraries import library_defaults
    from cbtool.simulation.comparison import Candidate

    named = [load_profile(name) for name in profiles]
    say_unasked(named, "compare")
    known = [] if dialects is None else parsed("--dialects", parse_dialects, dialects)
    libraries = [library_defaults(name) for name in known]
    names = [*distinct([each.name for each in named], profiles), *(each.name for each in libraries)]
    return [
        Candidate(name, each.config, each.rules)
        for name, each in zip(names, [*named, *libraries], strict=True)
    ]


def _at_load(traffic: TrafficSource, load: float) -> AtLoad:
    from cbtool.simulation.comparison import AtLoad

    stored = traffic.stored(load)
    return AtLoad(load, *traffic.at(load)) if stored is None else AtLoad(load, stored)


def _document(answer: Compared) -> dict[str, Any]:
    comparison, judgements = answer
    cells = zip(comparison.cells, judgements, strict=True)
    return {"comparison": [cell.to_json() | judgement.to_json() for cell, judgement in cells]}


def parse_dialects(text: str) -> list[str]:
    """Return the dialects in `all` or `resilience4j,polly`.

    Raises:
        ConfigurationError: one is unknown.
    """
    from cbtool.breaker.dialects import NAMES
    from cbtool.toml.tables import did_you_mean

    if text == "all":
        return list(NAMES)
    names = [part.strip() for part in text.split(",")]
    for name in names:
        if name not in NAMES:
            raise ConfigurationError(
                f"{name!r} is no dialect that cbtool knows{did_you_mean(name, NAMES, otherwise='')}"
                f"; there are {', '.join(NAMES)}"
            )
    return list(dict.fromkeys(names))


def parse_loads(text: str) -> list[float]:
    """Return the loads in `1,0.1,0.01`.

    Raises:
        ConfigurationError: one is not a number over 0.
    """
    try:
        loads = [float(part) for part in text.split(",")]
    except ValueError:
        loads = []
    if not loads or not all(0 < factor < float("inf") for factor in loads):
        raise ConfigurationError(f"{text!r} is not a list of loads; write 1,0.1,0.01")
    return list(dict.fromkeys(loads))


def distinct(names: Sequence[str], given: Sequence[str]) -> list[str]:
    """Return the profiles' names, or what was given for those that share theirs."""
    return [name if names.count(name) == 1 else path for name, path in zip(names, given, strict=True)]
