"""The traffic of a sweep, in memory or too long for it, behind one interface."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from cbtool.sweeping.long import Here, run_long_sweep
from cbtool.sweeping.running import run_sweep
from cbtool.traffic.calls import Calls
from cbtool.traffic.parts import Held

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from cbtool.sweeping.axes import Axis
    from cbtool.sweeping.long import Runner
    from cbtool.sweeping.running import Plan, Sweep
    from cbtool.traffic.outcomes import OutcomeRules
    from cbtool.traffic.parts import LongCalls


class SweepTraffic(Protocol):
    """What a sweep asks of its calls."""

    def __len__(self) -> int: ...

    def parts(self) -> Iterator[tuple[Calls, NDArray[np.uint8]]]:
        """Yield the calls and their verdicts."""

    def steps(self, settings: int, known: int, instances: int, /) -> tuple[str, int]:
        """Return what is told of as settings go, of which so many are known, and how often."""

    def sweep(self, plan: Plan, axes: Sequence[Axis], **how: Any) -> Sweep:
        """Simulate every point; see `run_sweep`."""


class InMemory:
    """Calls in memory."""

    def __init__(self, calls: Calls, rules: OutcomeRules) -> None:
        self._calls = calls
        self._verdicts = rules.verdicts(calls)

    def __len__(self) -> int:
        return len(self._calls)

    def parts(self) -> Iterator[tuple[Calls, NDArray[np.uint8]]]:
        """Yield all of them at once."""
        yield self._calls, self._verdicts

    def steps(self, settings: int, *_: int) -> tuple[str, int]:
        """Return the settings: each is a step."""
        return "settings", settings

    def sweep(self, plan: Plan, axes: Sequence[Axis], **how: Any) -> Sweep:
        """Simulate every point."""
        return run_sweep(self._calls, self._verdicts, plan, axes, **how)


class InParts:
    """Calls that are gone through in parts, here or by somebody else."""

    def __init__(self, calls: LongCalls, rules: OutcomeRules, runner: Runner) -> None:
        self._calls = calls
        self._rules = rules
        self._runner = runner

    def __len__(self) -> int:
        return len(self._calls)

    def parts(self) -> Iterator[tuple[Calls, NDArray[np.uint8]]]:
        """Yield them part by part."""
        for part in self._calls.parts():
            yield part, self._rules.verdicts(part)

    def steps(self, settings: int, known: int, instances: int) -> tuple[str, int]:
        """Return the settings' ways through the parts."""
        parts = self._runner.part_count(self._calls)
        return f"settings × {parts:,} parts of the log", (settings - known) * parts * instances

    def sweep(self, plan: Plan, axes: Sequence[Axis], **how: Any) -> Sweep:
        """Simulate every point."""
        return run_long_sweep(self._calls, self._rules, plan, axes, runner=self._runner, **how)


def traffic_of(calls: Calls | LongCalls, rules: OutcomeRules, runner: Runner | None = None) -> SweepTraffic:
    """Return calls as a sweep's traffic.

    Args:
        calls: in memory or not.
        rules: what they count as.
        runner: what takes settings through them; None: this machine.
    """
    if isinstance(calls, Calls):
        return InMemory(calls, rules) if runner is None else InParts(Held(calls), rules, runner)
    return InParts(calls, rules, runner or Here())
