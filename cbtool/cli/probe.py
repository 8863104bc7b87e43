"""`cbtool probe`: generated traffic to a live endpoint through a breaker."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cbtool.cli.app import command_app
from cbtool.cli.guarding import say_unasked
from cbtool.cli.launching import launch, with_scheme
from cbtool.cli.options.group import grouped
from cbtool.cli.options.live import LiveOptions
from cbtool.cli.options.load import LoadOptions
from cbtool.cli.options.shared import option
from cbtool.errors import ConfigurationError, UnreachableError
from cbtool.live.plan import DEFAULT_TIMEOUT, RunPlan

app = command_app()


@app.command()
@grouped
def probe(
    *,
    url: Annotated[str, typer.Argument(metavar="URL", help="The target, as http://HOST:PORT/PATH.")],
    load: LoadOptions,
    method: Annotated[str, option("--method", "-X", help="HTTP method.")] = "GET",
    body: Annotated[str | None, option("--body", help="Body to send.")] = None,
    body_file: Annotated[Path | None, option("--body-file", help="File to send as the body.")] = None,
    how: LiveOptions,
) -> None:
    """Send generated traffic to a live endpoint through a breaker.

    Calls are sent on a schedule that no slow answer holds up, each through the
    breaker, and their latency counts from when they were due. The summary
    says what the breaker did, and what the run recommends.

    A target that is not this machine needs --allow-host HOST. No redirect is
    followed. Ctrl-C stops early with the summary, twice kills.

    \b
    Examples:
      cbtool probe http://127.0.0.1:8080/ --rate 200/s --duration 30s
      cbtool probe http://127.0.0.1:8080/ -s 10s:50/s -s 1m:500/s -p mine.toml
      cbtool probe http://127.0.0.1:8080/ --scenario low-load-night --shadow
      cbtool probe http://127.0.0.1:8080/ -r 100 -d 1m --threshold 'opens==0'
      cbtool probe https://staging.example/ --allow-host staging.example -o run.ndjson
    """
    gates, played = how.gates, load.played
    told = how.of_plan(
        timeout=played.timeout if played else DEFAULT_TIMEOUT, seed=played.seed if played else 0
    )
    say_unasked([how.settings], "probe")
    schedule, length, peak = load.made(told["seed"])
    plan = RunPlan(
        command="probe",
        url=with_scheme(url),
        schedule=schedule,
        duration=length,
        method=method.upper(),
        body=_body_of(body, body_file),
        **told,
    )
    launch(plan, how, gates=gates, peak=peak, left_out={})


def _body_of(text: str | None, file: Path | None) -> bytes | None:
    """Return the body to send.

    Raises:
        ConfigurationError: both are given.
        UnreachableError: the file cannot be read.
    """
    if text is not None and file is not None:
        raise ConfigurationError("--body and --body-file exclude each other")
    if file is None:
        return None if text is None else text.encode()
    try:
        return file.read_bytes()
    except OSError as error:
        raise UnreachableError.unreadable(file, error) from None
