"""Judging many candidates on many courts, half of it on another core."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from concurrent.futures import Executor

    from cbtool.recommend.candidates.gates import Candidate
    from cbtool.recommend.search.loss import Court


def judge(
    candidates: Iterable[Candidate],
    courts: Sequence[Court],
    known: dict[Candidate, list[float]],
    pool: Executor,
) -> None:
    """Judge candidates on all of these courts; what is known already is not judged again.

    Court by court, since all of a court's traffic is read for each candidate, and is near at hand then.

    Args:
        candidates: the same one counts once.
        courts: of which each candidate knows the first few, or none.
        known: each candidate's weighted loss on each of its first courts; filled in.
        pool: of threads; the kernel runs without the interpreter's lock.
    """
    judged = {candidate: len(known.get(candidate, ())) for candidate in candidates}
    if all(first >= len(courts) for first in judged.values()):  # mostly
        return
    unknown = [
        (candidate, court)
        for number, court in enumerate(courts)
        for candidate, first in judged.items()
        if first <= number
    ]
    half = len(unknown) // 2
    others = pool.submit(_losses, unknown[half:])
    losses = [*_losses(unknown[:half]), *others.result()]
    for (candidate, _), loss in zip(unknown, losses, strict=True):
        known.setdefault(candidate, []).append(loss)


def _losses(pairs: Sequence[tuple[Candidate, Court]]) -> list[float]:
    scratch = np.empty(max((len(court) for _, court in pairs), default=0), np.uint8)
    return [court.weight * court.loss(candidate.config(), scratch) for candidate, court in pairs]
