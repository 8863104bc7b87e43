"""`cbtool report`: one self-contained HTML page from a log, a run, a scenario or a sweep's file."""

from __future__ import annotations

import shlex
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cbtool.cli.again import Given
from cbtool.cli.app import command_app
from cbtool.cli.options.group import grouped
from cbtool.cli.options.recommend import RecommendOptions
from cbtool.cli.options.shared import JsonOption, option
from cbtool.cli.options.traffic import TrafficOptions
from cbtool.cli.output import note, print_json, working
from cbtool.cli.sources import traffic_at
from cbtool.errors import InsufficientDataError, UnreachableError
from cbtool.traffic.texts import JUDGED
from cbtool.units import format_size

if TYPE_CHECKING:
    from collections.abc import Callable

    from cbtool.profiles import Profile
    from cbtool.report.html.study import Settings

app = command_app()

_USUAL = "resilience4j"
_STDOUT = "-"


@app.command()
@grouped
def report(
    *,
    output: Annotated[
        Path | None,
        option("--output", "-o", help="Write the page to this file; - is standard output."),
    ] = None,
    options: RecommendOptions,
    library: Annotated[
        list[str] | None,
        option("--to", help="Offer the settings as this library's users write them; repeatable."),
    ] = None,
    traffic: TrafficOptions,
    json: JsonOption = False,
    given: Given,
) -> None:
    """Write one HTML page that says what happened, what to set, and why.

    It needs nothing else: no network, no script, no other file. Below its
    figures stand their numbers, and all of them as one JSON document inside.
    Refused, with what is missing, where the data cannot carry a
    recommendation (exit status 3); the page is written all the same.

    Compared are the recommended settings with --current, else with those that
    the run of a record had, else with resilience4j's defaults. Of a file that
    cbtool sweep wrote, the page shows the Pareto front.

    \b
    Examples:
      cbtool report access.log --output report.html
      cbtool report access.log --current mine.toml --instances 8 -o report.html
      cbtool report run.ndjson --to resilience4j -o report.html
      cbtool report access.log --json | jq .recommendation.breaker
      cbtool report sweep.parquet -o sweep.html
      zcat access.log.*.gz | cbtool report - > report.html
    """
    from cbtool.foreign.writing import known_library
    from cbtool.logs.records import read_record
    from cbtool.recommend.held_out.validation import answered
    from cbtool.report.grounds import ground_of
    from cbtool.report.html.document import document_of
    from cbtool.report.html.page import traffic_page
    from cbtool.report.html.study import study_of

    for name in library or ():
        known_library(name)
    asked, today = options.asked, options.today
    _check_output(output, json=json)
    logs = traffic.logs or ()
    only = logs[0] if len(logs) == 1 else None
    if only is not None and _of_sweep(only, output, options.reject_cost, json=json):
        return
    source = traffic.open(texts=JUDGED)
    calls, asked = traffic_at(source, 1.0), replace(asked, seed=source.seed)
    with working(f"judging {len(calls):,} calls"):
        answer = answered(calls, asked, validate=options.validate)
    with working("drawing the page"):
        record = None if only is None or traffic.which or today else read_record(only)
        before = record or _to_compare(today)
        whole = None if source.stored(1.0) is not None else source.at(1.0).health
        ground = ground_of(
            calls,
            asked.rules,
            source.seed,
            answer.instances,
            by_instance=asked.instances is None,
            health=whole,
        )
        study = study_of(ground, answer, source=source.name, before=before)
        command = shlex.join(["cbtool", "report", *given.words(but={"json", "output"})])
        document = document_of(study, library or (), command)
        _give(document, traffic_page, output, json=json)
    if answer.profile is None:
        raise InsufficientDataError(f"{source.name} cannot carry a recommendation", answer.needs)


def _to_compare(today: Profile | None) -> Settings:
    from cbtool.profiles import load_profile
    from cbtool.report.html.study import Settings

    if today is not None:
        return Settings(today, today.name)
    return Settings(load_profile(_USUAL), f"{_USUAL}'s defaults")


def _of_sweep(name: str, output: Path | None, reject_cost: float, *, json: bool) -> bool:
    """Write the page of a sweep's file; return whether it is one."""
    from cbtool.report.html.page import sweep_page
    from cbtool.report.html.sweep_file import read_sweep, sweep_document

    table = read_sweep(name)
    if table is None:
        return False
    _give(sweep_document(table, name, reject_cost=reject_cost), sweep_page, output, json=json)
    return True


def _check_output(output: Path | None, *, json: bool) -> None:
    if output is None and not json and sys.stdout.isatty():
        raise typer.BadParameter("name the page's file: --output report.html (- is standard output)")
    if json and str(output) == _STDOUT:
        raise typer.BadParameter("--json has standard output: name a file for the page")
    if output is not None and str(output) != _STDOUT:
        # Found out now rather than after a minute's work.
        if not output.parent.is_dir():
            raise UnreachableError(f"{output}: cannot be written: there is no folder {output.parent}")
        if output.is_dir():
            raise UnreachableError(f"{output}: is a folder; name a file in it")


def _give(
    document: dict[str, Any],
    page_of: Callable[[dict[str, Any]], str],
    output: Path | None,
    *,
    json: bool,
) -> None:
    """Print the document, write its page, or both."""
    if json:
        print_json(document)
    if json and output is None:
        return
    page = page_of(document).encode()
    if output is None or str(output) == _STDOUT:
        sys.stdout.buffer.write(page)
        sys.stdout.flush()
        return
    try:
        output.write_bytes(page)
    except OSError as error:
        raise UnreachableError.unwritable(output, error) from None
    note(f"page written to {output} ({format_size(len(page))})")
