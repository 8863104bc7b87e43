"""`cbtool hosts`: outlier detection across the hosts of an upstream, as Envoy and Istio do it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from cbtool.cli.app import command_app
from cbtool.cli.by_groups import ByOption, answer_groups
from cbtool.cli.options.group import grouped
from cbtool.cli.options.shared import JsonOption, ProfileOption, option
from cbtool.cli.options.traffic import TrafficOptions
from cbtool.cli.output import note, print_json, print_text, working
from cbtool.cli.sources import traffic_at
from cbtool.errors import ConfigurationError
from cbtool.traffic.texts import JUDGED

if TYPE_CHECKING:
    from cbtool.cli.sources import AnyCalls
    from cbtool.simulation.hosts.settings import OutlierSettings

app = command_app()
_MOST = 1000


@app.command()
@grouped
def hosts(
    *,
    profile: ProfileOption = None,
    number: Annotated[
        int | None,
        option("--hosts", min=1, max=_MOST, help="Spread the calls over so many hosts; default: the log's."),
    ] = None,
    traffic: TrafficOptions,
    by: ByOption = None,
    json: JsonOption = False,
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
      cbtool hosts envoy.log --by upstream
      cbtool hosts --scenario brown-out --hosts 10 --json
    """
    from cbtool.profiles import load_profile
    from cbtool.report.hosts import hosts_groups_text, hosts_text
    from cbtool.simulation.hosts.settings import settings_of
    from cbtool.simulation.hosts.summary import (
        FleetSummary,
        balanced,
        names_hosts,
        observed,
    )
    from cbtool.traffic.parts import in_parts

    chosen = load_profile(profile or "envoy")
    settings = settings_of(chosen.config)
    source = traffic.open(texts=(*JUDGED, *([by] if by else ())))
    calls = traffic_at(source, 1.0)
    if number is None and not names_hosts(in_parts(calls)):
        raise ConfigurationError("the traffic names no hosts; give --hosts N to spread it over so many")
    fixed = set[int]()  # numbers of hosts of which none can be ejected

    def watched(calls: AnyCalls) -> FleetSummary:
        if number is None:
            fleet = observed(in_parts(calls), chosen.rules, settings, seed=source.seed)
        else:
            fleet = balanced(in_parts(calls), chosen.rules, number, settings, seed=source.seed)
        if len(fleet.hosts) * settings.max_ejection_percent < 100 and not settings.always_eject_one_host:
            fixed.add(len(fleet.hosts))
        return fleet

    head = {"source": source.name, "profile": chosen.name, "seed": source.seed}
    if number is not None:
        note("note: every host answers a call as it was answered, so no host is worse than another")
    if by is not None:
        text, document = hosts_groups_text, FleetSummary.to_json
        answer_groups(calls, by, watched, text=text, document=document, head=head, json=json)
        _say_fixed(fixed, settings)
        return
    with working(f"watching {len(calls):,} calls"):
        fleet = watched(calls)
    _say_fixed(fixed, settings)
    if json:
        print_json({**head, **fleet.to_json()})
    else:
        print_text(hosts_text(fleet, title=f"{source.name} through {chosen.name}"))


def _say_fixed(fixed: set[int], settings: OutlierSettings) -> None:
    if fixed - {0}:
        note(
            f"note: max_ejection_percent = {settings.max_ejection_percent} is less than one of "
            f"{' or '.join(map(str, sorted(fixed - {0})))} hosts: none can ever be ejected"
        )
