"""Traffic that is gone through piece by piece, wherever its calls are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from cbtool.simulation.long import flagged
from cbtool.traffic.thinning import Splitter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy as np
    from numpy.typing import NDArray

    from cbtool.recommend.reading.columns import Column
    from cbtool.traffic.calls import Calls
    from cbtool.traffic.parts import LongCalls


class Piece(NamedTuple):
    """Some calls: n of them, what they count as, and which breaker gets each.

    Attributes:
        calls: at times from the first of all.
        verdicts: uint8, n values of `Verdict`.
        which: int32, n numbers of breakers.
        last: whether nothing follows.
    """

    calls: Calls
    verdicts: NDArray[np.uint8]
    which: NDArray[np.int32]
    last: bool


@dataclass(frozen=True)
class Along:
    """Traffic.

    Attributes:
        calls: all of them.
        verdicts: gives what some of them count as.
        instances: over how many breakers they are split.
        seed: of the split.
        which: int32, the breaker of each call, where it is known; may be on disk.
    """

    calls: LongCalls
    verdicts: Callable[[Calls], NDArray[np.uint8]]
    instances: int = 1
    seed: int = 0
    which: Column | None = None

    def pieces(self) -> Iterator[Piece]:
        """Yield the calls, in order."""
        splitter, seen = Splitter(self.instances, self.seed), 0
        for part, last in flagged(self.calls):
            own = splitter.split(len(part)) if self.which is None else self.which[seen : seen + len(part)]
            seen += len(part)
            yield Piece(part, self.verdicts(part), own, last)
