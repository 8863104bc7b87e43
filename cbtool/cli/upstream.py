"""`cbtool upstream`: serve a scenario's faults on loopback."""

from __future__ import annotations

import sys
from pathlib import Path  # noqa: TC003  # Typer reads it when the command is built
from typing import Annotated

import typer

from cbtool.cli.app import command_app
from cbtool.cli.exit_status import ExitStatus
from cbtool.cli.options.shared import option, parsed
from cbtool.cli.output import note, print_text
from cbtool.units import parse_duration

app = command_app()


@app.command()
def upstream(
    scenario: Annotated[
        str, option("--scenario", "-s", help="Scenario: a TOML file or a shipped scenario's name.")
    ],
    port: Annotated[
        int, option("--port", min=0, max=65535, help="Port to listen on; 0 takes a free one.")
    ] = 0,
    host: Annotated[str, option("--host", help="Loopback address to listen on.")] = "127.0.0.1",
    start: Annotated[
        str, option("--start", help="When the scenario starts: first-request or now.")
    ] = "first-request",
    loop: Annotated[
        bool, option("--loop", help="Begin again at the scenario's end; else its end stays.")
    ] = False,
    duration: Annotated[
        str | None, option("--for", help="Stop after this time, counted from now; default: on Ctrl-C.")
    ] = None,
    seed: Annotated[
        int | None, option("--seed", help="Seed of every random choice; default: the scenario's.")
    ] = None,
    log: Annotated[
        Path | None, option("--log", help="Append an access log here, which recommend can read.")
    ] = None,
    until_stdin_closes: Annotated[bool, typer.Option("--until-stdin-closes", hidden=True)] = False,
) -> None:
    """Serve the faults of a scenario on loopback.

    Serves errors, latency, hangs, reset and refused connections, and recovery,
    as the scenario's phases say; GET /healthz answers 200 or 503, truthfully.
    Every other request on any path is traffic. The first line of standard
    output is the address; phases are announced on standard error.

    The access log is nginx's combined format with the request time, as a
    gateway in front would write it: 502 for a reset, 504 for a caller that gave
    up. Refused connections are in no log.

    \b
    Examples:
      cbtool upstream --scenario brown-out --port 8080
      cbtool upstream --scenario mine.toml --start now --for 2m --log access.log
    """
    from cbtool.live.upstream import Start
    from cbtool.live.upstream_process import LISTENING, run_lab
    from cbtool.live.upstream_text import describe_phase
    from cbtool.scenarios import load_scenario

    if start not in list(Start):
        raise typer.BadParameter(f"{start!r} is not one of {', '.join(Start)}", param_hint="--start")
    what = load_scenario(scenario)
    used_seed = what.seed if seed is None else seed

    note(f"scenario {what.name}, seed {used_seed}; press Ctrl-C to stop")
    served, interrupted = run_lab(
        what,
        port=port,
        host=host,
        start=Start(start),
        repeat=loop,
        seed=used_seed,
        access_log=log,
        on_listening=lambda url: print_text(f"{LISTENING}{url}"),
        on_phase=lambda time, phase: note(f"{time:7.1f} s  {describe_phase(phase)}"),
        duration=None if duration is None else parsed("--for", parse_duration, duration),
        until_closed=sys.stdin.fileno() if until_stdin_closes else None,
    )
    note(str(served))
    if interrupted:
        raise typer.Exit(ExitStatus.INTERRUPTED)
