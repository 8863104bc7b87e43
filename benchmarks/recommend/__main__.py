"""Recommended settings on traffic that they have not seen, beside the best there are and libraries' defaults.

Each scenario is recommended from on one draw and judged on four others, by a breaker and a loss that share
no code with cbtool (`judge.py`). Ratios are (loss + 10) / (loss of the process oracle + 10): 10 is one
false trip.

Run: python benchmarks/recommend [NAME...] [--quick] [--seed N] [--instances 8] [--long] [--final]
"""

from __future__ import annotations

import argparse
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from typing import NamedTuple

import numpy as np
from judge import LIBRARIES, TIME, Judge, Setting, Verdict
from kinds import KINDS, LONG
from oracle import known, total
from processes import Draw, Process

DEVELOPMENT, FINAL = 1, 90_001  # the last run's draws are looked at once, when all is done
_QUICK = (
    "steady50_outage", "low2_retry_brown50", "low005_outage_5pct", "mid20_mmpp_outage", "mid20_slow",
    "mid20_mixed", "steady50_flapping", "high200_blips", "mid20_nothing", "too_little_20",
)  # fmt: skip
_JUDGED = 4


class Row(NamedTuple):
    """One scenario's results."""

    name: str
    calls: int
    seconds: float
    setting: Setting | None
    ours: Verdict
    best: Verdict | None
    libraries: dict[str, Verdict]
    note: str = ""

    @property
    def ratio(self) -> float:
        return (self.ours.loss + 10) / (self.best.loss + 10 if self.best else np.nan)

    def library_ratio(self, name: str) -> float:
        return (self.libraries[name].loss + 10) / (self.best.loss + 10 if self.best else np.nan)


def shares(draw: Draw, instances: int, seed: int) -> list[Draw]:
    """Return what each of several breakers sees, the calls dealt out at random."""
    if instances == 1:
        return [draw]
    dealt = np.random.default_rng([seed, 5]).integers(0, instances, len(draw))
    return [draw.share(dealt == i) for i in range(instances)]


def recommended(draw: Draw, instances: int) -> tuple[Setting | None, float, str]:
    """Return what cbtool recommends, how long it took, and what it missed where it refused."""
    from cbtool.recommend import recommend  # noqa: PLC0415  # compiled code, in each process
    from cbtool.traffic.calls import Calls  # noqa: PLC0415
    from cbtool.traffic.outcomes import DEFAULT_RULES  # noqa: PLC0415

    start = draw.start_ns - draw.start_ns[0]
    calls = Calls(start, draw.duration_ns, draw.status, np.zeros(len(draw), np.uint8))
    verdicts = DEFAULT_RULES.verdicts(calls)
    began = time.perf_counter()
    answer = recommend(calls, verdicts, instances=instances, brief=True)
    taken = time.perf_counter() - began
    setting = None if answer.config is None else Setting.of(answer.config)
    return setting, taken, "; ".join(answer.needs)


def row_of(process: Process, base: int, instances: int) -> Row:
    """Recommend on one draw, judge on the others."""
    draw = process.draw(base)
    setting, taken, note = recommended(draw, instances)
    seeds = range(base + 10, base + 10 + _JUDGED)
    held_out = [share for seed in seeds for share in shares(process.draw(seed), instances, seed)]
    judges = [Judge(each) for each in held_out]
    best = known().get(process.name) if instances == 1 else None
    nothing = Verdict()
    return Row(
        name=process.name,
        calls=len(draw),
        seconds=taken,
        setting=setting,
        ours=nothing if setting is None else total(judges, setting),
        best=None if best is None else total(judges, best),
        libraries={name: total(judges, each) for name, each in LIBRARIES.items()},
        note=note,
    )


def line(row: Row, *, verbose: bool) -> str:
    """Return a row of the table."""
    text = f"{row.name:26}{row.calls:9,}{row.seconds:7.1f}s"
    if row.setting is None:
        return f"{text}  refused: {row.note}"
    delay = row.ours.delay / max(1, row.ours.incidents - row.ours.missed)
    text += f"{row.ours.loss:10,.0f}" + (f"{row.ratio:7.2f}x" if row.best else f"{'-':>8}")
    text += "".join(f"{row.libraries[name].loss:13,.0f}" for name in LIBRARIES)
    text += f"{row.ours.false_trips:6}{row.ours.missed:5}/{row.ours.incidents:<4}{delay:8.1f}s"
    return f"{text}  {words(row.setting)}" if verbose else text


def words(s: Setting) -> str:
    """Return settings in short."""
    size = f"{s.window:g}s" if s.kind == TIME else f"{s.window:g} calls"
    text = f"{size} {s.threshold:g}% k{s.errors} m{s.calls}"
    text += f" slow {s.slow_from:g}s {s.slow_threshold:g}%" if np.isfinite(s.slow_from) else ""
    text += f" wait {s.wait:g}s" + (f" ×{s.backoff:g}≤{s.longest:g}s" if s.backoff > 1 else "")
    return f"{text} n{s.trials}"


def summary(rows: list[Row], *, ratios: bool) -> None:
    """Print what the table comes to."""
    answered = [row for row in rows if row.setting is not None]
    refused = {process.name: process.refused for process in KINDS}
    wrong = [row.name for row in rows if refused[row.name] != (row.setting is None)]
    compared = [row for row in answered if row.best]
    if ratios and compared:
        found = np.array([row.ratio for row in compared])
        few = f"at most 1.15 in {(found <= 1.15).sum()} of {len(found)}"
        mean = np.exp(np.log(found).mean())
        middle, worst = np.median(found), found.max()
        print(f"loss to the oracle's: mean {mean:.3f}, median {middle:.2f}, {few}, worst {worst:.2f}")
        for name in LIBRARIES:
            theirs = np.array([row.library_ratio(name) for row in compared])
            print(f"  {name}: mean {np.exp(np.log(theirs).mean()):.2f}, worst {theirs.max():,.0f}")
    best = [min(verdict.loss for verdict in row.libraries.values()) for row in answered]
    worse = [row.name for row, loss in zip(answered, best, strict=True) if row.ours.loss > loss]
    far = [row.name for row, loss in zip(answered, best, strict=True) if row.ours.loss > loss + 10]
    print(f"worse than the best defaults: {worse or 'none'}; by more than a false trip: {far or 'none'}")
    quiet = sum(row.ours.false_trips == 0 for row in answered)
    print(f"no false trip in {quiet} of {len(answered)}; {sum(r.ours.false_trips for r in answered)} in all")
    missed, incidents = (sum(getattr(r.ours, name) for r in answered) for name in ("missed", "incidents"))
    print(f"missed {missed} of {incidents} incidents")
    print(f"wrongly refused or answered: {wrong or 'none'}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="scenarios; all, where none is named")
    parser.add_argument("--quick", action="store_true", help="ten scenarios")
    parser.add_argument("--seed", type=int, default=DEVELOPMENT, help="of the draw to recommend from")
    parser.add_argument("--final", action="store_true", help="the draws that are kept apart")
    parser.add_argument("--instances", type=int, default=1, help="breakers that the calls are dealt out over")
    parser.add_argument("--long", action="store_true", help="long healthy logs, for false trips in 30 days")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--verbose", action="store_true", help="the settings, too")
    asked = parser.parse_args()
    base = FINAL if asked.final else asked.seed
    kinds = LONG if asked.long else KINDS
    wanted = _QUICK if asked.quick else asked.names
    kinds = tuple(p for p in kinds if not wanted or p.name in wanted)
    if asked.instances > 1:
        kinds = tuple(p for p in kinds if not p.refused)
    head = f"{'scenario':26}{'calls':>9}{'time':>8}{'loss':>10}{'oracle':>8}"
    head += "".join(f"{name:>13}" for name in LIBRARIES)
    print(f"{head}{'false':>6}{'missed':>10}{'delay':>9}")
    rows = []
    with ProcessPoolExecutor(asked.processes) as pool:
        for row in pool.map(partial(row_of, base=base, instances=asked.instances), kinds):
            print(line(row, verbose=asked.verbose), flush=True)
            rows.append(row)
    print()
    if asked.long:
        days = sum(_JUDGED * p.seconds / 86_400 for p in kinds)
        trips = sum(row.ours.false_trips for row in rows)
        print(f"{trips} false trips in {days:.0f} days: {30 * trips / days:.2f} in 30 days")
    else:
        summary(rows, ratios=asked.instances == 1)


if __name__ == "__main__":
    sys.exit(main())
