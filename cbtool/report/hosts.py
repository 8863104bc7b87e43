"""The text of outlier detection over hosts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cbtool.report.groups import shortened
from cbtool.report.text import counted, labelled, share, table
from cbtool.units import format_duration

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cbtool.simulation.hosts.summary import FleetSummary
    from cbtool.traffic.calls import Calls

_SHOWN = 20
"""Hosts, the ones ejected most often first."""


def hosts_groups_text(answers: Sequence[tuple[str, Calls, FleetSummary]]) -> str:
    """Return what became of the hosts of each group, a line a group."""
    head = ("group", "calls", "hosts", "failed", "ejected", "ejections", "spared", "most out")
    rows = [
        (
            shortened(name),
            f"{fleet.calls:,}",
            f"{len(fleet.hosts):,}",
            share(sum(host.failures for host in fleet.hosts), fleet.calls),
            f"{sum(host.ejections > 0 for host in fleet.hosts):,}",
            f"{sum(host.ejections for host in fleet.hosts):,}",
            f"{fleet.spared:,}",
            f"{fleet.most_ejected:.3g} %",
        )
        for name, _, fleet in answers
    ]
    return table(head, rows, right=range(1, len(head)))


def hosts_text(fleet: FleetSummary, *, title: str) -> str:
    """Return what `hosts` prints: the verdict, the numbers, and a line a host."""
    ejections = sum(host.ejections for host in fleet.hosts)
    touched = sum(host.ejections > 0 for host in fleet.hosts)
    verdict = f"Ejected {touched} of {counted(len(fleet.hosts), 'host')}, {counted(ejections, 'time')}."
    if not ejections:
        verdict = f"Ejected none of {counted(len(fleet.hosts), 'host')}."
    pairs = [
        ("traffic", title),
        ("calls", f"{fleet.calls:,}"),
        ("most out at once", f"{fleet.most_ejected:.3g} % of the hosts"),
        ("found, but spared", f"{fleet.spared:,} (the limit on ejections, or enforcement under 100 %)"),
    ]
    if not fleet.observed:
        pairs += [
            ("no host left", f"{fleet.refused:,} ({share(fleet.refused, fleet.calls)})"),
            ("sent in panic", f"{fleet.in_panic:,} ({share(fleet.in_panic, fleet.calls)})"),
        ]
    ranked = sorted(fleet.hosts, key=lambda host: -host.ejections)
    rows = [
        [
            host.host,
            f"{host.calls:,}",
            share(host.failures, host.calls),
            f"{host.ejections:,}",
            format_duration(host.ejected),
            ", ".join(f"{rule} {count}" for rule, count in host.by.items()) or "-",
        ]
        for host in ranked[:_SHOWN]
    ]
    blocks = [
        verdict,
        labelled(pairs),
        table(["host", "calls", "failed", "ejections", "time out", "found by"], rows, right={1, 2, 3, 4}),
    ]
    if len(ranked) > _SHOWN:
        blocks.append(f"… and {len(ranked) - _SHOWN:,} more hosts; --json has them all")
    return "\n\n".join(blocks)
