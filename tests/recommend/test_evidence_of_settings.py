"""What is said of each number: claims that the log's own figures bear out, in words that people use."""

from __future__ import annotations

from dataclasses import replace

from cbtool.recommend.candidates.gates import Candidate, Gate
from cbtool.recommend.false_trips.tails import FalseTrips
from cbtool.recommend.findings import Estimate
from cbtool.recommend.model import Budget, Incident, IncidentKind, Regime
from cbtool.recommend.search.spells import library, library_length
from cbtool.recommend.surroundings.derivations import derivation
from cbtool.recommend.surroundings.evidence import Evidence, notes, reasons

UNKNOWN = Estimate(None, None, None)


def regime(rate: float, outage: float | None = 5.0, name: str = "steady") -> Regime:
    delay = Estimate(outage, outage, outage)
    return Regime(
        name, rate, 10_000, 50, share_of_time=1 / (1 + rate), outage_delay=delay, brown_out_delay=delay
    )


def incident(failed: float, seconds: float = 300.0) -> Incident:
    return Incident(0.0, seconds, IncidentKind.OUTAGE, 100, failed, 0.0, actionable=True)


def evidence(gate: Gate, *incidents: Incident, regimes: tuple[Regime, ...] = (regime(20),)) -> Evidence:
    """A healthy failure rate of half a percent, ten thousand seconds."""
    return Evidence(
        candidate=Candidate(gate, 10.0, 1),
        budget=Budget(),
        false_trips=FalseTrips(0.0, 0.0, 0.0),
        trips=UNKNOWN,
        outcomes=(),
        regimes=regimes,
        incidents=incidents,
        p99=0.2,
        knows_durations=True,
        healthy_calls=10_000,
        healthy_failures=50,
        calls=10_000,
        span=10_000.0,
        instances=1,
    )


LONG = Gate(window=28.0, threshold=20.0, errors=4, calls=4, slow_from=0.4, slow_threshold=50.0)
SHORT = Gate(window=20.0, threshold=30.0, errors=8, calls=8, slow_from=0.4, slow_threshold=50.0, counted=True)


def why(found: Evidence, setting: str) -> str:
    (said,) = [reason.why for reason in reasons(found) if reason.setting == setting]
    return said


def test_an_errors_gate_is_not_credited_with_what_the_threshold_keeps() -> None:
    """Half of all healthy windows hold 3 or more of 560 calls' failures; it is the 112 that are rare."""
    found = evidence(LONG, incident(100.0))
    assert "20 % of a full one are 112 already" in why(found, "minimum_number_of_errors")
    formula = derivation("minimum_number_of_errors", found, None)
    assert "max(k, θN) = max(4, 0.2 × 560) = 112: P(Poisson(2.8) ≥ 112)" in formula


def test_an_errors_gate_that_decides_is_said_to() -> None:
    found = evidence(SHORT, incident(100.0))
    assert "8 errors by chance or burst stay within" in why(found, "minimum_number_of_errors")
    assert "max(8, 0.3 × 20) = 8: P(Poisson(0.1) ≥ 8)" in derivation("minimum_number_of_errors", found, None)


def test_nothing_fails_in_more_than_all_calls() -> None:
    assert why(evidence(SHORT, incident(100.0)), "failure_rate_threshold").endswith("the incident at 100 %")
    both = evidence(SHORT, incident(100.0), incident(100.0))
    assert why(both, "failure_rate_threshold").endswith("incidents at 100 %")
    mild = evidence(SHORT, incident(100.0), incident(40.0))
    assert why(mild, "failure_rate_threshold").endswith("incidents at 40 % or more")


def test_of_three_loads_the_ends_are_named() -> None:
    loads = (regime(0.1, name="low"), regime(1, name="middle"), regime(10, name="high"))
    assert "spans about 2s to 3m20s;" in why(evidence(SHORT, regimes=loads), "sliding_window_size")
    assert "holds about 2.8 to 280 calls;" in why(evidence(LONG, regimes=loads), "sliding_window_size")


def test_loads_at_which_an_outage_is_seen_late_are_one_note() -> None:
    loads = (regime(0.1, 80.0, "low"), regime(1, 20.0, "middle"), regime(10, 3.0, "high"))
    (late,) = [n for n in notes(evidence(SHORT, incident(100.0), regimes=loads)) if "asked for" in n]
    assert late == (
        "An outage opens the breaker after 1m20s at 0.1/s (8 failures) and after 20s at 1/s (8 failures), not"
        " within the 10s asked for. The budget of false trips comes first, and so do the incidents that were"
        " seen."
    )


def test_incidents_that_nobody_saw_do_not_come_first() -> None:
    (note,) = [n for n in notes(evidence(SHORT, regimes=(regime(0.1, 80.0),))) if "asked for" in n]
    assert note.endswith("The budget of false trips comes first.")


def test_the_wait_without_incidents_is_derived_from_the_simulated_ones() -> None:
    found = evidence(SHORT)
    assert library_length(found.span) == 300.0
    assert {spell.seconds for spell in library(0.2, 10**7, found.span)} == {300.0}
    assert "D = 5m (none was seen: the simulated ones)" in derivation(
        "wait_duration_in_open_state", found, None
    )


def test_slow_incidents_are_counted_in_words() -> None:
    slow = replace(incident(0.0), kind=IncidentKind.SLOW, slow=90.0)
    for incidents, said in (
        ((), "no slow incidents"),
        ((slow,), "1 slow incident seen"),
        ((slow, slow), "2 slow"),
    ):
        (data,) = [
            r.data for r in reasons(evidence(SHORT, *incidents)) if r.setting == "slow_call_rate_threshold"
        ]
        assert data.startswith(said)


def test_a_brown_out_goes_unnoticed_for_the_reason_that_is_so() -> None:
    """At 4/s a window of 14 minutes holds ten times the gate's errors at 36 %, but 50 % are asked for."""
    known, never = Estimate(5.0, 5.0, 5.0), Estimate(None, None, None)
    loads = (replace(regime(4), outage_delay=known, brown_out_delay=never),)
    for gate, said in (
        (Gate(840.0, 50.0, 100, 100), "At 4/s 36 % failures seldom reach the threshold of 50 %"),
        (Gate(3.0, 20.0, 6, 6), "At 4/s a window holds about 12 calls, so that 36 % failures seldom are 6"),
    ):
        (note,) = [n for n in notes(evidence(gate, incident(36.0), regimes=loads)) if "brown-outs" in n]
        assert note == f"{said}: brown-outs may go unnoticed at that load."


def test_what_few_trials_miss_is_said_to_open_again() -> None:
    """At 40 % failures one trial sees two incidents in five; 8 failures more are 20 calls."""
    setting = "permitted_number_of_calls_in_half_open_state"
    mild = why(evidence(SHORT, incident(40.0)), setting)
    assert mild.endswith("still going 40 times in 100; when missed, about 20 more calls open it again")
    assert why(evidence(SHORT, incident(100.0)), setting).endswith("still going 100 times in 100")


def test_a_calls_gate_is_explained_by_the_window_that_is_filling() -> None:
    found = evidence(SHORT._replace(calls=12, errors=4), incident(100.0))
    assert why(found, "minimum_number_of_calls") == (
        "a window that is filling is judged from here on, 600ms after a start at 20/s"
    )
    told = derivation("minimum_number_of_calls", found, None)
    # 30 % of 12 are 4 errors; P(Bin(12, 0.005) >= 4) = C(12, 4) 0.005^4 0.995^8 and a little = 3.0e-07.
    assert "max(k, θm) = 4 errors among 12 open it, by chance with P(Bin(12, 0.005) ≥ 4) = 3.0e-07" in told
    assert "a full one asks for 6 in any case" in told
    rare = evidence(LONG._replace(window=2.0, calls=50), incident(100.0))
    assert "At 20/s a window holds 40 calls on average" in derivation("minimum_number_of_calls", rare, None)
