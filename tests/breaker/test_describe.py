from helpers import Story, consecutive, count_window, time_window

from cbtool.breaker import describe


def test_a_trip_names_rate_threshold_counts_and_gates() -> None:
    story = Story(count_window(10, failure_rate_threshold=40, minimum_number_of_errors=3)).succeed(6).fail(4)
    assert describe(story.transitions[0], story.breaker.config) == (
        "failure rate 40 % ≥ 40 % (4 of 10 calls, gates 10 calls and 3 errors)"
    )


def test_every_reason_reads_as_a_sentence() -> None:
    story = Story(consecutive(2)).fail(2).pass_time(10).fail().pass_time(10).succeed()
    words = [describe(transition, story.breaker.config) for transition in story.transitions]
    assert words == [
        "2 failures in a row",
        "the wait is over",
        "failure rate 100 % ≥ 50 % (1 of 1 trials)",
        "the wait is over",
        "1 of 1 trials succeeded",
    ]


def test_an_error_count_and_a_slow_rate_are_described() -> None:
    story = Story(time_window(error_count_threshold=2)).fail(2)
    assert describe(story.transitions[0], story.breaker.config) == "2 failures in the window ≥ 2"
    story = Story(time_window(slow_call_duration_threshold=1)).succeed(4, duration=2)
    assert describe(story.transitions[0], story.breaker.config) == (
        "slow-call rate 100 % ≥ 100 % (4 of 4 calls, gates 4 calls and 1 error)"
    )
