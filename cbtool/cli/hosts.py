"""`cbtool hosts`: outlier detection across the hosts of an upstream, as Envoy and Istio do it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from cbtool.cli.app import command_app
from cbtool.cli.options import JsonOption, LogFormatOption, ProfileOption, SeedOption, option
from cbtool.cli.output import note, print_json, print_text, working
from cbtool.cli.selecting import selecting
from cbtool.cli.sources import open_source
from cbtool.cli.traffic_options import (  # noqa: TC001  # Typer reads them when the command is built
    LogsArgument,
    ScenarioOption,
)
from cbtool.errors import ConfigurationError
from cbtool.traffic.texts import JUDGED

if TYPE_CHECKING:
    from cbtool.traffic.selection import Selection

app = command_app()
_MOST = 1000


@app.command()
@selecting
def hosts(  # noqa: PLR0917  # as PLR0913 in pyproject.toml
    logs: LogsArgument = None,
    profile: ProfileOption = None,
    scenario: ScenarioOption = None,
    number: Annotated[
        int | None,
        option("--hosts", min=1, max=_MOST, help="Spread the calls over so many hosts; default: the log's."),
    ] = None,
    log_format: LogFormatOption = None,
    seed: SeedOption = None,
    json: JsonOption = False,
    *,
    which: Selection,
) -> None:
    """Which hosts Envoy's outlier detection would eject.

    Where the log names the host that answered each call, these are watched,
    and traffic stays where it was. With --hosts the calls go round over so
    many hosts, without those that are ejected, unless so many are out that
    the balancer panics; each host answers a call as it was answered.

    The profile is one of the dialects envoy or istio: envoy's defaults, if
    none is given. Runs of failures, success rates and failure percentages
    across hosts, growing ejections and the limit on them are judged.

    \b
    Examples:
      cbtool hosts envoy.log
      cbtool hosts access.log --hosts 8 --profile istio
      cbtool hosts --scenario brown-out --hosts 10 --json
    """  # noqa: D301  # the \b is Click's mark for lines to be left as they are
    from cbtool.profiles import load_profile  # noqa: PLC0415  # with the others below
    from cbtool.report.hosts import hosts_text  # noqa: PLC0415
    from cbtool.simulation.hosts.settings import settings_of  # noqa: PLC0415
    from cbtool.simulation.hosts.summary import balanced, observed  # noqa: PLC0415  # numpy

    chosen = load_profile(profile or "envoy")
    settings = settings_of(chosen.config)
    source = open_source(logs or (), scenario, log_format, seed, which, texts=JUDGED)
    calls, _ = source.at(1.0)
    verdicts = chosen.rules.verdicts(calls)
    if number is None and calls.instance is None:
        raise ConfigurationError("the traffic names no hosts; give --hosts N to spread it over so many")
    with working(f"watching {len(calls):,} calls"):
        if number is None:
            fleet = observed(calls, verdicts, settings, seed=source.seed)
        else:
            fleet = balanced(calls, verdicts, number, settings, seed=source.seed)
    if len(fleet.hosts) * settings.max_ejection_percent < 100 and not settings.always_eject_one_host:
        note(
            f"note: max_ejection_percent = {settings.max_ejection_percent} is less than one of "
            f"{len(fleet.hosts)} hosts: none can ever be ejected"
        )
    if number is not None:
        note("note: every host answers a call as it was answered, so no host is worse than another")
    if json:
        print_json({"source": source.name, "profile": chosen.name, "seed": source.seed, **fleet.to_json()})
    else:
        print_text(hosts_text(fleet, title=f"{source.name} through {chosen.name}"))
