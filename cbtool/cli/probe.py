"""`cbtool probe`: generated traffic to a live endpoint through a breaker."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cbtool.cli.app import command_app
from cbtool.cli.guarding import say_unasked
from cbtool.cli.launching import launch, with_scheme
from cbtool.cli.options.group import grouped
from cbtool.cli.options.live import LiveOptions
from cbtool.cli.options.shared import option, parsed
from cbtool.errors import ConfigurationError, UnreachableError
from cbtool.live.plan import DEFAULT_TIMEOUT, RunPlan
from cbtool.traffic.scenario import ArrivalKind
from cbtool.units import parse_duration, parse_rate

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from cbtool.traffic.scenario import Scenario

DEFAULT_RATE = "50/s"
DEFAULT_DURATION = "10s"

app = command_app()


@app.command()
@grouped
def probe(
    *,
    url: Annotated[str, typer.Argument(metavar="URL", help="The target, as http://HOST:PORT/PATH.")],
    rate: Annotated[
        str | None, option("--rate", "-r", help=f"Calls a second in all; default {DEFAULT_RATE}.")
    ] = None,
    stage: Annotated[
        list[str] | None,
        option("--stage", "-s", help="Ramp to a rate, as 30s:200/s; repeatable; --rate is the start."),
    ] = None,
    scenario: Annotated[
        str | None, option("--scenario", help="Take the load of this scenario: a file or a shipped name.")
    ] = None,
    arrivals: Annotated[
        ArrivalKind, option("--arrivals", help="Evenly spaced, or as independent callers come.")
    ] = ArrivalKind.CONSTANT,
    duration: Annotated[
        str | None, option("--duration", "-d", help=f"How long; default {DEFAULT_DURATION}.")
    ] = None,
    requests: Annotated[
        int | None, option("--requests", "-n", min=1, help="Stop after so many calls.")
    ] = None,
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
    """  # noqa: D301  # the \b is Click's mark for lines to be left as they are
    from cbtool.scenarios import load_scenario  # noqa: PLC0415  # keeps --help quick

    gates = how.gates
    played = load_scenario(scenario) if scenario else None
    told = how.of_plan(
        timeout=played.timeout if played else DEFAULT_TIMEOUT, seed=played.seed if played else 0
    )
    say_unasked([how.settings], "probe")
    load = Load(rate, stage or [], duration, requests, arrivals, told["seed"])
    schedule, length, peak = load.of_scenario(played) if played else load.generated()
    if not len(schedule):
        raise ConfigurationError("the load has no calls in it; raise --rate or --duration")
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


class Load:
    """The options that say when calls are due. Each way returns a schedule, its seconds and its peak rate."""

    def __init__(  # noqa: PLR0917  # as PLR0913 in pyproject.toml
        self,
        rate: str | None,
        stages: list[str],
        duration: str | None,
        requests: int | None,
        kind: ArrivalKind,
        seed: int,
    ) -> None:
        self._rate: float | None = None if rate is None else parsed("--rate", parse_rate, rate)
        self._stages = stages
        self._duration: float | None = (
            None if duration is None else parsed("--duration", parse_duration, duration)
        )
        self._requests = requests
        self._kind = kind
        self._seed = seed

    def of_scenario(self, scenario: Scenario) -> tuple[NDArray[np.int64], float, float]:
        """Return a scenario's load.

        Raises:
            ConfigurationError: another load is given as well.
        """
        from cbtool.traffic.arrivals import of_scenario  # noqa: PLC0415  # numpy

        if self._rate is not None or self._stages:
            raise ConfigurationError("--scenario brings its own load; leave out --rate and --stage")
        peak = max(max(phase.rate, phase.rate_to or 0.0) for phase in scenario.phases)
        return self._cut(of_scenario(scenario, self._seed), scenario.duration, peak)

    def generated(self) -> tuple[NDArray[np.int64], float, float]:
        """Return the load of --rate or --stage.

        Raises:
            ConfigurationError: --duration with --stage, or a rate of 0.
        """
        from cbtool.traffic.arrivals import constant, parse_stage, poisson, staged  # noqa: PLC0415  # numpy

        if self._stages:
            if self._duration is not None:
                raise ConfigurationError("stages say how long they last; leave out --duration")
            stages = [parsed("--stage", parse_stage, text) for text in self._stages]
            start = self._rate or 0.0
            schedule = staged(stages, self._kind, self._seed, start_rate=start)
            length = sum(each.duration for each in stages)
            return self._cut(schedule, length, max(start, *(each.rate for each in stages)))
        rate = parse_rate(DEFAULT_RATE) if self._rate is None else self._rate
        if rate <= 0:
            raise ConfigurationError("--rate must be above 0")
        length = self._length(rate)
        made = (
            poisson(rate, length, self._seed) if self._kind is ArrivalKind.POISSON else constant(rate, length)
        )
        return self._cut(made, length, rate)

    def _length(self, rate: float) -> float:
        if self._duration is not None:
            return self._duration
        if self._requests is None:
            return parse_duration(DEFAULT_DURATION)
        if self._kind is ArrivalKind.CONSTANT:
            return self._requests / rate
        # Long enough that so many calls have come in all but one run in a million.
        return (self._requests + 5 * math.sqrt(self._requests) + 5) / rate

    def _cut(
        self, schedule: NDArray[np.int64], length: float, peak: float
    ) -> tuple[NDArray[np.int64], float, float]:
        """Apply --requests, and --duration where something else says how long."""
        if self._duration is not None and self._duration < length:
            length = self._duration
            schedule = schedule[: int(schedule.searchsorted(round(length * 1e9)))]
        if self._requests is not None and self._requests < len(schedule):
            schedule = schedule[: self._requests]
            length = float(schedule[-1]) / 1e9
        return schedule, length, peak
