"""Semian's published experiments, run again in virtual time with our dialects of its breakers.

A published run happened once, so it is held against what several seeds show: the refused share of each phase
lies within their range, give or take half of it and 2.5 points, or within three standard deviations of their
mean, as the seeds scatter over all phases of the experiment.
"""

from __future__ import annotations

import json
import math
import random
from pathlib import Path
from statistics import fmean, variance
from typing import Any

import pytest
from closed_loop import ClosedLoop, latencies_of

from cbtool.breaker import BreakerConfig, dialect_named

DOCUMENT = json.loads((Path(__file__).parent / "experiments" / "semian.json").read_text("utf-8"))
DIALECTS = {"classic": "semian", "adaptive": "semian-adaptive"}
SEEDS = {"sustained errors of 20 %": 2, "gradual increase to 5 %": 2}
RARE = {("error spike of 100 %", "adaptive"): 10, ("error spikes of 20, 60 and 100 %", "classic"): 10}
"""Where one breaker of sixty may stay open alone and refuse all that waits, which takes more runs to see."""
STARTS_AT = {("oscillating between 2 and 6 %", "adaptive"): 1}
"""The first phase to compare. In that run one breaker's first result failed, so that it refused all that
waited for six seconds; how often that happens hangs on latencies that were not published. Its log is held to
the digit in tests/breaker/test_adaptive.py."""
SLACK = 2.5  # percentage points


def refused_percent(experiment: dict[str, Any], kind: str, config: BreakerConfig, seed: int) -> list[float]:
    """Return the refused share of each phase."""
    lot = random.Random(seed)
    published = experiment["published"][kind]
    run = ClosedLoop(
        config,
        error_rates=experiment["error_rates"],
        phase=experiment["phase"],
        latencies=latencies_of(published["calls"][0] - published["refused"][0], experiment["phase"]),
        seed=seed,
        threads=DOCUMENT["threads"],
        pace=lot.uniform(870, 930),
        ahead=lot.random(),
    )
    return [bucket.refused_percent for bucket in run.run()]


@pytest.mark.parametrize("kind", DIALECTS)
@pytest.mark.parametrize("experiment", DOCUMENT["experiments"], ids=lambda each: each["name"])
def test_published_refusals_lie_within_the_noise(experiment: dict[str, Any], kind: str) -> None:
    dialect = dialect_named(DIALECTS[kind])
    config = BreakerConfig(**dialect.from_native(DOCUMENT[kind]), dialect=dialect)
    seeds = RARE.get((experiment["name"], kind)) or SEEDS.get(experiment["name"], 3)
    runs = [refused_percent(experiment, kind, config, seed) for seed in range(seeds)]
    published = experiment["published"][kind]
    phases = list(zip(*runs, strict=True))
    scatter = math.sqrt(fmean(variance(ours) for ours in phases))
    wrong = []
    for phase, ours in enumerate(phases):
        theirs = 100 * published["refused"][phase] / published["calls"][phase]
        if phase < STARTS_AT.get((experiment["name"], kind), 0):
            continue
        slack = SLACK + (max(ours) - min(ours)) / 2
        near = abs(theirs - fmean(ours)) <= 3 * scatter * math.sqrt(1 + 1 / seeds)
        if not near and not min(ours) - slack <= theirs <= max(ours) + slack:
            wrong.append(f"phase {phase}: theirs {theirs:.1f}, ours {min(ours):.1f} to {max(ours):.1f}")
    assert wrong == []
