from helpers import Story, consecutive, count_window, time_window

from cbtool.breaker import Reason, Snapshot, State


def test_stays_closed_below_the_minimum_number_of_calls() -> None:
    story = Story(count_window(10)).fail(9)
    assert story.state is State.CLOSED


def test_trips_at_exactly_the_threshold() -> None:
    story = Story(count_window(10, failure_rate_threshold=50)).succeed(5).fail(5)
    assert story.reasons == [Reason.FAILURE_RATE]
    assert story.transitions[0].snapshot == Snapshot(calls=10, failures=5, slow=0, run=5)


def test_does_not_trip_just_below_the_threshold() -> None:
    assert Story(count_window(10, failure_rate_threshold=50)).succeed(6).fail(4).state is State.CLOSED


def test_a_success_that_completes_the_minimum_trips() -> None:
    story = Story(count_window(10)).fail(9)
    assert story.succeed().state is State.OPEN


def test_a_success_that_pushes_another_out_of_the_window_can_trip() -> None:
    story = Story(time_window(10, minimum_number_of_calls=3, failure_rate_threshold=60))
    story.succeed(2).pass_time(5).fail(2)
    assert story.state is State.CLOSED
    assert story.pass_time(5).succeed().state is State.OPEN  # two failures of three


def test_the_count_window_forgets_its_oldest_call() -> None:
    story = Story(count_window(4, failure_rate_threshold=75)).fail(2).succeed(4).fail(2)
    assert story.breaker.snapshot(story.now) == Snapshot(calls=4, failures=2, slow=0, run=2)
    assert story.fail().state is State.OPEN


def test_the_time_window_forgets_a_call_exactly_its_size_after_completion() -> None:
    story = Story(time_window(10)).fail(1).pass_time(9.999999999)
    assert story.breaker.snapshot(story.now).calls == 1
    story.pass_time(0.000000001)
    assert story.breaker.snapshot(story.now).calls == 0


def test_the_time_window_counts_from_completion_not_from_start() -> None:
    story = Story(time_window(10))
    permit = story.start()
    story.pass_time(8).finish(permit).pass_time(9)
    assert story.breaker.snapshot(story.now).calls == 1


def test_the_errors_gate_holds_a_rate_back() -> None:
    story = Story(time_window(10, minimum_number_of_errors=5, failure_rate_threshold=10)).fail(4)
    assert story.state is State.CLOSED
    assert story.fail().state is State.OPEN


def test_the_errors_gate_counts_slow_calls_for_the_slow_rate() -> None:
    config = time_window(
        10, minimum_number_of_errors=5, slow_call_duration_threshold=1, slow_call_rate_threshold=50
    )
    story = Story(config).succeed(4, duration=2)
    assert story.state is State.CLOSED
    assert story.succeed(duration=2).reasons == [Reason.SLOW_CALL_RATE]


def test_a_failure_and_a_slow_call_are_not_added_up_for_the_gate() -> None:
    config = time_window(10, minimum_number_of_errors=4, slow_call_duration_threshold=1)
    story = Story(config).fail(2).succeed(2, duration=2).fail(1).succeed(1, duration=2)
    assert story.state is State.CLOSED


def test_slow_means_longer_than_the_threshold() -> None:
    config = time_window(10, slow_call_duration_threshold=1, slow_call_rate_threshold=100)
    assert Story(config).succeed(4, duration=1.0).state is State.CLOSED
    assert Story(config).succeed(4, duration=1.0000001).state is State.OPEN


def test_a_call_that_is_slow_and_failed_counts_as_both() -> None:
    story = Story(time_window(10, slow_call_duration_threshold=1, minimum_number_of_calls=9)).fail(
        2, duration=2
    )
    assert story.breaker.snapshot(story.now) == Snapshot(calls=2, failures=2, slow=2, run=2)


def test_ignored_results_are_not_counted() -> None:
    story = Story(count_window(10)).ignored(50).fail(9)
    assert story.breaker.snapshot(story.now).calls == 9
    assert story.state is State.CLOSED


def test_consecutive_failures_trip_and_a_success_ends_the_run() -> None:
    story = Story(consecutive(5)).fail(4).succeed().fail(4)
    assert story.state is State.CLOSED
    assert story.fail().reasons == [Reason.CONSECUTIVE_FAILURES]


def test_an_ignored_result_does_not_end_a_run() -> None:
    assert Story(consecutive(5)).fail(4).ignored().fail().state is State.OPEN


def test_an_error_count_trips_whatever_the_rate_and_the_gates() -> None:
    story = Story(time_window(10, error_count_threshold=3, minimum_number_of_calls=100)).succeed(90).fail(3)
    assert story.reasons == [Reason.ERROR_COUNT]


def test_both_gates_at_high_and_at_low_load() -> None:
    # 10 % of 1,000 calls is a hundred errors, 10 % of ten calls is one: one rate, told apart by the gate.
    gated = time_window(10, failure_rate_threshold=10, minimum_number_of_errors=5, minimum_number_of_calls=10)
    assert Story(gated).succeed(9).fail().state is State.CLOSED
    assert Story(gated).succeed(900).fail(100).state is State.OPEN
    naive = time_window(10, failure_rate_threshold=10, minimum_number_of_calls=10)
    assert Story(naive).succeed(9).fail().state is State.OPEN
