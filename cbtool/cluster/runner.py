"""What a cluster does for a command: it reads logs, and takes settings through their calls."""

from __future__ import annotations

import math
import pickle
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cbtool.cluster.calls import ClusterCalls
from cbtool.cluster.connection import connecting
from cbtool.cluster.parsing import Wanted, part_of
from cbtool.cluster.reading import read
from cbtool.logs import intake, read_long_calls
from cbtool.logs.files import is_archive
from cbtool.logs.row_arrays import columns_of
from cbtool.logs.streams import matching
from cbtool.sweeping.long import BATCH, Batch, Here
from cbtool.traffic.formats import formats_named
from cbtool.traffic.selection import Selection
from cbtool.traffic.texts import ASKED, TEXTS

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from cbtool.breaker import BreakerConfig
    from cbtool.breaker.refusal import Guard
    from cbtool.cluster.connection import Connection
    from cbtool.logs import LogRead
    from cbtool.sweeping.long import Task
    from cbtool.sweeping.running import Outcome
    from cbtool.traffic.outcomes import OutcomeRules
    from cbtool.traffic.parts import LongCalls

_GROUPS = 2  # of settings for each worker: few, since each has its order of a part to work out


@contextmanager
def connected(address: str) -> Iterator[Cluster]:
    """Connect to a scheduler; see `connection.connecting`."""
    with connecting(address) as connection:
        yield Cluster(connection)


class Cluster:
    """A cluster; see `sweeping.long.Runner` for what it does for a sweep."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def read(
        self,
        sources: Sequence[str],
        *,
        log_format: str | None = None,
        which: Selection | None = None,
        many: float | None = None,
        texts: Collection[str] = TEXTS,
        guard: Guard | None = None,
    ) -> LogRead[Any]:
        """Return the calls in files, in memory or, where there are many, with the workers.

        Standard input, servers and archives are read here. Else as `logs.read_long_calls`.

        Args:
            sources: at least one.
            log_format: what they are; None: their content tells.
            which: the calls that are wanted; None: all.
            many: how many calls come here; None: as many as stay in memory anywhere.
            texts: those of `TEXTS` that are wanted beside what `which` asks for.
            guard: whose rules are to be asked about each call; None: there is none.

        Raises:
            ConfigurationError: there are many calls, and a guard.
            CbtoolError: as `logs.read_long_calls`; the cluster lost work.
        """
        chosen = () if log_format is None else formats_named(log_format)
        named = [name for source in sources for name in matching(source)]
        if not all(Path(name).is_file() and not is_archive(name) for name in named):
            return read_long_calls(
                sources, log_format=log_format, which=which, texts=texts, many=many, guard=guard
            )
        most = intake.MANY if many is None else many
        kept = texts if guard is None else (*texts, *ASKED)
        wanted = Wanted(chosen, kept, which or Selection(), most)
        return read(self._connection, named, wanted, sources, most, guard=guard)

    def part_count(self, calls: LongCalls) -> int:
        """Return in how many parts calls are gone through."""
        return len(calls.where) if isinstance(calls, ClusterCalls) else Here().part_count(calls)

    def outcomes(
        self, calls: LongCalls, task: Task, configs: Sequence[BreakerConfig], step: Callable[[], None] | None
    ) -> Iterator[Outcome]:
        """Yield what each configuration does, in order; see `sweeping.long.Runner`."""
        parts, origin = self._parts(calls)
        if not parts:
            yield from Batch(configs, task).outcomes()
            return
        size = min(BATCH, max(1, math.ceil(len(configs) / (_GROUPS * self._connection.workers()))))
        ends = []
        for first in range(0, len(configs), size):
            group = configs[first : first + size]
            told = None if step is None else _Steps(step, len(group) * task.instances)
            state = self._connection.begin(begun, group, task)
            for number, part in enumerate(parts):
                last = number == len(parts) - 1
                state = self._connection.begin(advanced, state, part, origin, task.rules, last)
                if told is not None:
                    state.add_done_callback(told)
            ends.append(state)
        try:
            for end in ends:
                yield from self._connection.results([end])[0]
        finally:
            self._connection.stop(ends)

    def _parts(self, calls: LongCalls) -> tuple[Sequence[Any], int]:
        """Return what names the parts, and what their keys count from; calls that are here are given away."""
        if isinstance(calls, ClusterCalls):
            return calls.where, calls.origin
        return [self._connection.give(part_of(part)) for part in calls.parts()], 0


class _Steps:
    """Tells of a group's way through a part."""

    def __init__(self, step: Callable[[], None], settings: int) -> None:
        self._step = step
        self._settings = settings

    def __call__(self, _: Any) -> None:
        for _ in range(self._settings):
            self._step()


def begun(configs: Sequence[BreakerConfig], task: Task) -> bytes:
    """Return settings that have gone through nothing yet, as `advanced` takes them. Runs on a worker."""
    return pickle.dumps(Batch(configs, task))


def advanced(
    state: bytes, part: NDArray[np.void], origin: int, rules: OutcomeRules, last: bool
) -> bytes | list[Outcome]:
    """Take settings through a part, and return them, or what they did in all. Runs on a worker.

    Args:
        state: from `begun`, or from here of the part before. It stays as it is.
        part: rows of `logs.row_arrays.ROW`.
        origin: what their keys count from.
        rules: what calls count as.
        last: whether nothing follows.
    """
    batch: Batch = pickle.loads(state)  # noqa: S301  # of our own making
    calls = columns_of(part, origin)
    batch.advance(calls, rules.verdicts(calls), last=last)
    return batch.outcomes() if last else pickle.dumps(batch)
