import pytest
from helpers import Story, consecutive, count_window, with_policies

from cbtool.breaker import Reason, State, Verdict
from cbtool.breaker.policies import Admission, LatePolicy, LateResults, TrialsPolicy


def half_open(permitted: int = 4, **settings: object) -> Story:
    config = count_window(
        2, failure_rate_threshold=50, permitted_number_of_calls_in_half_open_state=permitted, **settings
    )
    return Story(config).fail(2).pass_time(10)


def test_admits_at_most_the_permitted_number_even_after_some_have_completed() -> None:
    story = half_open(4).succeed(2)
    story.start()
    story.start()
    assert story.refused()


def test_the_rates_over_the_trials_decide_when_all_have_completed() -> None:
    assert half_open(4).fail(1).succeed(3).state is State.CLOSED
    assert half_open(4).fail(2).succeed(1).state is State.HALF_OPEN
    assert half_open(4).fail(2).succeed(2).reasons[-1] is Reason.FAILURE_RATE


def test_the_gates_do_not_hold_trials_back() -> None:
    story = half_open(2, minimum_number_of_errors=2).fail(1).succeed(1)
    assert story.state is State.OPEN


def test_slow_trials_reopen() -> None:
    story = half_open(2, slow_call_duration_threshold=1, slow_call_rate_threshold=100).succeed(2, duration=2)
    assert story.reasons[-1] is Reason.SLOW_CALL_RATE
    assert story.state is State.OPEN


def test_an_ignored_trial_gives_its_slot_back() -> None:
    story = half_open(2).ignored(5).succeed(2)
    assert story.state is State.CLOSED


def test_a_released_trial_gives_its_slot_back() -> None:
    story = half_open(1)
    permit = story.start()
    assert story.refused()
    story.breaker.release(permit, story.now)
    assert story.succeed().state is State.CLOSED


def test_a_permit_of_before_gives_no_slot_back() -> None:
    config = count_window(2, failure_rate_threshold=50, permitted_number_of_calls_in_half_open_state=1)
    story = Story(config)
    old = story.start()
    story.fail(2).pass_time(10).start()
    story.breaker.release(old, story.now)
    assert story.refused()


def test_closing_empties_the_window() -> None:
    story = half_open(2).succeed(2)
    assert story.breaker.snapshot(story.now).calls == 0
    assert story.fail(1).state is State.CLOSED


def test_stuck_trials_reopen_at_the_maximum_wait_whenever_that_is_noticed() -> None:
    story = half_open(2, max_wait_duration_in_half_open_state=5)
    story.start()
    story.pass_time(5)
    assert story.breaker.snapshot(story.now).calls == 0
    assert story.state is State.HALF_OPEN
    story.pass_time(100)
    story.breaker.advance(story.now)
    last = story.transitions[-1]
    assert (last.reason, last.time, last.wait) == (Reason.HALF_OPEN_TIMEOUT, 15, 10)
    story.start()  # the wait, counted from the limit, is long over
    assert story.state is State.HALF_OPEN


def test_without_a_maximum_wait_a_stuck_trial_holds_the_breaker_half_open() -> None:
    story = half_open(1)
    story.start()
    assert story.pass_time(1e6).refused()


def policy(admission: Admission = Admission.BUDGET, late: LateResults = LateResults.DROP) -> Story:
    """One failure reopens, two successes close."""
    dialect = with_policies(
        trials=TrialsPolicy(admission, permits=2, successes=2, failures=1), late=LatePolicy(late)
    )
    return Story(consecutive(1, dialect=dialect)).fail().pass_time(10)


def test_a_concurrency_limit_gives_the_slot_of_a_completed_trial_back() -> None:
    story = policy(Admission.CONCURRENCY)
    first, _second = story.start(), story.start()
    assert story.refused()
    assert story.finish(first).state is State.HALF_OPEN
    story.start()
    assert story.refused()


def test_unlimited_trials_admit_everybody() -> None:
    story = policy(Admission.UNLIMITED)
    permits = [story.start() for _ in range(50)]
    assert story.finish(permits[0]).finish(permits[1]).state is State.CLOSED


@pytest.mark.parametrize(("verdicts", "state"), [("F", State.OPEN), ("SF", State.OPEN), ("SS", State.CLOSED)])
def test_one_failure_reopens_and_enough_successes_close(verdicts: str, state: State) -> None:
    story = policy()
    for letter in verdicts:
        story.call(Verdict.FAILURE if letter == "F" else Verdict.SUCCESS)
    assert story.state is state


def test_late_results_judged_by_the_current_state_decide_trials() -> None:
    dialect = with_policies(trials=TrialsPolicy(permits=10), late=LatePolicy(LateResults.CURRENT_STATE))
    story = Story(consecutive(1, dialect=dialect))
    late = story.start()
    story.fail().pass_time(10)
    story.start()
    assert story.finish(late, Verdict.FAILURE).state is State.OPEN
