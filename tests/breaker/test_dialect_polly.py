"""Polly's surprises, read from its source."""

from __future__ import annotations

import pytest
from helpers import Story, library

from cbtool.breaker import State, Verdict
from cbtool.errors import InvalidSettingError

QUICK = {"FailureRatio": 0.5, "MinimumThroughput": 4, "SamplingDuration": "10s", "BreakDuration": "5s"}
OPEN, CLOSED, HALF_OPEN = State.OPEN, State.CLOSED, State.HALF_OPEN


def v8(**native: object) -> Story:
    return library("polly", QUICK | native)


def tripped(story: Story) -> Story:
    story.fail(4)
    assert story.state is OPEN
    return story


def test_a_success_that_completes_the_throughput_does_not_trip() -> None:
    story = v8().fail(3).succeed()
    assert story.state is CLOSED
    assert story.fail().state is OPEN


def test_the_call_exactly_at_the_end_of_the_break_is_the_one_trial() -> None:
    story = tripped(v8()).pass_time(5)
    story.start()
    assert story.refused()


def test_a_trial_that_never_returns_blocks_for_ever() -> None:
    story = tripped(v8()).pass_time(5)
    story.start()
    assert story.pass_time(86400).refused()


def test_a_cancelled_trial_closes() -> None:
    assert tripped(v8()).pass_time(5).ignored().state is CLOSED


@pytest.mark.parametrize(("age", "trips"), [(8.999, True), (9, False)])
def test_a_sub_window_leaves_a_sampling_duration_after_it_began(age: float, trips: bool) -> None:
    story = v8().fail(2).pass_time(1).fail().pass_time(age).fail()
    assert (story.state is OPEN) == trips, "the first sub-window began at 0, and is gone at 10"


def test_sub_windows_begin_with_a_result_not_on_a_grid() -> None:
    story = v8().fail().pass_time(0.9).fail(2).pass_time(9.1)
    assert story.fail().state is CLOSED, "results of 0.9 s lie in the sub-window that began at 0"


def test_a_late_failure_reopens_a_half_open_circuit() -> None:
    story = v8()
    late = story.start()
    tripped(story).pass_time(5).start()
    assert story.finish(late, Verdict.FAILURE).state is OPEN


def test_a_generated_break_grows_with_the_trials_that_failed() -> None:
    story = tripped(v8(BreakDurationGenerator="BreakDuration * 2^HalfOpenAttempts, at most 15s"))
    waits = []
    for wait in (5, 10, 15, 15):
        assert story.pass_time(wait - 0.001).refused()
        story.pass_time(0.001).fail()
        waits.append(story.transitions[-1].wait)
    assert waits == [10, 15, 15, 15]


def test_net_time_spans_are_read() -> None:
    assert tripped(v8(BreakDuration="00:01:30")).transitions[0].wait == 90


@pytest.mark.parametrize(
    ("name", "value"),
    [("MinimumThroughput", 1), ("FailureRatio", 1.1), ("BreakDuration", "400ms"), ("SamplingDuration", "2d")],
)
def test_what_polly_rejects_is_rejected(name: str, value: object) -> None:
    with pytest.raises(InvalidSettingError, match=name):
        v8(**{name: value})


def test_version_7_admits_another_trial_each_break() -> None:
    story = library("polly-v7", {"exceptionsAllowedBeforeBreaking": 2, "durationOfBreak": "5s"}).fail(2)
    story.pass_time(5).start()
    assert story.pass_time(4.999).refused()
    story.pass_time(0.001).start()
    assert story.state is HALF_OPEN


def test_version_7_counts_the_success_that_closed() -> None:
    native = {"failureThreshold": 0.7, "minimumThroughput": 3, "samplingDuration": "10s"}
    story = library("polly-v7", native | {"durationOfBreak": "5s"}).fail(3).pass_time(5).succeed()
    assert story.fail(2).state is CLOSED, "two of three, the closing success being the third"
    assert story.fail().state is OPEN


def test_version_7_lets_an_unhandled_exception_keep_the_trial_s_place() -> None:
    story = library("polly-v7", {"durationOfBreak": "5s"}).fail(2).pass_time(5).ignored()
    assert story.state is HALF_OPEN
    assert story.refused()
