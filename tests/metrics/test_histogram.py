"""The latency histogram: HDR's own counts, reached in batches."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hdrh.histogram import HdrHistogram
from hypothesis import given, settings
from hypothesis import strategies as st

from cbtool.metrics.histogram import LONGEST, LatencyHistogram

latencies = st.lists(st.floats(min_value=0, max_value=LONGEST), min_size=1, max_size=1500)


def of(*seconds: float) -> LatencyHistogram:
    histogram = LatencyHistogram()
    for each in seconds:
        histogram.record(each)
    return histogram


def test_an_empty_histogram_has_no_numbers() -> None:
    assert len(LatencyHistogram()) == 0
    assert LatencyHistogram().percentiles() == {}
    assert LatencyHistogram().percentile(99) is None


def test_one_latency_is_every_percentile() -> None:
    assert set(of(0.25).percentiles().values()) == {0.25}


def test_percentiles_of_a_hundred_latencies() -> None:
    spread = of(*(n / 1000 for n in range(1, 101))).percentiles()
    assert spread["min"] == 0.001
    assert spread["p50"] == pytest.approx(0.050, rel=1e-3)
    assert spread["p99"] == pytest.approx(0.099, rel=1e-3)
    assert spread["max"] == 0.1
    assert spread["mean"] == pytest.approx(0.0505)


def test_what_is_out_of_range_counts_at_its_end() -> None:
    spread = of(-1.0, 2 * LONGEST).percentiles()
    assert (spread["min"], spread["max"]) == (0.0, LONGEST)


@given(latencies)
@settings(max_examples=50)
def test_counts_are_those_of_the_library(seconds: list[float]) -> None:
    ours, theirs = of(*seconds), HdrHistogram(1, round(LONGEST * 1e6), 3)
    for each in seconds:
        theirs.record_value(round(each * 1e6))
    ours._fold()
    assert np.array_equal(ours._histogram.counts, theirs.counts)
    assert ours._histogram.get_max_value() == theirs.get_max_value()
    assert len(ours) == theirs.get_total_count()


@given(latencies, st.sampled_from([50.0, 90.0, 99.0, 99.9]))
@settings(max_examples=50)
def test_a_percentile_is_exact_to_three_digits(seconds: list[float], percent: float) -> None:
    wanted = sorted(seconds)[max(1, math.ceil(len(seconds) * percent / 100)) - 1]
    assert of(*seconds).percentile(percent) == pytest.approx(wanted, rel=1e-3, abs=1.1e-6)
