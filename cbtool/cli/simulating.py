"""What `cbtool simulate` does with its traffic: all of it, in memory or on disk, or a group at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from cbtool.cli.guarding import guarded
from cbtool.cli.output import working

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from cbtool.breaker.reach import Reachability
    from cbtool.cli.sources import AnyCalls, TrafficSource
    from cbtool.profiles import Profile
    from cbtool.simulation.engine import Engine
    from cbtool.simulation.refused import RuleCount
    from cbtool.simulation.run import SimulationResult
    from cbtool.traffic.parts import LongCalls


class Answer(NamedTuple):
    """What a simulation answers.

    Attributes:
        result: of all calls.
        values: the numbers that a `Threshold` may name.
        reach: what can become of every rule at the loads of the calls.
        span: seconds from the first call to the last.
        counts: what each of the profile's `[refusal]` rules refused.
        plot: a picture of it all; empty where none was asked for.
    """

    result: SimulationResult
    values: dict[str, float]
    reach: Reachability
    span: float
    counts: Sequence[RuleCount]
    plot: str = ""


class Simulating(NamedTuple):
    """A profile, and how it is simulated."""

    settings: Profile
    instances: int
    seed: int
    engine: Engine

    def everything(
        self, source: TrafficSource, load: float, calls_out: Path | None, *, plot: bool = False
    ) -> Answer:
        """Simulate all calls of a source at a load, wherever they are; write and draw them if asked."""
        stored = source.stored(load)
        if stored is not None:
            return self._stored(stored, calls_out, plot=plot)
        from cbtool.recommend.surroundings.reach import observed
        from cbtool.report.calls_file import write_calls
        from cbtool.simulation.run import simulate, values_of

        arriving, health = source.at(load)
        calls, counts = guarded(self.settings, arriving)
        config, verdicts = self.settings.config, self.settings.rules.verdicts(calls)
        with working(f"simulating {len(calls):,} calls"):
            result = simulate(
                calls,
                verdicts,
                config,
                seed=self.seed,
                instances=self.instances,
                engine=self.engine,
                health=health,
            )
        reach = observed(config, calls, verdicts, instances=self.instances)
        if calls_out is not None:
            write_calls(calls_out, calls, result)
        drawn = self._plot(calls, result) if plot else ""
        return Answer(result, values_of(result, calls, verdicts, config), reach, calls.span, counts, drawn)

    def _plot(self, calls: AnyCalls, result: SimulationResult) -> str:
        from cbtool.recommend.search.judgement import incidents_in_parts
        from cbtool.report.series.along import Along
        from cbtool.report.strip import traffic_strip
        from cbtool.traffic.parts import in_parts

        config, rules = self.settings.config, self.settings.rules
        held = in_parts(calls)
        along = Along(held, rules.verdicts, self.instances, self.seed)
        incidents = incidents_in_parts(held, rules)
        return traffic_strip(along, config, incidents=incidents, summary=result.summary)

    def _stored(self, arriving: LongCalls, calls_out: Path | None, *, plot: bool) -> Answer:
        from cbtool.long_logs import simulate_long
        from cbtool.report.calls_file import CallsFile

        calls, counts = guarded(self.settings, arriving)
        file = None if calls_out is None else CallsFile()
        with working(f"simulating {len(calls):,} calls"):
            answer = simulate_long(
                calls,
                self.settings.rules,
                self.settings.config,
                instances=self.instances,
                seed=self.seed,
                engine=self.engine,
                told=None if file is None else file.add,
            )
            if calls_out is not None and file is not None:
                file.write(calls_out)
        drawn = self._plot(calls, answer.result) if plot else ""
        return Answer(answer.result, answer.values, answer.reach, calls.span, counts, drawn)

    def group(self) -> Callable[[AnyCalls], SimulationResult]:
        """Return what simulates one group's calls."""
        from cbtool.long_logs import simulate_long
        from cbtool.simulation.run import simulate
        from cbtool.traffic.calls import Calls

        def simulated(calls: AnyCalls) -> SimulationResult:
            rules, config = self.settings.rules, self.settings.config
            if not isinstance(calls, Calls):
                return simulate_long(
                    calls, rules, config, instances=self.instances, seed=self.seed, engine=self.engine
                ).result
            return simulate(
                calls,
                rules.verdicts(calls),
                config,
                seed=self.seed,
                instances=self.instances,
                engine=self.engine,
            )

        return simulated
