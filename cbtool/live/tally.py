"""Everything that a run counts, in memory that does not grow with it (but for the bounded `Samples`)."""

from __future__ import annotations

from collections import Counter, deque
from typing import TYPE_CHECKING

from cbtool.breaker import Outcome, State
from cbtool.live.samples import Samples
from cbtool.metrics.histogram import LatencyHistogram
from cbtool.metrics.rates import Seconds, SlidingRate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cbtool.live.call import LiveCall
    from cbtool.metrics.view import InstanceTransition
    from cbtool.traffic.error_kind import ErrorKind

KEPT_TRANSITIONS = 100_000
KEPT_REASONS = 50  # distinct error texts; they come from the network, so their number is not ours


class Tally:
    """The counters of one run."""

    def __init__(self) -> None:
        self.arrived = 0
        self.permitted = 0
        self.redirected = 0
        self.redirected_failed = 0
        self.dropped = 0
        self.cut_short = 0
        self.sent = 0
        self.failed_shed = 0
        self.healthy_refused = 0
        self.bad_answers = 0
        self.bytes_in = 0
        self.outcomes = [0] * len(
            Outcome
        )  # by outcome: a list, since hashing an Enum costs more than all else
        self.statuses: Counter[int] = Counter()
        self.errors: Counter[ErrorKind] = Counter()
        self.reasons: Counter[str] = Counter()
        self.from_intended = LatencyHistogram()
        self.from_sent = LatencyHistogram()
        self.lag = LatencyHistogram()
        self.seconds = Seconds()
        self.rate = SlidingRate()
        self.transitions: deque[InstanceTransition] = deque(maxlen=KEPT_TRANSITIONS)
        self.trips = 0
        self.samples = Samples()

    @property
    def not_permitted(self) -> int:
        """The calls that a breaker refused, or, in shadow, would have."""
        return self.arrived - self.permitted

    def answered(self, call: LiveCall, outcome: Outcome) -> None:
        """Count the result of a call to the target."""
        self.outcomes[outcome] += 1
        if call.error:
            self.errors[call.error] += 1
            self.bad_answers += 1
        else:
            self.statuses[call.status] += 1
            self.bad_answers += call.status >= 400
        if call.permit is None:
            self._shed(outcome)
        duration = call.duration
        self.from_intended.record(call.done - call.intended)
        self.from_sent.record(duration)
        self.seconds.result(failed=outcome & 1, slow=outcome >> 1 & 1)
        self.samples.add(call.sent, duration, call.status, call.error)

    def reason(self, text: str) -> None:
        """Count why a call got no answer."""
        known = text in self.reasons or len(self.reasons) < KEPT_REASONS
        self.reasons[text if known else "other"] += 1

    def _shed(self, outcome: Outcome) -> None:
        """Count what a shadowed breaker would have refused."""
        if outcome.failed:
            self.failed_shed += 1
        elif outcome is not Outcome.IGNORED:
            self.healthy_refused += 1

    def changed(self, each: InstanceTransition) -> None:
        """Keep a transition."""
        self.transitions.append(each)
        self.trips += each.transition.trips

    def counts(self, in_flight: int) -> dict[str, int]:
        """Return the counters of `LiveView.counts`."""
        return {
            "calls": self.arrived,
            "permitted": self.permitted,
            "not_permitted": self.not_permitted,
            "redirected": self.redirected,
            "dropped": self.dropped,
            "in_flight": in_flight,
            **{outcome.label: self.outcomes[outcome] for outcome in Outcome},
        }


def open_share(states: Sequence[State]) -> float:
    """Return the share of breakers that are not closed."""
    return sum(state is not State.CLOSED for state in states) / len(states)
