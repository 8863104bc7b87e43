"""`cbtool replay`: a recorded log's traffic to a live endpoint through a breaker."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from cbtool.cli.app import command_app
from cbtool.cli.guarding import guarded
from cbtool.cli.launching import launch, with_scheme
from cbtool.cli.options.group import grouped
from cbtool.cli.options.live import LiveOptions
from cbtool.cli.options.logs import LogOptions
from cbtool.cli.options.shared import option, parsed
from cbtool.cli.output import note
from cbtool.errors import ConfigurationError
from cbtool.live.plan import RunPlan
from cbtool.units import parse_duration

SAFE_METHODS = "GET,HEAD,OPTIONS"
"""RFC 9110, section 9.2.1, without TRACE, which echoes headers."""

app = command_app()


@app.command()
@grouped
def replay(
    *,
    logs: Annotated[
        list[str],
        typer.Argument(metavar="LOG...", help="Access logs or run records; - is standard input."),
    ],
    target: Annotated[
        str, option("--target", help="Where the calls go; only a line's path and query are joined to it.")
    ],
    speed: Annotated[str, option("--speed", help="How many times as fast, such as 2x or 0.5x.")] = "1x",
    duration: Annotated[
        str | None, option("--duration", "-d", help="Stop after this; default: the log's length.")
    ] = None,
    methods: Annotated[
        str, option("--methods", help="Which of the log's methods are sent, by commas.")
    ] = SAFE_METHODS,
    keep_secrets: Annotated[
        bool, option("--keep-secrets", help="Send tokens and the like in queries as the log has them.")
    ] = False,
    log: LogOptions,
    how: LiveOptions,
) -> None:
    """Send a recorded log's traffic to a live endpoint through a breaker.

    Calls keep the log's own gaps. Only safe methods are sent unless --methods
    names others, without bodies. The host of a line never counts, and the
    values of query parameters that look like secrets are replaced.

    A target that is not this machine needs --allow-host HOST. No redirect is
    followed. Ctrl-C stops early with the summary, twice kills.

    \b
    Examples:
      cbtool replay access.log --target http://127.0.0.1:8080 --dry-run
      cbtool replay access.log --target http://127.0.0.1:8080 --speed 10x
      cbtool replay day.log.gz --target http://127.0.0.1:8080 -d 5m -p mine.toml
    """
    from cbtool.live.long_replaying import long_replay_plan
    from cbtool.live.replaying import Sending, replay_plan
    from cbtool.live.safety import check_target, peak_rate
    from cbtool.traffic.calls import Calls

    gates, told, url = how.gates, how.of_plan(), with_scheme(target)
    check_target(url, how.allow_host or ())  # before a large log is read
    sending = Sending(
        methods=[each.strip().upper() for each in methods.split(",") if each.strip()],
        speed=parsed("--speed", parse_speed, speed),
        duration=None if duration is None else parsed("--duration", parse_duration, duration),
        keep_secrets=keep_secrets,
    )
    read = log.read(log.sources(logs), texts=("method",), requests=True, guard=how.settings.guard)
    calls, counts = guarded(how.settings, read)
    for count in counts:
        note(f"not sent, because of the rule {count.rule}: {count.calls:,} ({count.reason})")
    base = RunPlan(command="replay", url=url, schedule=(), **told)
    plan_of: Any = replay_plan if isinstance(calls, Calls) else long_replay_plan
    made = plan_of(calls, base, sending)
    if made.left_out and not how.dry_run:
        left = ", ".join(f"{count:,} {name}" for name, count in made.left_out.items())
        note(f"not sent, because of --methods: {left}")
    launch(made.plan, how, gates=gates, peak=peak_rate(made.plan.schedule), left_out=made.left_out)


def parse_speed(text: str) -> float:
    """Return the factor that `2x`, `0.5x` or a bare `2` stands for.

    Raises:
        ConfigurationError: it is not one above 0.
    """
    try:
        factor = float(text.strip().lower().removesuffix("x"))
    except ValueError:
        factor = 0.0
    if not 0 < factor < float("inf"):
        raise ConfigurationError(f"{text!r} is not a speed; write 2x, 0.5x or 1x")
    return factor
