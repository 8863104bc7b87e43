"""A sweep's table, made up: what lets less through refuses more, but for a few that lose in both."""

from __future__ import annotations

from typing import Any

import polars as pl

from cbtool.report.html.sweep_file import sweep_document

FAILING = 1000
POINTS = [
    # threshold, false trips, let through, healthy refused, on the front
    (5, 4, 100, 900, True),
    (6, 4, 100, 900, True),
    (10, 1, 200, 500, True),
    (20, 0, 300, 200, True),
    (40, 0, 700, 100, True),
    (80, 0, 1000, 0, True),
    (11, 2, 250, 800, False),
    (12, 0, 400, 700, False),
]


def table() -> pl.DataFrame:
    return pl.DataFrame(
        [
            {
                "failure_rate_threshold": float(threshold),
                "sliding_window_type": "time",
                "trips": false + 1,
                "false_trips": false,
                "caught": int(passed < FAILING),
                "detection_delay": 1.5 if passed < FAILING else None,
                "failed_shed": FAILING - passed,
                "let_through": passed,
                "healthy_refused": refused,
                "front": front,
            }
            for threshold, false, passed, refused, front in POINTS
        ]
    )


def document(**changes: Any) -> dict[str, Any]:
    return sweep_document(table(), "sweep.parquet", **{"reject_cost": 0.25, **changes})
