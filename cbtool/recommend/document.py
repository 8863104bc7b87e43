"""The recommendation as the JSON document of `recommend --json`."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from cbtool.profiles import breaker_table

if TYPE_CHECKING:
    from cbtool.recommend.model import Expected, Recommendation


def document(answer: Recommendation) -> dict[str, Any]:
    """Return the document; numbers are rounded to what they are worth."""
    return {
        "verdict": answer.verdict.value,
        "breaker": None if answer.profile is None else breaker_table(answer.profile.config),
        "reasons": [asdict(reason) for reason in answer.reasons],
        "regimes": [_rounded(asdict(regime)) for regime in answer.regimes],
        "incidents": [
            _rounded(
                {
                    "start": incident.start,
                    "end": incident.end,
                    "kind": incident.kind.value,
                    "calls": incident.calls,
                    "failed_percent": incident.failed,
                    "slow_percent": incident.slow,
                    "actionable": incident.actionable,
                }
            )
            for incident in answer.incidents
        ],
        "expected": None if answer.expected is None else _expected(answer.expected),
        "capacity": None if answer.capacity is None else _rounded(answer.capacity.to_json()),
        "needs": list(answer.needs),
        "notes": list(answer.notes),
        "seed": answer.seed,
        "instances": answer.instances,
        "calls": answer.calls,
        "span_s": round(answer.span, 3),
        "started": answer.started,
    }


def _expected(expected: Expected) -> dict[str, Any]:
    estimates = ("false_trips_per_day", "detection_delay_s", "bad_calls_shed_percent")
    table: dict[str, Any] = {name: _rounded(asdict(getattr(expected, name))) for name in estimates}
    table["detected_percent"] = expected.detected_percent
    return table


def _rounded(table: dict[str, Any]) -> dict[str, Any]:
    return {key: float(f"{value:.7g}") if isinstance(value, float) else value for key, value in table.items()}
