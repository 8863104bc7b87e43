"""Recommended settings on traffic that they have not seen, beside the best there are and libraries' defaults.

Each scenario is recommended from on one draw and judged on four others, by a breaker and a loss that share
no code with cbtool (`judge.py`). Ratios are (loss + 10) / (loss of the process oracle + 10): 10 is one
false trip.

Run: python benchmarks/recommend [NAME...] [--quick] [--seed N] [--judged 4] [--instances 8] [--long]
"""

from __future__ import annotations

import argparse
import itertools
import sys
import time
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from typing import NamedTuple

import numpy as np
from judge import FALSE_TRIP, LIBRARIES, TIME, Judge, Setting, Verdict
from kinds import KINDS, LONG
from numpy.typing import NDArray
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
    beyond: NDArray[np.float64]
    """By held-out log, our loss less that of the library whose defaults did best on all of them together."""
    missed_by_all: int
    """Of the incidents that were missed, those in which no library's defaults refused a call either."""
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
    from cbtool.recommend.asked import Asked  # noqa: PLC0415
    from cbtool.traffic.calls import Calls  # noqa: PLC0415

    start = draw.start_ns - draw.start_ns[0]
    calls = Calls(start, draw.duration_ns, draw.status, np.zeros(len(draw), np.uint8))
    began = time.perf_counter()
    answer = recommend(calls, Asked(instances), brief=True)
    taken = time.perf_counter() - began
    setting = None if answer.config is None else Setting.of(answer.config)
    return setting, taken, "; ".join(answer.needs)


def row_of(process: Process, base: int, instances: int, judged: int) -> Row:
    """Recommend on one draw, judge on the others."""
    draw = process.draw(base)
    setting, taken, note = recommended(draw, instances)
    seeds = range(base + 10, base + 10 + judged)
    logs = [[Judge(share) for share in shares(process.draw(seed), instances, seed)] for seed in seeds]
    best = known().get(process.name) if instances == 1 else None
    libraries = {name: [total(log, each) for log in logs] for name, each in LIBRARIES.items()}
    nearest = min(libraries.values(), key=lambda verdicts: _sum(verdicts).loss)
    ours = [Verdict() if setting is None else total(log, setting) for log in logs]
    return Row(
        name=process.name,
        calls=len(draw),
        seconds=taken,
        setting=setting,
        ours=_sum(ours),
        best=None if best is None else _sum([total(log, best) for log in logs]),
        libraries={name: _sum(verdicts) for name, verdicts in libraries.items()},
        beyond=np.array([a.loss - b.loss for a, b in zip(ours, nearest, strict=True)]),
        missed_by_all=0 if setting is None else _missed_by_all(setting, itertools.chain(*logs)),
        note=note,
    )


def _sum(verdicts: Iterable[Verdict]) -> Verdict:
    return sum(verdicts, Verdict())


def _missed_by_all(setting: Setting, judges: Iterable[Judge]) -> int:
    """Return how many of the incidents that a setting misses all libraries' defaults miss, too."""
    missed = 0
    for judge in judges:
        unnoticed = ~judge.noticed(setting)
        if unnoticed.any():
            unnoticed &= ~np.any([judge.noticed(each) for each in LIBRARIES.values()], axis=0)
        missed += int(unnoticed.sum())
    return missed


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
    _beside_libraries(answered)
    quiet = sum(row.ours.false_trips == 0 for row in answered)
    print(f"no false trip in {quiet} of {len(answered)}; {sum(r.ours.false_trips for r in answered)} in all")
    ours = _sum(row.ours for row in answered)
    print(f"missed {ours.missed} of {ours.incidents} incidents", end="")
    if ours.missed:
        by_all = sum(row.missed_by_all for row in answered)
        share = 100 * ours.missed_bad / ours.bad
        print(f", with {share:.2g} % of all bad calls; {ours.too_small} had no bad call left", end=" ")
        print(
            f"after those that the errors gate waits for; {by_all} were missed by all defaults, too", end=""
        )
    print()
    print(f"wrongly refused or answered: {wrong or 'none'}")


def _beside_libraries(rows: list[Row]) -> None:
    """Print where the best library's defaults cost less: on a log, and on all held-out logs together.

    With the standard error over the logs, since where in a wait an incident ends is luck.
    """

    def words_of(row: Row) -> str:
        error = row.beyond.std(ddof=1) / np.sqrt(len(row.beyond))
        return f"{row.name} {row.beyond.mean():+.0f} ± {error:.0f}"

    behind = [row for row in rows if row.beyond.mean() > 0]
    print(f"worse a log than the best defaults: {', '.join(map(words_of, behind)) or 'nowhere'}")
    for name, factor in (("a log", 1), (f"{len(rows[0].beyond)} logs together", len(rows[0].beyond))):
        far = [row.name for row in behind if row.beyond.mean() * factor > FALSE_TRIP]
        print(f"  by more than a false trip ({FALSE_TRIP:g}), {name}: {len(far)} of {len(rows)} {far or ''}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="scenarios; all, where none is named")
    parser.add_argument("--quick", action="store_true", help="ten scenarios")
    parser.add_argument("--seed", type=int, default=DEVELOPMENT, help="of the draw to recommend from")
    parser.add_argument("--final", action="store_true", help="the draws that are kept apart")
    parser.add_argument("--judged", type=int, default=_JUDGED, help="held-out draws, at least two")
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
        for row in pool.map(
            partial(row_of, base=base, instances=asked.instances, judged=asked.judged), kinds
        ):
            print(line(row, verbose=asked.verbose), flush=True)
            rows.append(row)
    print()
    if asked.long:
        days = sum(asked.judged * p.seconds / 86_400 for p in kinds)
        trips = sum(row.ours.false_trips for row in rows)
        print(f"{trips} false trips in {days:.0f} days: {30 * trips / days:.2f} in 30 days")
    else:
        summary(rows, ratios=asked.instances == 1)


if __name__ == "__main__":
    sys.exit(main())
