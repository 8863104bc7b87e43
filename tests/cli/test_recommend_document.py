"""The document of `recommend --json`: every key that others may rely on, with its kind, and no other key."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from test_recommend import SHORT

from cbtool.__main__ import run

NUMBER = (int, float)
MAYBE = (int, float, type(None))
ESTIMATE = {"value": MAYBE, "low": MAYBE, "high": MAYBE}
SETTING = (str, int, float)
TRACK = {
    "trips": int, "false_trips": int, "incidents": int, "caught": int, "delay_s": MAYBE, "bad": int,
    "shed": int, "let_through": int, "good_refused": int, "open_percent": NUMBER, "cost": NUMBER,
}  # fmt: skip
ALTERNATIVE = {
    "name": str,
    "breaker": dict,
    "false_trips_per_day": ESTIMATE,
    "false_trips_told_by": str,
    "healthy_days": MAYBE,
    "outage_delay_s": MAYBE,
    "on_front": bool,
    "log": TRACK,
}
HELD_OUT = {
    "name": str,
    "since_s": NUMBER,
    "until_s": NUMBER,
    "breaker": (dict, type(None)),
    "needs": [str],
    "promises": [{"name": str, "promised": ESTIMATE, "happened": MAYBE, "kept": (bool, type(None))}],
    "rest": (TRACK, None),
    "recommended_on_rest": (TRACK, None),
}
DOCUMENT = {
    "verdict": str,
    "breaker": (dict, type(None)),
    "reasons": [{"setting": str, "value": SETTING, "why": str, "data": str, "formula": str}],
    "regimes": [
        {
            "name": str, "rate": NUMBER, "calls": int, "errors": int, "share_of_time": NUMBER,
            "window_calls": MAYBE, "window_errors": MAYBE, "brown_out_percent": MAYBE,
            "within_delay_budget": (bool, type(None)), "outage_delay_s": (ESTIMATE, None),
            "brown_out_delay_s": (ESTIMATE, None),
            "slow_delay_s": (ESTIMATE, None), "slow_percent": MAYBE,
        }
    ],
    "incidents": [
        {
            "start": NUMBER, "end": NUMBER, "kind": str, "calls": int, "failed_percent": NUMBER,
            "slow_percent": NUMBER, "actionable": bool, "doubtful": bool,
        }
    ],
    "expected": (
        {
            "false_trips_per_day": ESTIMATE, "detection_delay_s": ESTIMATE,
            "bad_calls_shed_percent": ESTIMATE, "detected_percent": MAYBE,
            "false_trips_bound_per_day": NUMBER,
        },
        None,
    ),
    "sensitivity": [
        {
            "setting": str, "value": SETTING, "low": SETTING, "high": SETTING, "weight": str,
            "neighbours": [
                {"value": SETTING, "cost": NUMBER, "false_trips_per_day": NUMBER, "within_budget": bool}
            ],
        }
    ],
    "alternatives": [ALTERNATIVE],
    "current": (ALTERNATIVE, None),
    "timeline": (
        {"seconds": NUMBER, "calls": [int], "failed": [int], "slow": [int], "open_percent": [NUMBER]},
        None,
    ),
    "validation": ({"held_out": HELD_OUT, "parts": [HELD_OUT]}, None),
    "capacity": (dict, type(None)),
    "needs": [str],
    "notes": [str],
    "budget": {
        "false_trips_per_day": NUMBER, "reject_cost": NUMBER, "false_trip_cost": NUMBER,
        "shortest_incident_s": MAYBE, "detection_delay_s": NUMBER, "break_even_percent": NUMBER,
    },
    "evidence": (dict, type(None)),
    "timeout_s": MAYBE,
    "acted_on_from_s": MAYBE,
    "seed": int,
    "instances": int,
    "calls": int,
    "span_s": NUMBER,
    "started": NUMBER,
    "source": str,
}  # fmt: skip


def check(value: Any, shape: Any, place: str = "document") -> None:
    """Hold a value to its shape: types, a list of one shape, a table of keys, or a shape or None."""
    if isinstance(shape, tuple) and any(isinstance(each, dict) for each in shape):
        if value is not None:
            check(value, shape[0], place)
        return
    if isinstance(shape, list):
        assert isinstance(value, list), place
        for number, each in enumerate(value):
            check(each, shape[0], f"{place}[{number}]")
    elif isinstance(shape, dict):
        assert value.keys() == shape.keys(), (place, value.keys() ^ shape.keys())
        for key, each in shape.items():
            check(value[key], each, f"{place}.{key}")
    else:
        kinds = shape if isinstance(shape, tuple) else (shape,)
        assert isinstance(value, kinds), (place, value)
        assert not isinstance(value, bool) or bool in kinds, place


@pytest.mark.parametrize(
    ("options", "status"),
    [([], 0), (["--current", "balanced", "--validate"], 0), (["--shortest-incident", "10m"], 3)],
)
def test_the_document_has_every_key_and_no_other(
    options: list[str], status: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "short.toml"
    path.write_text(SHORT)
    assert run(["recommend", "-s", str(path), "--json", *options]) == status
    document = json.loads(capsys.readouterr().out)
    check(document, DOCUMENT)
    assert (document["validation"] is not None) == ("--validate" in options)
    assert (document["breaker"] is None) == (status == 3)


def test_the_check_itself_sees_what_is_wrong() -> None:
    for wrong in ({"a": 1}, {"a": "x", "b": 2}, {}):
        with pytest.raises(AssertionError):
            check(wrong, {"a": str})
