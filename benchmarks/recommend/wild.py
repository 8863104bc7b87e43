"""Recommended settings on scenarios that nobody chose (`wild_traffic.py`), the worst last.

Each is recommended from on one draw and judged on three others, beside libraries' defaults and, with
`--oracle`, beside the best settings that a search with the truth finds on two draws more.

Run: python benchmarks/recommend/wild.py [--scenarios 0:100] [--too-little 20] [--oracle] [--check]
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from typing import Any

import numpy as np
from judge import LIBRARIES, RUN, TIME, Judge, Setting, Verdict
from odd_traffic import Odd, odd
from second_judge import replayed
from wild_traffic import Log, Recipe, recipe, too_little

_JUDGED = 3
_OF_THE_ORACLE = (501, 502)
_DRAWN = 120
_ROUNDS = 2


def total(judges: list[Judge], setting: Setting) -> Verdict:
    return sum((judge(setting) for judge in judges), Verdict())


def recommended(log: Log, made: Recipe | Odd) -> tuple[Any, float]:
    """Return cbtool's answer, and how long it took."""
    from cbtool.recommend import recommend  # noqa: PLC0415  # compiled code, in each process
    from cbtool.traffic.calls import Calls  # noqa: PLC0415

    start = log.in_whole_seconds if made.coarse else log.start_ns
    start = start - (start[0] if len(start) else 0)
    duration, status = log.duration_ns, log.status
    if isinstance(made, Odd):
        order = np.random.default_rng(1).permutation(len(log)) if made.shuffled else np.arange(len(log))
        order = order[np.argsort(start[order], kind="stable")]  # as every reader does
        duration = np.full(len(log), -1) if made.no_durations else duration
        start, duration, status = start[order], duration[order], status[order]
    calls = Calls(start, duration, status, np.zeros(len(log), np.uint8))
    began = time.perf_counter()
    answer = recommend(calls, brief=True)
    return answer, time.perf_counter() - began


class Oracle:
    """A search with the truth, without any budget; from random settings, libraries' defaults, and ours."""

    def __init__(self, made: Recipe | Odd) -> None:
        self._judges = [Judge(made.draw(seed)) for seed in _OF_THE_ORACLE]  # type: ignore[arg-type]
        self._rate, self._p99 = made.rate, made.p99()
        self._random = np.random.default_rng([made.number, 9])
        self._known: dict[Setting, float] = {}

    def best(self, ours: Setting | None) -> Setting:
        starts = [*LIBRARIES.values(), *(self._drawn() for _ in range(_DRAWN)), *([ours] if ours else [])]
        ranked = sorted(starts, key=self._loss)
        timed = [s for s in ranked if s.kind == TIME][:1]
        found = [self._descend(s) for s in {*timed, *([ours] if ours else [])}]
        return min([ranked[0], *found], key=self._loss)

    def _loss(self, setting: Setting) -> float:
        if setting not in self._known:
            self._known[setting] = total(self._judges, setting).loss
        return self._known[setting]

    def _drawn(self) -> Setting:
        r = self._random
        holds = np.exp(r.uniform(np.log(3), np.log(5000)))
        errors = max(1, round(np.exp(r.uniform(0, np.log(max(2.0, holds * 0.8))))))
        judged = r.random() < 0.5
        return Setting(
            window=float(holds / self._rate),
            threshold=float(r.choice([5, 10, 20, 30, 40, 50, 60, 80])),
            errors=errors,
            calls=errors,
            wait=float(np.exp(r.uniform(np.log(max(0.2, 2 / self._rate)), np.log(max(20, 30 / self._rate))))),
            trials=int(r.choice([1, 1, 2, 3, 5])),
            slow_from=self._p99 * r.choice([1, 1.5, 3]) if judged else np.inf,
            slow_threshold=float(r.choice([30, 50, 80])) if judged else 100.0,
        )

    def _descend(self, at: Setting) -> Setting:
        for _ in range(_ROUNDS):
            before = at
            for moves in (_waits, _thresholds, _errors, _windows, _trials, self._slow):
                at = min([at, *moves(at)], key=self._loss)
            if at == before:
                break
        return at

    def _slow(self, at: Setting) -> Iterator[Setting]:
        yield at._replace(slow_from=np.inf, slow_threshold=100.0)
        for factor in (1, 1.5, 3):
            for threshold in (30, 50, 80):
                yield at._replace(slow_from=factor * self._p99, slow_threshold=float(threshold))


def _waits(at: Setting) -> Iterator[Setting]:
    yield from (at._replace(wait=at.wait * f) for f in (0.3, 0.5, 0.7, 1.4, 2, 3))


def _thresholds(at: Setting) -> Iterator[Setting]:
    yield from (at._replace(threshold=float(t)) for t in (10, 15, 20, 25, 30, 40, 50, 60, 80))


def _errors(at: Setting) -> Iterator[Setting]:
    for errors in sorted({max(1, round(at.errors * f)) for f in (0.3, 0.5, 0.75, 1.3, 1.5, 2, 3)}):
        yield at._replace(errors=errors, calls=errors)


def _windows(at: Setting) -> Iterator[Setting]:
    if at.kind != RUN:
        for factor in (0.3, 0.5, 0.7, 1.4, 2, 3):
            window = at.window * factor
            yield at._replace(window=window if at.kind == TIME else float(max(1, round(window))))


def _trials(at: Setting) -> Iterator[Setting]:
    yield from (at._replace(trials=n) for n in (1, 2, 3, 5, 10))


_SORTS = {"wild": recipe, "odd": odd, "too little": too_little}


def row_of(number: int, sort: str, *, oracle: bool, base: int) -> dict[str, Any]:
    """Return what became of one scenario of a sort."""
    made = _SORTS[sort](number)
    refused = sort == "too little"
    log = made.draw(base)
    row: dict[str, Any] = {"number": number, "words": made.words, "calls": len(log), "refused": refused}
    try:
        answer, row["seconds"] = recommended(log, made)
    except Exception as error:  # noqa: BLE001  # an exception is a finding, too
        return row | {"failed": repr(error)}
    setting = None if answer.config is None else Setting.of(answer.config)
    row |= {"setting": setting, "needs": answer.needs}
    row["found"] = [f"{i.kind} {i.start:.0f}+{i.length:.0f}s" for i in answer.incidents if i.actionable][:8]
    row["truth"] = [f"{s.kind} {s.begin:.0f}+{s.end - s.begin:.0f}s" for s in log.spans if s.actionable][:8]
    judges = [Judge(made.draw(base + 10 + k)) for k in range(_JUDGED)]  # type: ignore[arg-type]
    row["libraries"] = {name: total(judges, each) for name, each in LIBRARIES.items()}
    row["days"] = _JUDGED * made.seconds / 86_400
    if setting is not None:
        row["ours"] = total(judges, setting)
    if oracle and not refused:
        row["oracle_setting"] = Oracle(made).best(setting)
        row["oracle"] = total(judges, row["oracle_setting"])
    return row


def words(s: Setting | None) -> str:
    if s is None:
        return "-"
    text = f"{s.window:g}{'s' if s.kind == TIME else ' calls' if s.kind != RUN else ' run'} {s.threshold:g}%"
    text += f" k{s.errors} m{s.calls}"
    text += f" slow {s.slow_from:.3g}s {s.slow_threshold:g}%" if np.isfinite(s.slow_from) else ""
    return f"{text} wait {s.wait:.3g}s n{s.trials}"


def silly(s: Setting, rate: float) -> str:
    """Return what no operator would sign."""
    found = []
    if s.wait > max(900.0, 60 / rate):
        found.append(f"wait {s.wait:g}s")
    if s.errors > max(200, 20 * rate):
        found.append(f"errors {s.errors}")
    if not 5 <= s.threshold <= 90:
        found.append(f"threshold {s.threshold:g}")
    return ", ".join(found)


def badness(row: dict[str, Any]) -> float:
    """Return how bad a row is; more than 1 breaks a bar."""
    if "failed" in row:
        return 1e9
    if row["refused"] != (row["setting"] is None):
        return 1e8
    if "ours" not in row:
        return 0.0
    best = min(v.loss for v in row["libraries"].values())
    over = (row["ours"].loss + 10) / (best + 20)
    ratio = ratio_of(row) / 1.5 if "oracle" in row else 0.0
    return float(max(over, ratio, 0.9 + row["ours"].false_trips))


def ratio_of(row: dict[str, Any]) -> float:
    return float((row["ours"].loss + 10) / (row["oracle"].loss + 10))


def line(row: dict[str, Any]) -> str:
    head = f"#{row['number']}: {row['words']}; {row['calls']:,} calls"
    if "failed" in row:
        return f"{head}\n    FAILED {row['failed']}"
    head += f", {row['seconds']:.1f} s"
    if row["setting"] is None:
        return f"{head}\n    refused: {'; '.join(row['needs'])} | truth {row['truth']} found {row['found']}"
    ours = row["ours"]
    libraries = " ".join(f"{k[:4]} {v.loss:.0f}/{v.false_trips}" for k, v in row["libraries"].items())
    text = f"{head}\n    loss {ours.loss:,.0f}, false {ours.false_trips} in {row['days']:.3g} d,"
    text += f" missed {ours.missed}/{ours.incidents}, delay {ours.delay / max(1, ours.incidents):.3g}s"
    text += f" | {words(row['setting'])} | {libraries}"
    if "oracle" in row:
        text += f"\n    {ratio_of(row):.2f}x oracle {row['oracle'].loss:,.0f} {words(row['oracle_setting'])}"
    return f"{text}\n    truth {row['truth']} found {row['found']}"


def summary(rows: list[dict[str, Any]]) -> None:
    failed = [r["number"] for r in rows if "failed" in r]
    sound = [r for r in rows if "failed" not in r]
    wrong = [(r["number"], "refused" if r["setting"] is None else "answered") for r in sound
             if r["refused"] != (r["setting"] is None)]  # fmt: skip
    judged = [r for r in sound if "ours" in r and not r["refused"]]
    print(f"{len(rows)} scenarios; exceptions: {failed or 'none'}; wrongly: {wrong or 'none'}")
    if not judged:
        return
    quiet = sum(r["ours"].false_trips == 0 for r in judged)
    trips = sum(r["ours"].false_trips for r in judged)
    days = sum(r["days"] for r in judged)
    print(f"no false trip in {quiet} of {len(judged)} ({100 * quiet / len(judged):.1f} %);", end=" ")
    print(f"{trips} in {days:.0f} days, {30 * trips / days:.2f} in 30 days")
    missed, of = (sum(getattr(r["ours"], k) for r in judged) for k in ("missed", "incidents"))
    print(f"missed {missed} of {of} incidents")
    over = [r["ours"].loss - min(v.loss for v in r["libraries"].values()) for r in judged]
    far = [(r["number"], round(x)) for r, x in zip(judged, over, strict=True) if x > 10]
    print(f"worse than the best defaults by more than a false trip: {len(far)} {far}")
    compared = [r for r in judged if "oracle" in r]
    if compared:
        ratios = np.array([ratio_of(r) for r in compared])
        print(
            f"loss to the oracle's: mean {np.exp(np.log(ratios).mean()):.3f}, "
            f"median {np.median(ratios):.2f},",
            end=" ",
        )
        print(
            f"at most 1.15 in {(ratios <= 1.15).sum()} of {len(ratios)}, over 1.5: {(ratios > 1.5).sum()},",
            end=" ",
        )
        print(f"worst {ratios.max():.2f}")
    odd = {
        r["number"]: s
        for r in judged
        if (s := silly(r["setting"], r["calls"] * _JUDGED / r["days"] / 86_400))
    }
    print(f"odd settings: {odd or 'none'}")
    slowest = max(judged, key=lambda r: r["seconds"])
    print(f"slowest: #{slowest['number']} {slowest['calls']:,} calls {slowest['seconds']:.1f} s")


def check(numbers: range) -> None:
    """Hold the judge to the plain breaker, call by call, on the shorter scenarios."""
    compared = 0
    for number in numbers:
        made = recipe(number)
        if made.calls > 8_000:
            continue
        log = made.draw(3)
        for setting in (
            *LIBRARIES.values(),
            Setting(20 / made.rate, 25, 4, 6, 5 / made.rate, 3, made.p99(), 40),
        ):
            permitted, trips = Judge(log).run(setting)  # type: ignore[arg-type]
            plain, plain_trips = replayed(log, setting)
            assert permitted.tolist() == plain, (number, setting)  # noqa: S101
            assert (trips * 1e9).round().astype(int).tolist() == plain_trips, (number, setting)  # noqa: S101
            compared += len(log)
    print(f"the judge and the plain breaker agree on {compared:,} calls")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scenarios", default="0:100", help="their numbers, FROM:TO or N,N,...")
    parser.add_argument("--odd", action="store_true", help="scenarios of odd_traffic.py instead")
    parser.add_argument("--too-little", type=int, default=0, help="so many with too little data, too")
    parser.add_argument("--oracle", action="store_true", help="search for the best settings, too (slow)")
    parser.add_argument("--check", action="store_true", help="hold the judge to a second one instead")
    parser.add_argument("--base", type=int, default=1, help="the seed of the draw to recommend from")
    parser.add_argument("--most", type=float, default=np.inf, help="only scenarios of at most so many calls")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--json", help="a file for the rows")
    asked = parser.parse_args()
    first, colon, behind = asked.scenarios.partition(":")
    numbers = list(range(int(first), int(behind)) if colon else map(int, asked.scenarios.split(",")))
    if asked.check:
        check(range(numbers[0], numbers[-1] + 1))
        return
    sort = "odd" if asked.odd else "wild"
    chosen = [n for n in numbers if _SORTS[sort](n).calls <= asked.most]
    job = partial(row_of, oracle=asked.oracle, base=asked.base)
    with ProcessPoolExecutor(asked.processes) as pool:
        futures = [pool.submit(job, n, sort) for n in chosen]
        futures += [pool.submit(job, n, "too little") for n in range(asked.too_little)]
        rows = []
        for future in futures:
            rows.append(future.result())
            print(".", end="", file=sys.stderr, flush=True)
    for row in sorted(rows, key=badness):
        print(line(row))
    print()
    summary(rows)
    if asked.json:
        with open(asked.json, "w") as file:  # noqa: PTH123
            json.dump(rows, file, default=float)


if __name__ == "__main__":
    main()
