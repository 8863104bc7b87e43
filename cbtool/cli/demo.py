"""`cbtool demo`: the whole tool in half a minute, on loopback."""

from __future__ import annotations

from typing import Annotated

import typer

from cbtool.cli.app import command_app
from cbtool.cli.exit_status import ExitStatus
from cbtool.cli.launching import attach_dashboard
from cbtool.cli.options.live import NoDashboardOption  # noqa: TC001  # Typer reads it when it is built
from cbtool.cli.options.shared import JsonOption, OutputOption, option

app = command_app()


@app.command()
def demo(
    json_document: JsonOption = False,
    output: OutputOption = None,
    seed: Annotated[int | None, option("--seed", help="Seed of faults and arrivals.")] = None,
    no_dashboard: NoDashboardOption = False,
) -> None:
    """Everything in 30 seconds, on loopback, with nothing else needed.

    Starts a fault-injecting upstream, sends it a low load and then a high one
    with a brown-out in each, shows the breaker on the dashboard, recommends
    settings from what it saw, and puts them beside the starting ones on the
    same calls.

    \b
    Examples:
      cbtool demo
      cbtool demo --output demo.ndjson && cbtool recommend demo.ndjson
      cbtool demo --json | jq .recommend.breaker
    """
    from cbtool.cli.output import note, print_json, print_text
    from cbtool.demo import run_demo
    from cbtool.report.demo import demo_json, demo_text

    note("half a minute on loopback: low load, then high load, a brown-out in each …")
    result = run_demo(
        seed=seed,
        record_path=output,
        dashboard=None if no_dashboard else attach_dashboard,
    )
    if json_document:
        print_json(demo_json(result))
    else:
        print_text(demo_text(result))
    if result.live.interrupted:
        raise typer.Exit(ExitStatus.INTERRUPTED)
