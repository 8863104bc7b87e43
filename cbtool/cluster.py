"""The same work on a Dask cluster: files read, and settings simulated, by its workers.

What comes back is what one machine makes, bit for bit: each file, or range of a large one's lines, is parsed
by one worker, and they are put together here in the order they were named; each setting is simulated whole by
one worker. Needs the extra `cluster`. The workers must run the same version of cbtool, and see the files
under the same names.
"""

from __future__ import annotations

import math
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any

from cbtool.errors import ConfigurationError, UnreachableError
from cbtool.simulation.run import fleet_of
from cbtool.sweeping.running import outcomes_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from cbtool.breaker import BreakerConfig
    from cbtool.simulation.run import Fleet
    from cbtool.sweeping.running import Outcome, Task

_BATCHES = 4  # of settings for each worker: few enough to cost little, enough to even out
_TIMEOUT = 10.0  # seconds


@contextmanager
def connected(address: str) -> Iterator[Cluster]:
    """Connect to a scheduler.

    Args:
        address: such as `tcp://10.0.0.1:8786`.

    Raises:
        ConfigurationError: the extra is not installed.
        UnreachableError: there is no scheduler at that address, or it has no worker.
    """
    try:
        from distributed import Client  # noqa: PLC0415  # an extra
    except ImportError:
        raise ConfigurationError("--scheduler needs Dask: pip install 'cbtool[cluster]'") from None
    try:
        make: Any = Client  # untyped
        client = make(address, timeout=_TIMEOUT, set_as_default=False)
    except (OSError, ValueError) as error:
        raise UnreachableError(f"{address}: no Dask scheduler answers: {error}") from None
    with client:
        if not client.scheduler_info(n_workers=-1)["workers"]:
            raise UnreachableError(f"{address}: the scheduler has no worker")
        yield Cluster(client)


class Cluster:
    """A connection to a scheduler."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def map(self, function: Callable[[Any], Any], items: Sequence[Any]) -> list[Any]:
        """Return what a function gives for each item, in their order."""
        return list(self._client.gather(self._client.map(function, items, pure=False)))

    def outcomes(self, task: Task, configs: Sequence[BreakerConfig]) -> Iterator[Outcome]:
        """Yield what each configuration does, in order; see `sweeping.running.Runner`."""
        workers = len(self._client.scheduler_info(n_workers=-1)["workers"])
        size = max(1, math.ceil(len(configs) / (_BATCHES * workers)))
        batches = [tuple(configs[at : at + size]) for at in range(0, len(configs), size)]
        [shared] = self._client.scatter([_Shared(task)], broadcast=True, hash=False)
        running = [self._client.submit(_simulated, shared, batch, pure=False) for batch in batches]
        try:
            for future in running:
                yield from future.result()
        finally:
            self._client.cancel(running)


class _Shared:
    """A task on its way to a worker, which prepares its traffic once, however many batches it gets."""

    def __init__(self, task: Task) -> None:
        self.task = task

    @cached_property
    def fleet(self) -> Fleet:
        """The traffic, split and ordered."""
        task = self.task
        return fleet_of(task.calls, task.verdicts, instances=task.instances, seed=task.seed)


def _simulated(shared: _Shared, configs: Sequence[BreakerConfig]) -> list[Outcome]:
    return list(outcomes_of(shared.task, shared.fleet, configs))
