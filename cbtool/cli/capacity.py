"""`cbtool capacity`: what dependencies that are down cost their caller, and which settings keep it small."""

from __future__ import annotations

from typing import Annotated

import typer

from cbtool.cli.app import command_app
from cbtool.cli.options.shared import BreakersOption, JsonOption, ThreadsOption, TimeoutOption, option, parsed
from cbtool.cli.output import print_json, print_text
from cbtool.errors import ConfigurationError
from cbtool.units import parse_duration, parse_percent, parse_rate

app = command_app()


@app.command()
def capacity(
    profiles: Annotated[
        list[str], typer.Argument(metavar="PROFILE...", help="TOML files or shipped profiles' names.")
    ],
    timeout: TimeoutOption = "1s",
    breakers: BreakersOption = 1,
    threads: ThreadsOption = 1,
    waste: Annotated[
        str, option("--waste", metavar="PERCENT", help="How much of the time the trials may take.")
    ] = "5%",
    load: Annotated[
        str | None,
        option(
            "--load",
            metavar="RATE",
            help="Calls a second that each breaker sees: how many a time window holds as it happens.",
        ),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Say how much of a worker's time dependencies that are down take.

    An open breaker still sends trials, and each holds a thread until its
    timeout: with as many breakers, of the worker's time,

        breakers x trials x timeout / (threads x wait)

    Before that, opening takes a timeout for every failed call that a closed
    breaker waits for: of a rate, the threshold's share of all the calls in its
    window, good ones before. What a time window holds is known with --load.
    The other way round: which wait, or which timeout for trials, keeps the
    waste under a share of the time.

    \b
    Examples:
      cbtool capacity mine.toml --timeout 250ms --breakers 42 --threads 2
      cbtool capacity shopify-initial shopify-tuned --breakers 42 --threads 2
      cbtool capacity mine.toml --load 50/s --waste 1%
    """
    from cbtool.breaker.capacity import capacity_of
    from cbtool.profiles import load_profile
    from cbtool.report.capacity import capacity_text, inverse_text

    held = parsed("--timeout", parse_duration, timeout)
    share = parsed("--waste", parse_percent, waste)
    if not 0 < share < 100:
        raise typer.BadParameter("a share of the time is over 0 % and under 100 %", param_hint="--waste")
    rate = None if load is None else parsed("--load", parse_rate, load)
    if rate is not None and rate <= 0:
        raise typer.BadParameter("a load is more than none: 50/s", param_hint="--load")
    costs = []
    for name in profiles:
        config = load_profile(name).config
        if not config.opens:
            raise ConfigurationError(
                f"{name}: {config.dialect.name} refuses a share of the calls; it never opens"
            )
        cost = capacity_of(config, timeout=held, breakers=breakers, threads=threads, rate=rate)
        costs.append((name, cost))
    if json:
        told = [
            {
                "profile": name,
                **cost.to_json(),
                "wait_for_waste": cost.wait_for(share),
                "trial_for_waste": cost.trial_for(share),
            }
            for name, cost in costs
        ]
        print_json({"waste": share, "profiles": told})
        return
    print_text(
        "\n\n".join(
            f"{name}\n{capacity_text(cost, remedy=False)}\n{inverse_text(cost, share)}"
            for name, cost in costs
        )
    )
