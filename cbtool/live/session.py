"""A whole run in one call: loop, transport, check beforehand, signals, run record, dashboard, engine."""

from __future__ import annotations

import asyncio
import gc
import os
import resource
import signal
import sys
import threading
import time
from contextlib import AsyncExitStack, contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import uvloop

from cbtool.errors import ConfigurationError
from cbtool.live.engine import Engine
from cbtool.live.preflight import preflight
from cbtool.live.record import RunRecorder, check_writable
from cbtool.live.record_lines import End, Header
from cbtool.live.redaction import safe_url
from cbtool.live.transport import FastTransport
from cbtool.profiles import breaker_table
from cbtool.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    import httpx

    from cbtool.live.plan import RunPlan
    from cbtool.live.result import LiveResult

OTHER_FILES = 64
"""Files that a process has open beside its calls' sockets."""

_SWITCH_INTERVAL = 0.001  # seconds; other threads give the engine's its turn back within this
_GC_THRESHOLD = 50_000  # new objects between two collections; a run makes few that need one


def run_live(
    plan: RunPlan,
    *,
    record_path: Path | None = None,
    dashboard: Callable[[Engine], AbstractContextManager[object]] | None = None,
    check: bool = True,
    verify: bool = True,
    transport: Callable[[], httpx.AsyncBaseTransport] | None = None,
) -> LiveResult:
    """Do a run and return its result; Ctrl-C and SIGTERM end it early, a second Ctrl-C kills.

    Args:
        plan: what to do.
        record_path: where the run record goes; None: nowhere.
        dashboard: shows the engine's view while it runs.
        check: whether the target is asked once beforehand.
        verify: whether certificates must be valid.
        transport: makes the transport; None: the fast one.

    Raises:
        UnreachableError: the target does not answer, or the record cannot be written.
        ConfigurationError: more calls in flight than the system has open files for.
    """
    allow_sockets(plan.max_in_flight)
    make = transport or (lambda: FastTransport(verify=verify))
    with _tuned(), asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_run(plan, make, record_path, dashboard, check=check))


def allow_sockets(connections: int) -> None:
    """Raise the limit of open files, as far as the system lets us, to what so many calls in flight need.

    Raises:
        ConfigurationError: the system does not let us; running out later would look like the target's fault.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = connections + OTHER_FILES
    if soft == resource.RLIM_INFINITY or soft >= needed:
        return
    if hard != resource.RLIM_INFINITY and hard < needed:
        raise ConfigurationError(
            f"--connections {connections} needs {needed} open files, and the limit is {hard}; "
            f"lower it to {max(1, hard - OTHER_FILES)}, or raise the limit (ulimit -n)"
        )
    resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))


async def _run(
    plan: RunPlan,
    make: Callable[[], httpx.AsyncBaseTransport],
    record_path: Path | None,
    dashboard: Callable[[Engine], AbstractContextManager[object]] | None,
    *,
    check: bool,
) -> LiveResult:
    async with AsyncExitStack() as stack:
        transport = make()
        stack.push_async_callback(transport.aclose)
        if record_path is not None:
            check_writable(record_path)
        if check:
            await preflight(plan, transport)
        recorder = stack.enter_context(RunRecorder(record_path)) if record_path else None
        engine = Engine(plan, transport, recorder=recorder)
        if recorder is not None:
            recorder.put(_header(plan))
        stack.enter_context(_stopped_by_signals(engine))
        if dashboard is not None:
            stack.enter_context(dashboard(engine))
        result = await engine.run()
        if recorder is not None:
            calls = result.summary.calls
            end = End(result.elapsed, result.interrupted, calls, result.dropped, recorder.lost)
            recorder.put(end)
        return result


def _header(plan: RunPlan) -> Header:
    now = time.time()
    table = breaker_table(plan.config)
    rules: dict[str, list[str]] = {"failure": list(plan.rules.failure), "ignored": list(plan.rules.ignored)}
    return Header(
        cbtool=__version__,
        command=plan.command,
        target=safe_url(plan.url),
        started=datetime.fromtimestamp(now, UTC).isoformat(),
        epoch=now,
        seed=plan.seed,
        instances=plan.instances,
        shadow=plan.shadow,
        timeout=plan.timeout,
        profile=table,
        outcomes=rules,
    )


@contextmanager
def _stopped_by_signals(engine: Engine) -> Iterator[None]:
    """Let the first SIGINT or SIGTERM stop the engine, and a second one end the process at once."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop = asyncio.get_running_loop()

    def stop(number: signal.Signals) -> None:
        if engine.interrupted:
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
        engine.stop()

    numbers = (signal.SIGINT, signal.SIGTERM)
    for number in numbers:
        loop.add_signal_handler(number, stop, number)
    try:
        yield
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)


@contextmanager
def _tuned() -> Iterator[None]:
    """Keep the collector and the other threads from holding up calls that are due."""
    interval, thresholds = sys.getswitchinterval(), gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(_GC_THRESHOLD, *thresholds[1:])
    sys.setswitchinterval(_SWITCH_INTERVAL)
    try:
        yield
    finally:
        sys.setswitchinterval(interval)
        gc.set_threshold(*thresholds)
        gc.unfreeze()
