"""A phase in words, for whoever watches the fault lab."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cbtool.units import format_duration, format_percent

if TYPE_CHECKING:
    from cbtool.traffic.scenario import Phase


def describe_phase(phase: Phase) -> str:
    """Return a phase's name, length and faults: `outage (10s): 100 % 503`."""
    faults = _faults(phase) or ["no faults"]
    latency = f"latency {format_duration(phase.latency_median)} to {format_duration(phase.latency_p99)}"
    parts = ["connections refused"] if phase.refuse else [*faults, latency]
    if phase.bad_instances:
        parts.append(f"on {phase.bad_instances} bad instance{'s' * (phase.bad_instances > 1)}")
    if phase.slow_start:
        parts.append(f"slow start over {format_duration(phase.slow_start)}")
    if phase.recovery:
        parts.append(f"recovering over {format_duration(phase.recovery)}")
    return f"{phase.name} ({format_duration(phase.duration)}): {', '.join(parts)}"


def _faults(phase: Phase) -> list[str]:
    end = phase.failure_rate if phase.failure_rate_to is None else phase.failure_rate_to
    faults = []
    if phase.failure_rate or end:
        rate = format_percent(phase.failure_rate)
        if end != phase.failure_rate:
            rate = f"{rate} to {format_percent(end)}"
        faults.append(f"{rate} {'/'.join(map(str, phase.statuses))}")
    if phase.timeouts:
        faults.append(f"{format_percent(phase.timeouts)} hang for {format_duration(phase.hang)}")
    if phase.reset:
        faults.append(f"{format_percent(phase.reset)} reset")
    return faults
