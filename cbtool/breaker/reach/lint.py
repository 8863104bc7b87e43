"""The lint: all findings for one breaker's settings, at one load or at several."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from cbtool.breaker.adaptive.policy import ThrottleKind
from cbtool.breaker.reach.model import Finding, Load, Reach, Reachability
from cbtool.breaker.reach.settings import constant_findings, load_findings
from cbtool.breaker.reach.tripping import trip_findings
from cbtool.units import format_rate

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cbtool.breaker.config import BreakerConfig


def reachability(config: BreakerConfig, loads: Sequence[Load]) -> Reachability:
    """Return what can become of every rule at each load.

    Args:
        config: the settings, of any dialect.
        loads: what ONE breaker sees, the quietest first; at least one. The first one's timeout holds for all.
    """
    found = [*constant_findings(config, loads[0].timeout)]
    for load in loads:
        if config.opens:
            found += [*trip_findings(config, load), *load_findings(config, load)]
        else:
            found += _throttled(config, load)
    return Reachability(_merged(found))


def _throttled(config: BreakerConfig, load: Load) -> Iterator[Finding]:
    """Give what a breaker without an open state may lack."""
    throttle = config.policies.throttle
    if throttle.kind == ThrottleKind.SUCCESSES and load.rate < throttle.least_rate:
        yield Finding(
            "rps_threshold",
            Reach.UNREACHABLE,
            f"under {throttle.least_rate} calls a second every call is let through, and"
            f" {format_rate(load.rate)} come",
            load.rate,
            reached_from=float(throttle.least_rate),
        )


def _merged(found: Sequence[Finding]) -> tuple[Finding, ...]:
    """Return each finding once; one that several loads share word for word is of none of them."""
    kept: dict[tuple[str, str], Finding] = {}
    for finding in found:
        key = (finding.rule, finding.why)
        kept[key] = replace(finding, rate=None) if key in kept else finding
    return tuple(kept.values())
