"""The traffic that commands look at: recorded in logs, or made by a scenario."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import typer

from cbtool.cli.output import note, working
from cbtool.traffic.texts import TEXTS

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from cbtool.breaker.refusal import Guard
    from cbtool.cli.options.logs import LogOptions
    from cbtool.cli.options.traffic import TrafficOptions
    from cbtool.cluster import Cluster
    from cbtool.logs import LogRead
    from cbtool.logs.stored import NumberedCalls
    from cbtool.simulation.health import HealthTimeline
    from cbtool.traffic.calls import Calls
    from cbtool.traffic.scenario import Scenario

    AnyCalls = Calls | NumberedCalls


class Loaded(NamedTuple):
    """Traffic at one load, and the health of what it calls, where that is known."""

    calls: Calls
    health: HealthTimeline | None


class TrafficSource(Protocol):
    """Something that gives traffic at any load."""

    name: str
    seed: int

    def at(self, load: float) -> Loaded:
        """Return the traffic at `load` times its own rate."""

    def stored(self, load: float, /) -> NumberedCalls | None:
        """Return the same where it does not fit in memory, and `at` must not be asked; None where it does."""


class Recorded:
    """Calls from logs, which can be thinned."""

    def __init__(self, calls: Calls, name: str, seed: int) -> None:
        self._calls = calls
        self.name = name
        self.seed = seed

    def at(self, load: float) -> Loaded:
        """Return a random share of the calls.

        Raises:
            InvalidSettingError: the load is not over 0 and at most 1.
        """
        from cbtool.traffic.thinning import thin

        if load == 1:
            return Loaded(self._calls, None)
        return Loaded(self._calls.take(thin(len(self._calls), load, self.seed)), None)

    def stored(self, _: float) -> NumberedCalls | None:
        """Return None: the calls are in memory."""
        return None


class Stored:
    """Calls from logs that do not fit in memory."""

    def __init__(self, calls: NumberedCalls, name: str, seed: int) -> None:
        self._calls = calls
        self.name = name
        self.seed = seed

    def at(self, load: float) -> Loaded:
        """Fail: who can take only what fits in memory does not ask for more."""
        raise NotImplementedError

    def stored(self, load: float) -> NumberedCalls | None:
        """Return a random share of the calls.

        Raises:
            InvalidSettingError: the load is not over 0 and at most 1.
        """
        from cbtool.logs.stored import thinned

        return self._calls if load == 1 else thinned(self._calls, load, self.seed)


def traffic_at(source: TrafficSource, load: float) -> AnyCalls:
    """Return the traffic at `load` times its own rate, wherever it is."""
    stored = source.stored(load)
    return source.at(load).calls if stored is None else stored


class Generated:
    """A scenario's calls, made at any rate."""

    def __init__(self, scenario: Scenario, seed: int | None) -> None:
        self._scenario = scenario
        self.name = f"scenario {scenario.name}"
        self.seed = scenario.seed if seed is None else seed

    def at(self, load: float) -> Loaded:
        """Return the scenario's calls with every rate multiplied by `load`."""
        from cbtool.simulation.generate import generate
        from cbtool.simulation.health import health_of

        made = generate(self._scenario, load=load, seed=self.seed)
        return Loaded(made.calls, health_of(self._scenario, made.origin))

    def stored(self, _: float) -> NumberedCalls | None:
        """Return None: the calls are made in memory."""
        return None


def open_source(
    asked: TrafficOptions, *, texts: Collection[str] = TEXTS, guard: Guard | None = None
) -> TrafficSource:
    """Return the traffic that the command line names: logs (or run records), or one scenario.

    Says on standard error what the logs lacked. They are read here, or by a cluster. Calls that do not fit
    in memory stay on disk, or with the cluster's workers: the command asks for `stored` first. Of the calls'
    texts, `texts` and what is asked for by the options and the `guard` are read.

    Raises:
        typer.BadParameter: both or neither are named.
        CbtoolError: the files cannot be read or are not what they should be.
    """
    logs, scenario = asked.sources(asked.logs), asked.scenario
    if bool(logs) == (scenario is not None):
        raise typer.BadParameter("name a log or a run record (- is standard input), or a --scenario")
    if scenario is None:
        calls = read_log(logs, asked, texts=texts, guard=guard, cluster=asked.cluster)
        return source_of(calls, named(logs), asked.seed or 0)
    if asked.which:
        raise typer.BadParameter(
            f"{asked.which} chooses among a log's calls; a --scenario has none to choose"
        )
    from cbtool.scenarios import load_scenario

    return Generated(load_scenario(scenario), asked.seed)


def source_of(calls: AnyCalls, name: str, seed: int) -> TrafficSource:
    """Return calls from logs as a source of traffic, wherever they are."""
    from cbtool.traffic.calls import Calls

    return Recorded(calls, name, seed) if isinstance(calls, Calls) else Stored(calls, name, seed)


def named(logs: Sequence[str]) -> str:
    """Return what the traffic of logs is called; of a server that was asked, without queries and users."""
    from cbtool.logs.prometheus import shown

    return ", ".join(shown(log.partition("?")[0] if "://" in log else log) for log in logs)


def read_log(
    logs: Sequence[str],
    how: LogOptions,
    *,
    texts: Collection[str] = TEXTS,
    requests: bool = False,
    guard: Guard | None = None,
    cluster: Cluster | None = None,
) -> AnyCalls:
    """Return the calls that are asked for, on disk or with a cluster where many; say what they lacked.

    Of their texts, `texts` and what is asked for by the options and the `guard` are read. With `requests`,
    calls on disk know what they asked for.
    """
    from cbtool.logs import read_long_calls

    reading: Callable[..., LogRead[Any]] = partial(read_long_calls, requests=requests)
    reading = reading if cluster is None else cluster.read
    with working("reading the log"):
        read = reading(logs, log_format=how.form, which=how.which, texts=texts, guard=guard)
    _remark(read, read.calls.notes)
    calls: AnyCalls = read.calls
    return calls


def _remark(read: LogRead[Any], notes: tuple[str, ...]) -> None:
    if read.rejected:
        note(f"{read.rejected:,} of {read.lines:,} lines rejected as not {read.format}; the first:")
        for line in read.samples[:3]:
            note(f"  {line.file}:{line.line}: {line.text[:60]}")
    for sentence in notes:
        note(f"note: {sentence}")
