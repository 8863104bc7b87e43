"""`cbtool replay`: a recorded log's traffic to a live endpoint through a breaker."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from cbtool.cli.app import command_app
from cbtool.cli.guarding import guarded
from cbtool.cli.live_options import (
    AllowHostOption,
    ConnectionsOption,
    DryRunOption,
    HeaderOption,
    InsecureOption,
    Launch,
    MaxRateOption,
    NoCheckOption,
    NoDashboardOption,
    RecordOption,
    ShadowOption,
    TimeoutOption,
    launch,
    parsed_headers,
    parsed_max_rate,
    parsed_timeout,
    with_scheme,
)
from cbtool.cli.options import (
    InstancesOption,
    JsonOption,
    LogFormatOption,
    ProfileOption,
    SeedOption,
    ThresholdOption,
    option,
    parsed,
    parsed_thresholds,
)
from cbtool.cli.output import note
from cbtool.cli.publishing import JunitOption  # noqa: TC001  # Typer reads it when the command is built
from cbtool.cli.selecting import selecting
from cbtool.cli.sources import read_log
from cbtool.errors import ConfigurationError
from cbtool.live.plan import DEFAULT_MAX_IN_FLIGHT, DEFAULT_TIMEOUT, RunPlan
from cbtool.units import parse_duration

if TYPE_CHECKING:
    from cbtool.traffic.selection import Selection

SAFE_METHODS = "GET,HEAD,OPTIONS"
"""RFC 9110, section 9.2.1, without TRACE, which echoes headers."""

app = command_app()


@app.command()
@selecting
def replay(  # noqa: PLR0917  # as PLR0913 in pyproject.toml
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
    header: HeaderOption = None,
    timeout: TimeoutOption = None,
    profile: ProfileOption = None,
    instances: InstancesOption = 1,
    shadow: ShadowOption = False,
    threshold: ThresholdOption = None,
    connections: ConnectionsOption = DEFAULT_MAX_IN_FLIGHT,
    output: RecordOption = None,
    insecure: InsecureOption = False,
    allow_host: AllowHostOption = None,
    max_rate: MaxRateOption = None,
    log_format: LogFormatOption = None,
    seed: SeedOption = None,
    no_dashboard: NoDashboardOption = False,
    no_check: NoCheckOption = False,
    dry_run: DryRunOption = False,
    junit: JunitOption = None,
    json: JsonOption = False,
    *,
    which: Selection,
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
    """  # noqa: D301  # the \b is Click's mark for lines to be left as they are
    from cbtool.live.long_replaying import long_replay_plan  # noqa: PLC0415  # polars, with those below
    from cbtool.live.replaying import replay_plan  # noqa: PLC0415
    from cbtool.live.safety import check_target, peak_rate  # noqa: PLC0415
    from cbtool.profiles import default_profile, load_profile  # noqa: PLC0415
    from cbtool.traffic.calls import Calls  # noqa: PLC0415  # numpy

    thresholds, headers = parsed_thresholds(threshold), parsed_headers(header)
    settings = load_profile(profile) if profile else default_profile()
    url = with_scheme(target)
    check_target(url, allow_host or ())  # before a large log is read
    factor = parsed("--speed", parse_speed, speed)
    limit = None if duration is None else parsed("--duration", parse_duration, duration)
    read = read_log(logs, log_format, which, texts=("method",), requests=True, guard=settings.guard)
    calls, counts = guarded(settings, read)
    for count in counts:
        note(f"not sent, because of the rule {count.rule}: {count.calls:,} ({count.reason})")
    base = RunPlan(
        command="replay",
        url=url,
        schedule=(),
        config=settings.config,
        rules=settings.rules,
        headers=headers,
        timeout=parsed_timeout(timeout, DEFAULT_TIMEOUT),
        instances=instances,
        seed=seed or 0,
        shadow=shadow,
        max_in_flight=connections,
        profile=settings.name,
    )
    plan_of: Any = replay_plan if isinstance(calls, Calls) else long_replay_plan
    made = plan_of(
        calls,
        base,
        methods=[each.strip().upper() for each in methods.split(",") if each.strip()],
        speed=factor,
        duration=limit,
        keep_secrets=keep_secrets,
    )
    if made.left_out and not dry_run:
        left = ", ".join(f"{count:,} {name}" for name, count in made.left_out.items())
        note(f"not sent, because of --methods: {left}")
    launch(
        made.plan,
        Launch(
            thresholds=thresholds,
            allow_hosts=allow_host or (),
            max_rate=parsed_max_rate(max_rate),
            peak=peak_rate(made.plan.schedule),
            left_out=made.left_out,
            record=output,
            verify=not insecure,
            check=not no_check,
            dashboard=not no_dashboard,
            dry_run=dry_run,
            json=json,
            junit=junit,
        ),
    )


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
