"""What is found in a log piece by piece, over the disk, is what is found in it at once."""

from __future__ import annotations

import numpy as np
import pytest

from cbtool.recommend.incidents import segments
from cbtool.recommend.incidents.segments import bad_segments
from cbtool.recommend.model import Incident, IncidentKind
from cbtool.recommend.reading import columns
from cbtool.recommend.reading.columns import even, median_of, quantile, regrouped
from cbtool.recommend.reading.long_trace import LongTrace
from cbtool.recommend.search import judgement
from cbtool.recommend.search.judgement import Judge, Judgement, incidents_along, incidents_in
from cbtool.scenarios import load_scenario
from cbtool.simulation.generate import generate
from cbtool.traffic.outcomes import DEFAULT_RULES
from cbtool.traffic.parts import Held


def test_a_quantile_of_pieces_is_numpy_s() -> None:
    random = np.random.default_rng(1)
    for _ in range(300):
        n = int(random.integers(1, 400))
        values = random.integers(0, random.choice((3, 10**9)), n)
        q = float(random.choice((0.0, 0.5, 0.9, 0.99, 1.0, random.random())))
        cuts = np.sort(random.integers(0, n + 1, 5))
        assert quantile(np.split(values, cuts), n, q) == float(np.quantile(values, q))


def test_a_median_of_pieces_is_numpy_s(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(columns, "PIECE", 37)
    random = np.random.default_rng(2)
    for top in (2, 70_000, 10**9, 2**62):
        for n in (1, 2, 99, 200):
            values = random.integers(0, top, n)
            assert median_of(values) == float(np.median(values))


def test_parts_are_numpy_s() -> None:
    for n, parts in ((10, 3), (3, 5), (12, 4), (1, 1)):
        expected = np.array_split(np.arange(n), parts)
        sizes = even(n, parts)
        assert sizes == [len(each) for each in expected]
        arrays = np.split(np.arange(n), [n // 3, n // 3, n // 2])
        for got, each in zip(regrouped(arrays, sizes), expected, strict=True):
            assert got.tolist() == each.tolist()


@pytest.mark.parametrize("piece", [7, 64, 1000])
def test_segments_are_the_same_in_pieces(piece: int, monkeypatch: pytest.MonkeyPatch) -> None:
    found = 0
    for seed in range(40):
        random = np.random.default_rng(seed)
        shares = np.repeat(random.choice((0.01, 0.05, 0.15, 0.4, 0.9), 12), random.integers(5, 200, 12))
        bad = random.random(len(shares)) < shares
        whole = bad_segments(bad, 0.01, 0.2)
        with monkeypatch.context() as patched:
            patched.setattr(columns, "PIECE", piece)
            patched.setattr(segments, "PIECE", piece)
            assert bad_segments(bad, 0.01, 0.2) == whole
        found += len(whole)
    assert found > 40


@pytest.mark.parametrize("name", ["brown-out", "slow-brown-out", "flapping", "day-and-night", "healthy"])
def test_incidents_are_the_same_in_pieces(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = generate(load_scenario(name), seed=2).calls
    verdicts = DEFAULT_RULES.verdicts(calls)
    whole = incidents_in(calls, verdicts)
    assert bool(whole) == (name != "healthy")
    monkeypatch.setattr(columns, "PIECE", 997)
    monkeypatch.setattr(segments, "PIECE", 997)
    trace = LongTrace()
    for part in Held(calls).parts(1009):
        trace.append(part, DEFAULT_RULES.verdicts(part))
    assert incidents_along(trace) == whole


def test_openings_are_judged_the_same_in_any_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    incidents = [
        Incident(start, end, IncidentKind.OUTAGE, 9, 90.0, 0.0, actionable=True)
        for start, end in ((10.0, 20.0), (21.5, 30.0), (50.0, 60.0), (90.0, 99.0))
    ]
    times = [5.0, 10.0, 12.0, 21.75, 32.0, 32.1, 50.5, 62.5, 70.0]
    monkeypatch.setattr(judgement, "_AT_ONCE", 2)
    judge = Judge(incidents)
    for portion in ([], times[:5], times[5:]):
        judge.hear(portion)
    # 21.75 is within the two seconds after the first and in the second.
    expected = Judgement(false_trips=4, caught=3, incidents=4, delays=(0.0, 0.25, 0.5))
    assert judge.judgement() == expected
    assert Judge([]).judgement() == Judgement(0, 0, 0, ())
