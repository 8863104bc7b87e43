"""Scenarios from TOML: top-level settings and a `[[phase]]` for each stretch of load and faults."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cbtool.errors import ConfigurationError, InvalidSettingError
from cbtool.shipped import find, shipped_scenarios
from cbtool.toml.tables import Source, Table, given, read_source
from cbtool.traffic.scenario import ArrivalKind, Phase, Scenario

if TYPE_CHECKING:
    from collections.abc import Sequence

_P99_OVER_MEDIAN = 5.0
"""Where a phase gives only one of the two latencies, the other follows; as in `Phase`'s own defaults."""


def load_scenario(name_or_path: str) -> Scenario:
    """Return the scenario in a file, or a shipped one by its name.

    Args:
        name_or_path: a file if it has a slash, ends in .toml or exists; else a shipped scenario.

    Raises:
        ConfigurationError: the name is unknown, or the file is wrong somewhere, with file and line.
        UnreachableError: the file cannot be read.
    """
    path = find(name_or_path, shipped_scenarios(), "scenario")
    return parse_scenario(read_source(path), path.stem)


def parse_scenario(source: Source, name: str) -> Scenario:
    """Return the scenario that a TOML text holds.

    Args:
        source: the text.
        name: what the scenario is called unless the text says.

    Raises:
        ConfigurationError: a key is unknown or its value wrong, with file and line.
    """
    top = Table(source, source.data)
    if "breaker" in top:
        raise top.error("breaker", "this is a profile, not a scenario; a scenario has [[phase]] tables")
    settings = {
        "name": top.text("name") or name,
        "description": top.text("description"),
        "seed": top.integer("seed"),
        "instances": top.integer("instances"),
        "timeout": top.duration("timeout"),
    }
    tables = top.tables("phase")
    top.finish(dict.fromkeys(("duration", "rate"), "belongs under a [[phase]]"))
    if (settings["seed"] or 0) < 0:  # type: ignore[operator]  # an integer, or absent
        raise top.error("seed", "seed must not be negative")
    phases = tuple(_read_phase(table, number) for number, table in enumerate(tables, start=1))
    try:
        return Scenario(phases=phases, **given(settings))
    except InvalidSettingError as error:
        if error.field == "bad_instances":
            raise _too_many_bad_instances(error, tables, phases) from None
        raise top.located(error) from None


def _too_many_bad_instances(
    error: InvalidSettingError, tables: Sequence[Table], phases: Sequence[Phase]
) -> ConfigurationError:
    """Point at the phase, which the scenario's own error does not name."""
    pairs = zip(tables, phases, strict=True)
    return next(table for table, phase in pairs if phase.bad_instances == error.value).located(error)


def _read_phase(table: Table, number: int) -> Phase:
    settings = {
        "name": table.text("name") or f"phase {number}",
        "duration": table.duration("duration"),
        "rate": table.rate("rate"),
        "rate_to": table.rate("rate_to"),
        "arrivals": table.choice("arrivals", ArrivalKind),
        "latency_median": table.duration("latency_median"),
        "latency_p99": table.duration("latency_p99"),
        "failure_rate": table.percent("failure_rate"),
        "failure_rate_to": table.percent("failure_rate_to"),
        "statuses": table.integers("statuses"),
        "timeouts": table.percent("timeouts"),
        "hang": table.duration("hang"),
        "reset": table.percent("reset"),
        "refuse": table.boolean("refuse"),
        "slow_start": table.duration("slow_start"),
        "recovery": table.duration("recovery"),
        "bad_instances": table.integer("bad_instances"),
        "healthy": table.boolean("healthy"),
    }
    table.finish()
    for key in ("duration", "rate"):
        if settings[key] is None:
            raise table.error("", f"a [[phase]] needs a {key}")
    _complete_latencies(settings)
    try:
        return Phase(**given(settings))
    except InvalidSettingError as error:
        raise table.located(error) from None


def _complete_latencies(settings: dict[str, Any]) -> None:
    median, p99 = settings["latency_median"], settings["latency_p99"]
    if p99 is None and median is not None:
        settings["latency_p99"] = median * _P99_OVER_MEDIAN
    if median is None and p99 is not None:
        settings["latency_median"] = p99 / _P99_OVER_MEDIAN
