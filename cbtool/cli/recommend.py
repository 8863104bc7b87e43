"""`cbtool recommend`: settings from a log, a run or a scenario, with reasons."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

from cbtool.cli.again import Given
from cbtool.cli.app import command_app
from cbtool.cli.by_groups import ByOption, answer_groups
from cbtool.cli.options.group import grouped
from cbtool.cli.options.recommend import RecommendOptions
from cbtool.cli.options.shared import JsonOption, OutputOption, option, parsed
from cbtool.cli.options.traffic import ClusterTrafficOptions, PlotOption
from cbtool.cli.output import note, print_json, print_text, working
from cbtool.cli.sources import traffic_at
from cbtool.cli.trying import next_commands
from cbtool.errors import ConfigurationError, InsufficientDataError, UnreachableError
from cbtool.traffic.texts import JUDGED
from cbtool.units import parse_duration

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cbtool.cli.sources import AnyCalls
    from cbtool.recommend import Recommendation
    from cbtool.recommend.asked import Asked
    from cbtool.traffic.calls import Calls
    from cbtool.traffic.outcomes import OutcomeRules

app = command_app()


@app.command()
@grouped
def recommend(
    *,
    options: RecommendOptions,
    explain: Annotated[
        bool, option("--explain", help="Derive every number, with its formula and the numbers put in.")
    ] = False,
    timeout: Annotated[
        str | None, option("--timeout", help="The caller's timeout, for a scenario; default: the scenario's.")
    ] = None,
    traffic: ClusterTrafficOptions,
    output: OutputOption = None,
    library: Annotated[
        str | None, option("--to", help="Print the settings as this library's users write them, too.")
    ] = None,
    by: ByOption = None,
    plot: PlotOption = False,
    json: JsonOption = False,
    given: Given,
) -> None:
    """Recommend breaker settings from a log or a run, with reasons.

    Tells healthy stretches from incidents without labels, and searches the
    settings that shed most of the incidents' bad calls, among those that trip
    falsely no more often than --false-trips-per-day. Refused, with what is
    missing, where the data cannot carry an answer (exit status 3).

    Settings hold for the load that ONE breaker sees: name the --instances
    that share the traffic. A --profile gives the outcome rules, else --current.

    \b
    Examples:
      cbtool recommend access.log --instances 8
      cbtool recommend run.ndjson -o recommended.toml
      cbtool recommend access.log --current mine.toml --explain
      cbtool recommend access.log --incident 2026-11-24T10:00/2026-11-24T10:20
      cbtool recommend access.log --validate
      cbtool recommend access.log --to resilience4j
      cbtool recommend access.log --by path
      zcat access.log.*.gz | cbtool recommend - --json
      cbtool recommend --scenario brown-out
    """
    from cbtool.foreign.recommended import snippet
    from cbtool.foreign.writing import known_library
    from cbtool.recommend.held_out.validation import answered
    from cbtool.report.explanation import explanation_text
    from cbtool.report.groups import recommended_groups_text
    from cbtool.report.recommendation import recommendation_text

    if library is not None:
        known_library(library)
    asked = options.asked
    with _answered_without_calls(asked, json=json and by is None):
        source = traffic.open(texts=(*JUDGED, *([by] if by else ())))
    asked = replace(asked, seed=source.seed)
    made = None if timeout is None else _with_timeout(traffic.scenario, source.seed, timeout)
    calls = made or traffic_at(source, 1.0)

    if by is not None:
        _only_by(library, output)
        answer_groups(
            calls,
            by,
            lambda own: answered(own, asked, validate=options.validate),
            text=recommended_groups_text,
            document=lambda each: each.to_json(),
            head={"source": source.name},
            json=json,
        )
        return
    with working(f"judging {len(calls):,} calls"):
        answer = answered(calls, asked, validate=options.validate)
    exported = None if library is None else snippet(answer, library)
    if json:
        own = {} if exported is None else {"snippet": exported.text, "lost": list(exported.losses)}
        print_json({**answer.to_json(), "source": source.name, **own})
    else:
        text = recommendation_text(answer, source.name, commands=next_commands(given, answer, output))
        print_text(f"{text}\n\n{explanation_text(answer)}" if explain else text)
        if plot:
            print_text(f"\n{_drawn(answer, calls, asked.rules)}")
        if exported is not None:
            print_text(f"\n{exported.text}".removesuffix("\n"))
    for remark in () if exported is None else exported.remarks():
        note(f"cbtool: {remark}")
    if answer.profile is None:
        raise InsufficientDataError(f"{source.name} cannot carry a recommendation", answer.needs)
    if output is not None:
        _save(output, answer, source.name)


@contextmanager
def _answered_without_calls(asked: Asked, *, json: bool) -> Iterator[None]:
    """Print the document of a refusal where the input holds no call; the error goes on."""
    from cbtool.recommend.refusal import without_calls

    try:
        yield
    except InsufficientDataError as error:
        if json:
            own = without_calls(error.needs, asked)
            print_json({**own.to_json(), "source": None})
        raise


def _drawn(answer: Recommendation, calls: AnyCalls, rules: OutcomeRules) -> str:
    from cbtool.report.strip import recommended_strip

    return recommended_strip(answer, calls, rules)


def _only_by(library: str | None, output: Path | None) -> None:
    if library is not None or output is not None:
        raise ConfigurationError(
            "--by prints a line a group, without --to and --output; for one group's file, choose it by --path"
        )


def _with_timeout(scenario: str | None, seed: int, text: str) -> Calls:
    from cbtool.scenarios import load_scenario
    from cbtool.simulation.generate import calls_of

    timeout = parsed("--timeout", parse_duration, text)
    if scenario is None:
        raise ConfigurationError("--timeout goes with --scenario; in a log, timeouts have happened already")
    return calls_of(load_scenario(scenario), seed=seed, timeout=timeout)


def _save(path: Path, answer: Recommendation, source: str) -> None:
    from cbtool.report.recommendation import profile_text

    try:
        path.write_text(profile_text(answer, source), encoding="utf-8")
    except OSError as error:
        raise UnreachableError.unwritable(path, error) from None
    note(f"profile written to {path}")
