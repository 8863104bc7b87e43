"""Windows of calls and of time: which of the two is taken is told after the finer moves."""

from __future__ import annotations

import pytest

from cbtool.recommend.candidates.gates import Candidate, Gate
from cbtool.recommend.search.search import Search

CALLS = Candidate(Gate(50.0, 80.0, 4, 4, counted=True), 8.0, 1)
TIME = Candidate(Gate(10.0, 20.0, 40, 40), 8.0, 1)
FINER_CALLS = CALLS._replace(gate=CALLS.gate._replace(window=45.0))
FINER_TIME = TIME._replace(gate=Gate(5.6, 80.0, 4, 4))
FINER = {CALLS: FINER_CALLS, TIME: FINER_TIME}


@pytest.mark.parametrize(
    ("time", "finer_time", "best"),
    [
        (105.0, 90.0, FINER_TIME),
        (105.0, 94.0, FINER_TIME),
        (105.0, 96.0, FINER_CALLS),  # a few percent are luck
        (111.0, 90.0, FINER_CALLS),  # more than a tenth behind: not looked at again
        (None, None, FINER_CALLS),  # no window of time keeps the budget
    ],
)
def test_a_kind_that_is_little_behind_may_be_ahead_after_the_finer_moves(
    monkeypatch: pytest.MonkeyPatch, time: float | None, finer_time: float | None, best: Candidate
) -> None:
    losses = {CALLS: 100.0, TIME: time, FINER_CALLS: 98.0, FINER_TIME: finer_time}
    kinds = {True: CALLS, False: None if time is None else TIME}
    monkeypatch.setattr(Search, "_starts", lambda _: iter([CALLS]))
    monkeypatch.setattr(Search, "_habits", lambda _: iter([]))
    monkeypatch.setattr(Search, "_of_kind", lambda *_, counted: kinds[counted])
    monkeypatch.setattr(Search, "_refined", lambda _, at: FINER[at])
    monkeypatch.setattr(Search, "weighed", lambda _, at: losses[at])
    assert object.__new__(Search).best() == best
