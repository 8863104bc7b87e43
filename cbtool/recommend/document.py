"""The recommendation as the JSON document of `recommend --json`."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from cbtool.profiles import breaker_table
from cbtool.profiles.evidence import evidence_table
from cbtool.recommend.findings import plain

if TYPE_CHECKING:
    from cbtool.recommend.findings import Estimate
    from cbtool.recommend.model import Budget, Expected, Incident, Recommendation, Regime


def document(answer: Recommendation) -> dict[str, Any]:
    """Return the document; numbers are rounded to what they are worth."""
    evidence = None if answer.profile is None else answer.profile.evidence
    return {
        "verdict": answer.verdict.value,
        "breaker": None if answer.profile is None else breaker_table(answer.profile.config),
        "reasons": [asdict(reason) for reason in answer.reasons],
        "regimes": [_regime(regime) for regime in answer.regimes],
        "incidents": [_incident(incident) for incident in answer.incidents],
        "expected": None if answer.expected is None else _expected(answer.expected),
        "sensitivity": [each.to_json() for each in answer.sensitivity],
        "alternatives": [each.to_json() for each in answer.alternatives],
        "current": None if answer.current is None else answer.current.to_json(),
        "timeline": None if answer.timeline is None else answer.timeline.to_json(),
        "validation": None if answer.validation is None else answer.validation.to_json(),
        "capacity": None if answer.capacity is None else _rounded(answer.capacity.to_json()),
        "needs": list(answer.needs),
        "notes": list(answer.notes),
        "budget": _budget(answer.budget),
        "evidence": None if evidence is None else evidence_table(evidence),
        "timeout_s": plain(answer.timeout),
        "acted_on_from_s": plain(answer.acted_on_from),
        "seed": answer.seed,
        "instances": answer.instances,
        "calls": answer.calls,
        "span_s": round(answer.span, 3),
        "started": answer.started,
    }


def _regime(regime: Regime) -> dict[str, Any]:
    table = _rounded(asdict(regime))
    for name in ("outage_delay", "brown_out_delay", "slow_delay"):
        del table[name]
        table[f"{name}_s"] = _estimate(getattr(regime, name))
    return table


def _incident(incident: Incident) -> dict[str, Any]:
    return _rounded({
        "start": incident.start,
        "end": incident.end,
        "kind": incident.kind.value,
        "calls": incident.calls,
        "failed_percent": incident.failed,
        "slow_percent": incident.slow,
        "actionable": incident.actionable,
        "doubtful": incident.doubtful,
    })  # fmt: skip


def _expected(expected: Expected) -> dict[str, Any]:
    estimates = ("false_trips_per_day", "detection_delay_s", "bad_calls_shed_percent")
    table: dict[str, Any] = {name: _estimate(getattr(expected, name)) for name in estimates}
    table["false_trips_bound_per_day"] = plain(expected.false_trips_bound)
    table["detected_percent"] = expected.detected_percent
    return table


def _budget(budget: Budget) -> dict[str, Any]:
    table = _rounded(asdict(budget))
    for name in ("shortest_incident", "detection_delay"):
        table[f"{name}_s"] = table.pop(name)
    return table | {"break_even_percent": plain(100.0 * budget.break_even)}


def _estimate(estimate: Estimate | None) -> dict[str, Any] | None:
    return None if estimate is None else estimate.to_json()


def _rounded(table: dict[str, Any]) -> dict[str, Any]:
    return {key: plain(value) for key, value in table.items()}
