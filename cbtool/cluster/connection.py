"""A connection to a scheduler: work is begun, waited for, and missed in words that a user understands."""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import CancelledError, wait
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from cbtool.errors import ConfigurationError, UnreachableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from concurrent.futures import Future

_TIMEOUT = 10.0  # seconds
_PATIENCE = 10.0  # seconds between two looks at whether there are workers
_ANSWERED = 30.0  # seconds in which a scheduler says what workers it has; a busy one takes a while
_LOOKS = 3  # without any, after which nobody is waited for


@contextmanager
def connecting(address: str) -> Iterator[Connection]:
    """Connect to a scheduler.

    Args:
        address: such as `tcp://10.0.0.1:8786`.

    Raises:
        ConfigurationError: the extra is not installed, or a worker has another version of cbtool.
        UnreachableError: there is no scheduler at that address, or it has no worker, or they are lost.
    """
    try:
        from distributed import Client  # noqa: PLC0415  # an extra
    except ImportError:
        raise ConfigurationError("--scheduler needs Dask: pip install 'cbtool[cluster]'") from None
    try:
        make: Any = Client  # untyped
        # What it logs of a lost scheduler, with tracebacks, is said here in a line.
        logging.getLogger("distributed.client").setLevel(logging.CRITICAL)
        client = make(address, timeout=_TIMEOUT, set_as_default=False)
    except (OSError, ValueError) as error:
        raise UnreachableError(f"{address}: no Dask scheduler answers: {error}") from None
    with client:
        connection = Connection(client, address)
        if not connection.workers():
            raise UnreachableError(f"{address}: the scheduler has no worker")
        connection.check_versions()
        yield connection


class Connection:
    """A connection to a scheduler.

    Args:
        client: Dask's.
        address: the scheduler's.
    """

    def __init__(self, client: Any, address: str) -> None:
        self._client = client
        self._address = address

    def workers(self) -> int:
        """Return how many workers there are.

        Raises:
            UnreachableError: the scheduler does not answer.
        """
        try:
            with self._understandable():
                # `scheduler_info` would wait for ever for one that hangs, or that a network has lost.
                asked = self._client.scheduler.identity
                return len(self._client.sync(asked, n_workers=-1, callback_timeout=_ANSWERED)["workers"])
        except (OSError, TimeoutError) as error:
            why = str(error) or "timed out"
            raise UnreachableError(
                f"{self._address}: the scheduler does not answer any more ({why})\nrun it again"
            ) from None

    def check_versions(self) -> None:
        """Ask every worker for its version.

        Raises:
            ConfigurationError: one has another, or none.
        """
        from cbtool.version import __version__  # noqa: PLC0415

        with self._understandable():
            versions = self._client.run(_version, on_error="return")
        for worker, version in versions.items():
            # Other errors are of workers that come and go.
            if isinstance(version, (str, ImportError)) and version != __version__:
                has = f"cbtool {version}" if isinstance(version, str) else f"no cbtool: {version}"
                raise ConfigurationError(
                    f"the worker {worker} has {has}; here is {__version__}: install the same on every worker"
                )

    def begin(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Begin a piece of work, whose result stays with the worker that does it.

        Args:
            function: of this package; what it is given must stay as it is, since it may be called again.
            arguments: for it; what another piece of work gives is named by what `begin` returned of it.

        Returns:
            What names the result; it is kept for as long as somebody holds this.
        """
        return self._client.submit(function, *arguments, pure=False)

    def give(self, data: Any) -> Any:
        """Give data to one of the workers, and return what names it."""
        with self._understandable():
            return self._client.scatter(data, hash=False)

    def results(self, begun: Sequence[Any]) -> list[Any]:
        """Wait for work, and return its results, in order.

        Raises:
            UnreachableError: there is no worker any more, or the scheduler does not answer.
            CbtoolError: as the work.
        """
        with self._understandable():
            # Dask's own way to wait for this has no end where the scheduler hangs.
            fetching = self._client.gather(list(begun), asynchronous=True)
            fetched = asyncio.run_coroutine_threadsafe(fetching, self._client.loop.asyncio_loop)
            try:
                self._wait(fetched)
                found: list[Any] = fetched.result()
            finally:
                fetched.cancel()
            return found

    def _wait(self, fetched: Future[Any]) -> None:
        for _ in range(_LOOKS):
            while not wait([fetched], _PATIENCE).done:
                if not self.workers():
                    break
            else:
                return
        raise UnreachableError(f"{self._address}: all workers are gone; start some")

    def stop(self, begun: Sequence[Any]) -> None:
        """Stop work that nobody wants any more."""
        self._client.cancel(list(begun))

    @contextmanager
    def _understandable(self) -> Iterator[None]:
        """Say in a line or two what became of lost work."""
        from distributed import KilledWorker  # noqa: PLC0415  # an extra
        from distributed.comm.core import CommClosedError  # noqa: PLC0415

        try:
            yield
        except KilledWorker as error:
            raise UnreachableError(
                f"{self._address}: workers ended again and again at the same work ({error.task}), perhaps for"
                " want of memory\ngive them more (dask worker --memory-limit), or fewer threads (--nthreads)"
            ) from None
        except (CancelledError, CommClosedError) as error:
            why = str(error).partition("\n")[0]
            raise UnreachableError(
                f"{self._address}: the cluster lost work: the scheduler, or a worker with data that it was"
                f" given, is gone ({why})\nrun it again"
            ) from None


def _version() -> str:
    from cbtool.version import __version__  # noqa: PLC0415

    return __version__
