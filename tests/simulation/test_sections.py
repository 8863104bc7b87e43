"""Traffic cut at random places gives the decisions, states and transitions of one run over the whole."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest
from random_traces import busy_traffic, random_config, random_traces, random_traffic
from test_dialects import hasty

from cbtool.breaker.dialects import NAMES
from cbtool.simulation.engine import Engine
from cbtool.simulation.fast import run_fast, times_to_open, transitions_of
from cbtool.simulation.readable import run_readable
from cbtool.simulation.runs import run_of
from cbtool.simulation.sections import Arrivals, Cutter, view_of

if TYPE_CHECKING:
    from cbtool.breaker import BreakerConfig
    from cbtool.simulation.history import History
    from cbtool.simulation.traffic import Traffic

TRACES = 1500
EPOCH = 1_700_000_000.25


def in_sections(
    traffic: Traffic,
    configs: list[BreakerConfig],
    cuts: list[int],
    seed: int,
    engine: Engine = Engine.KERNEL,
) -> tuple[list[dict[str, object]], list[int]]:
    """Run configurations that see the traffic alike; return what each did, and the sections' sizes."""
    n = len(traffic)
    cutter = Cutter(view_of(configs[0]))
    runs = [run_of(config, seed=seed, epoch=EPOCH, tracing=True, engine=engine) for config in configs]
    did = [
        {name: np.zeros(n, np.uint8) for name in ("permitted", "state_before", "state_after")}
        | {"transitions": (), "time_to_open": ()}
        for _ in configs
    ]
    sizes = []
    bounds = [0, *sorted(cuts), n]
    for number, (first, behind) in enumerate(pairwise(bounds)):
        last = number == len(bounds) - 2
        part = slice(first, behind)
        arrivals = Arrivals(
            traffic.start_ns[part],
            traffic.duration_ns[part],
            traffic.verdicts[part],
            np.arange(first, behind),
        )
        section = cutter.section(arrivals, last=last)
        sizes.append(len(section.traffic))
        for run, done in zip(runs, did, strict=True):
            step = run.advance(section, traffic.end if last else -1)
            done["transitions"] += transitions_of(step.log)
            done["time_to_open"] += times_to_open(step.log)
            over = section.traffic.call_of[section.done : section.due]
            for name, column in (("state_before", step.before), ("state_after", step.after)):
                done[name][section.tags[over]] = column[over]
            done["permitted"][section.tags[section.behind :]] = step.permitted[section.behind :]
        if not last:
            moves = cutter.close(section, min(run.needed for run in runs))
            for run in runs:
                run.move(moves)
    return did, sizes


def assert_same(done: dict[str, object], whole: History, where: object) -> None:
    assert done["transitions"] == whole.transitions, where
    assert done["time_to_open"] == whole.time_to_open, where
    for name in ("permitted", "state_before", "state_after"):
        np.testing.assert_array_equal(done[name], getattr(whole, name), f"{name}: {where}")


def random_cuts(random: np.random.Generator, n: int) -> list[int]:
    """Few or many places, some of them the same: a section may have no call of its own."""
    return random.integers(0, n + 1, random.integers(1, 9)).tolist()


@pytest.mark.parametrize("chunk", range(3))
def test_our_own_semantics_and_kin(chunk: int) -> None:
    random = np.random.default_rng(100 + chunk)
    transitions = 0
    for number, (traffic, config) in enumerate(random_traces(chunk, TRACES // 3)):
        whole = run_fast(traffic, config, seed=number, epoch=EPOCH)
        [done], _ = in_sections(traffic, [config], random_cuts(random, len(traffic)), number)
        assert_same(done, whole, config)
        transitions += len(whole.transitions)
    assert transitions > TRACES


@pytest.mark.parametrize("name", NAMES)
def test_every_dialect(name: str) -> None:
    config = hasty(name)
    for seed in range(8):
        random = np.random.default_rng(seed)
        traffic = busy_traffic(random, seed) if seed % 4 == 0 else random_traffic(random, [40, 60, 60])
        whole = run_fast(traffic, config, seed=seed, epoch=EPOCH)
        [done], _ = in_sections(traffic, [config], random_cuts(random, len(traffic)), seed)
        assert_same(done, whole, (name, seed))


@pytest.mark.parametrize("name", NAMES)
def test_the_readable_machine(name: str) -> None:
    config = hasty(name)
    for seed in range(2):
        random = np.random.default_rng(seed)
        traffic = random_traffic(random, [40, 60, 60])
        whole = run_readable(traffic, config, seed=seed, epoch=EPOCH)
        cuts = random_cuts(random, len(traffic))
        [done], _ = in_sections(traffic, [config], cuts, seed, Engine.MACHINE)
        assert_same(done, whole, (name, seed))


def test_settings_with_different_memories_share_the_sections() -> None:
    for seed in range(60):
        random = np.random.default_rng(seed)
        traffic = random_traffic(random, [60, 80, 80])
        configs = [random_config(random) for _ in range(5)]
        did, _ = in_sections(traffic, configs, random_cuts(random, len(traffic)), seed)
        for done, config in zip(did, configs, strict=True):
            assert_same(done, run_fast(traffic, config, seed=seed, epoch=EPOCH), config)


def test_a_section_holds_no_more_of_the_earlier_ones_than_is_needed() -> None:
    traffic = busy_traffic(np.random.default_rng(1), 1)
    cuts = list(range(100, 1200, 100))
    config = hasty("default")
    _, sizes = in_sections(traffic, [config], cuts, 0)
    window = int(config.window_size)
    in_flight = 40  # 200 calls a second that take some 25 ms
    assert max(sizes) <= 100 + window + in_flight
