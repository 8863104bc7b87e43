"""The machine against a naive model that keeps every result for ever and recounts each time."""

from __future__ import annotations

from dataclasses import dataclass, field

from helpers import Story
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from cbtool.breaker import BreakerConfig, Permit, State, Verdict, WindowType

LENGTH, WAIT, TRIALS = 5.0, 3.0, 2


@dataclass
class Naive:
    """Our default semantics, told with lists."""

    window_type: WindowType
    state: State = State.CLOSED
    since: float = 0.0
    results: list[tuple[float, bool, bool]] = field(default_factory=list)
    trials_started: int = 0

    def enter(self, state: State, now: float) -> None:
        self.state, self.since, self.results, self.trials_started = state, now, [], 0

    def admits(self, now: float) -> bool:
        if self.state is State.OPEN and round(now - self.since, 9) >= WAIT:
            self.enter(State.HALF_OPEN, now)
        if self.state is State.HALF_OPEN and self.trials_started < TRIALS:
            self.trials_started += 1
            return True
        return self.state is State.CLOSED

    def completed(self, failed: bool, slow: bool, now: float) -> None:
        self.results.append((now, failed, slow))
        if self.state is State.HALF_OPEN:
            if len(self.results) == TRIALS:
                self.enter(State.OPEN if self.bad_rate(self.results) else State.CLOSED, now)
            return
        inside = self.inside(now)
        if self.window_type is WindowType.CONSECUTIVE:
            if len(inside) >= 4 and all(f for _, f, _ in inside[-4:]):
                self.enter(State.OPEN, now)
        elif len(inside) >= 4 and self.bad_rate(inside, gate=2):
            self.enter(State.OPEN, now)

    def inside(self, now: float) -> list[tuple[float, bool, bool]]:
        if self.window_type is WindowType.TIME:
            return [result for result in self.results if round(now - result[0], 9) < LENGTH]
        return self.results[-6:] if self.window_type is WindowType.COUNT else self.results

    @staticmethod
    def bad_rate(results: list[tuple[float, bool, bool]], gate: int = 0) -> bool:
        failures, slow = sum(f for _, f, _ in results), sum(s for _, _, s in results)
        return (failures >= gate and 2 * failures >= len(results)) or (
            slow >= gate and 10 * slow >= 8 * len(results)
        )


class MachineAgainstModel(RuleBasedStateMachine):
    """Calls start, overlap, finish late, are ignored or slow; the two must agree all along."""

    @initialize(window_type=st.sampled_from(list(WindowType)))
    def begin(self, window_type: WindowType) -> None:
        size = {WindowType.TIME: LENGTH, WindowType.COUNT: 6, WindowType.CONSECUTIVE: 4}[window_type]
        self.story = Story(
            BreakerConfig(
                sliding_window_type=window_type,
                sliding_window_size=size,
                minimum_number_of_calls=4,
                minimum_number_of_errors=2,
                slow_call_duration_threshold=1.0,
                slow_call_rate_threshold=80,
                wait_duration_in_open_state=WAIT,
                permitted_number_of_calls_in_half_open_state=TRIALS,
            )
        )
        self.model = Naive(window_type)
        self.in_flight: list[tuple[Permit, int]] = []
        self.entries = 0

    @rule(step=st.sampled_from([0.0, 0.5, 1.0, 2.5, 5.0]))
    def time_passes(self, step: float) -> None:
        self.story.pass_time(step)

    @rule()
    def call_starts(self) -> None:
        admitted = self.model.admits(self.story.now)
        permit = self.story.breaker.try_acquire(self.story.now)
        assert (permit is not None) is admitted
        if permit is not None:
            self.in_flight.append((permit, len(self.story.transitions)))

    @rule(data=st.data(), failed=st.booleans(), slow=st.booleans())
    def call_finishes(self, data: st.DataObject, failed: bool, slow: bool) -> None:
        if not self.in_flight:
            return
        permit, entered = self.in_flight.pop(data.draw(st.integers(0, len(self.in_flight) - 1)))
        if entered == len(self.story.transitions):
            self.model.completed(failed, slow, self.story.now)
        verdict = Verdict.FAILURE if failed else Verdict.SUCCESS
        self.story.finish(permit, verdict, duration=1.5 if slow else 0.5)

    @invariant()
    def states_agree(self) -> None:
        assert self.story.state is self.model.state


MachineAgainstModel.TestCase.settings = settings(max_examples=200, stateful_step_count=60)
test_machine_against_model = MachineAgainstModel.TestCase
