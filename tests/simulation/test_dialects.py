"""Every dialect: the compiled machine is the readable one, and its settings come back as they were."""

import numpy as np
import pytest
from random_traces import busy_traffic, random_traffic

from cbtool.breaker import BreakerConfig, WindowType, dialect_named
from cbtool.breaker.dialects import NAMES
from cbtool.errors import InvalidSettingError
from cbtool.simulation.fast import run_fast
from cbtool.simulation.readable import run_readable
from cbtool.simulation.sections import whole
from cbtool.simulation.stepwise import StepwiseRun

TRACES = 12
HASTE = {"wait_duration_in_open_state": 1.0, "max_wait_duration_in_open_state": 4.0}
"""Seconds: traces last about a minute, and a library's own waits may be longer."""

SELDOM = {"sre-throttling", "envoy-admission-control", "haproxy"}
"""Those whose traces may see no trip: they refuse a share of the calls, or want thirty errors in a row."""


def hasty(name: str) -> BreakerConfig:
    """Return a library's defaults with waits and windows short enough for a trace to see many of them."""
    dialect = dialect_named(name)
    words = {word: value for word, value in HASTE.items() if dialect.defaults.get(word, 0) > value}
    words = {word: value for word, value in words.items() if word in dialect.known_words}
    if dialect.window_type is WindowType.TIME and "sliding_window_size" in dialect.known_words:
        words["sliding_window_size"] = 5.0
    for minimum in ("minimum_number_of_calls", "permitted_number_of_calls_in_half_open_state"):
        if dialect.defaults.get(minimum, 0) > 5:
            words[minimum] = 5
    try:
        return BreakerConfig.of(dialect, words)
    except InvalidSettingError:
        return BreakerConfig.of(dialect)


@pytest.mark.parametrize("name", NAMES)
def test_the_compiled_machine_is_the_readable_one(name: str) -> None:
    config, trips = hasty(name), 0
    for seed in range(TRACES):
        traffic = random_traffic(np.random.default_rng(seed), [40, 60, 60])
        readable = run_readable(traffic, config, seed=seed, epoch=1_700_000_000.25)
        compiled = run_fast(traffic, config, seed=seed, epoch=1_700_000_000.25)
        assert readable.transitions == compiled.transitions
        for column in ("permitted", "state_before", "state_after"):
            assert getattr(readable, column).tolist() == getattr(compiled, column).tolist(), (seed, column)
        trips += sum(transition.trips for transition in readable.transitions)
    assert trips or name in SELDOM


@pytest.mark.parametrize("name", NAMES)
def test_the_compiled_machine_is_the_readable_one_on_busy_traffic(name: str) -> None:
    """Where the kernel counts many events of a bucket at once: long healthy stretches, and refusals."""
    config = hasty(name)
    for seed in range(4):
        traffic = busy_traffic(np.random.default_rng(seed), seed)
        readable = run_readable(traffic, config, seed=seed, epoch=1_700_000_000.25)
        compiled = run_fast(traffic, config, seed=seed, epoch=1_700_000_000.25)
        assert readable.transitions == compiled.transitions
        assert readable.time_to_open == compiled.time_to_open
        for column in ("permitted", "state_before", "state_after"):
            assert getattr(readable, column).tolist() == getattr(compiled, column).tolist(), (seed, column)


def test_the_two_kernels_agree_on_our_own_semantics() -> None:
    config = hasty("default")
    for seed in range(TRACES):
        traffic = random_traffic(np.random.default_rng(seed), [40, 60, 60])
        stepwise = StepwiseRun(config, seed=seed, epoch=0.0, tracing=False, timing=False)
        step = stepwise.advance(whole(traffic), traffic.end)
        stretches = run_fast(traffic, config, seed=seed)
        assert [row[0] for row in step.log.tolist()] == [round(t.time * 1e9) for t in stretches.transitions]
        assert step.permitted.tolist() == stretches.permitted.tolist()


@pytest.mark.parametrize("name", NAMES[1:])
def test_native_settings_come_back_as_they_were(name: str) -> None:
    dialect = dialect_named(name)
    for config in (BreakerConfig.of(dialect), hasty(name)):
        native = {key: value for key, value in dialect.to_native(config).items() if value is not None}
        assert BreakerConfig(**dialect.from_native(native), dialect=dialect) == config


@pytest.mark.parametrize("name", NAMES[1:])
def test_an_unknown_setting_is_named(name: str) -> None:
    with pytest.raises(InvalidSettingError, match=r"no_such_setting is unknown; there are"):
        dialect_named(name).from_native({**dict(dialect_named(name).example), "no_such_setting": 1})
