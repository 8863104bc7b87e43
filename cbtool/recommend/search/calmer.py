"""Larger errors gates than the cheapest, where they cost next to nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cbtool.recommend.candidates.moves import ERRORS, with_errors

if TYPE_CHECKING:
    from cbtool.recommend.candidates.gates import Candidate
    from cbtool.recommend.search.search import Search

_TIE = 1.002  # two candidates whose losses the resamples do not tell apart
_FAR_WITHIN = 0.02  # of the budget
_CALM_COSTS = 1.01


def largest_gate(best: Candidate, search: Search) -> Candidate:
    """Among near ties return the larger errors gate: it costs nothing, and guards against the unseen.

    A gate whose false trips come near the budget may cost a little, too.

    Args:
        best: the cheapest candidate.
        search: that found it.
    """
    best = _calmer(best, search)
    bar = _TIE * search.full_loss(best) + 0.5
    # So many errors the threshold asks for anyway when the quietest load fills a window.
    most = best.gate.threshold / 100 * best.gate.holds(search.ground.quiet)
    for errors in (k for k in ERRORS if best.gate.errors < k <= most):
        larger = best._replace(gate=with_errors(best.gate, errors))
        if not search.may_be(larger.gate) or search.full_loss(larger) > bar:
            break
        best = larger
    return best


def _calmer(best: Candidate, search: Search) -> Candidate:
    bar = _CALM_COSTS * search.full_loss(best) + 0.5
    for errors in (k for k in ERRORS if k > best.gate.errors):
        if search.guard.false_trips(best.gate).upper <= search.budget * _FAR_WITHIN:
            break
        larger = best._replace(gate=with_errors(best.gate, errors))
        if not search.may_be(larger.gate) or search.full_loss(larger) > bar:
            break
        best = larger
    return best
