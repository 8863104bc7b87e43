"""Whether as many false trips come as a recommendation promises: told from one draw, counted on many others.

Both generators' scenarios, by what befalls them and by what the trips came of. A promise is kept where the
trips that came lie within its 90 % interval, but for the chance that a count has of its own.

Run: python benchmarks/recommend/calibration.py [NAME...] [--seeds 1,2] [--wild 2000:2060] [--judged 10]
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import sys
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import wild
from judge import GRACE, RUN, TIME, Judge, Setting, Verdict
from kinds import KINDS, LONG
from oracle import known
from scipy.stats import poisson
from wild_traffic import recipe

_DAY = 86_400.0
_BURSTS = ("blip", "deploy")
_TOGETHER = 1.0  # seconds, in which one caller's retries come
_RETRIES = 3


def cause(log: Any, judge: Judge, setting: Setting, at: float) -> str:
    """Return what a false trip came of, as far as the truth tells."""
    end = np.sort((log.start_ns + log.duration_ns) / 1e9)
    window = setting.window
    if setting.kind != TIME:
        done = int(np.searchsorted(end, at, side="right"))
        window = at - end[max(0, done - int(setting.window))]
    near = [s for s in log.spans if s.begin <= at and at - window <= s.end]
    bursts = sum(s.kind in _BURSTS for s in near)
    refused = log.start_ns[~judge.run(setting)[0]] / 1e9
    before = refused[refused < at]
    cold = ", cold" if at < window or (len(before) and at - before[-1] < window) else ""
    if bursts:
        return ("two bursts" if bursts > 1 else "a burst") + cold
    if near:
        return ("an incident's tail" if any(s.actionable for s in near) else "a mild stretch") + cold
    failed = np.sort(((log.start_ns + log.duration_ns) / 1e9)[(log.status == 0) | (log.status >= 500)])
    failed = failed[(failed > at - window) & (failed <= at)]
    most = max((np.searchsorted(failed, f + _TOGETHER) - i for i, f in enumerate(failed)), default=0)
    return ("retries" if most >= _RETRIES else "chance") + cold


def judged(logs: list[Any], setting: Setting) -> tuple[Verdict, list[tuple[int, float, str]]]:
    """Return what a setting did on logs, and the false trips: which log, when, and what of."""
    found, trips = Verdict(), []
    for number, log in enumerate(logs):
        judge = Judge(log)
        found += judge(setting)
        right = [(s.begin, s.end + GRACE) for s in log.spans if s.actionable]
        false = [float(at) for at in judge.run(setting)[1] if not any(a <= at <= b for a, b in right)]
        trips += [(number, at, cause(log, judge, setting, at)) for at in false]
    return found, trips


def _benchmark() -> ModuleType:
    path = Path(__file__).with_name("__main__.py")
    spec = importlib.util.spec_from_file_location("benchmark", path)
    assert spec is not None  # noqa: S101
    assert spec.loader is not None  # noqa: S101
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


def row_of(what: tuple[str, int], draws: int) -> dict[str, Any]:
    """Return what one recommendation promised, and what came: a scenario's name and seed, or a wild one."""
    from cbtool.recommend import recommend  # noqa: PLC0415  # compiled code, in each process
    from cbtool.traffic.calls import Calls  # noqa: PLC0415

    name, number = what
    if name == "wild":
        made = recipe(number)
        first = made.draw(1)
        answer, _ = wild.recommended(first, made)
        seeds, seconds = range(11, 11 + draws), made.seconds
        words, draw = made.words, made.draw
    else:
        process = next(each for each in (*KINDS, *LONG) if each.name == name)
        first = process.draw(number)
        start = first.start_ns - first.start_ns[0]
        calls = Calls(start, first.duration_ns, first.status, np.zeros(len(first), np.uint8))
        answer = recommend(calls, brief=True)
        seeds, seconds = range(number + 10, number + 10 + draws), process.seconds
        words, draw = name, process.draw
    row: dict[str, Any] = {"name": name, "number": number, "words": words}
    row["events"] = sorted({s.kind for s in first.spans if s.actionable})
    row["ridden"] = sorted({s.kind for s in first.spans if not s.actionable})
    if answer.config is None or answer.expected is None:
        return row | {"refused": "; ".join(answer.needs)}
    setting = Setting.of(answer.config)
    logs = [draw(seed) for seed in seeds]
    verdict, trips = judged(logs, setting)
    best = known().get(name)
    told = answer.expected.false_trips_per_day
    return row | {
        "setting": setting,
        "promised": (told.value, told.low, told.high),
        "delay": answer.expected.detection_delay_s.value,
        "shed": answer.expected.bad_calls_shed_percent.value,
        "bound": answer.expected.false_trips_bound,
        "days": draws * seconds / _DAY,
        "trips": trips,
        "verdict": verdict,
        "oracle": None if best is None else judged(logs, best)[0].loss,
        "found": sum(i.actionable for i in answer.incidents),
        "true": sum(s.actionable for s in first.spans),
    }


def sort_of(row: dict[str, Any]) -> str:
    """Return what befell the log that was recommended from, and what the method made of it."""
    events = "incidents" if row["true"] else "no incident"
    if row["found"] != row["true"]:
        events += ", others found"
    return f"{events}; {', '.join(row['ridden']) or 'nothing'} ridden through"


def table(rows: list[dict[str, Any]]) -> None:
    """Print promised beside true, by sort; a line each."""
    print(f"{'':58}{'answers':>8}{'days':>8}{'promised':>10}{'interval':>18}{'came':>6}{'kept':>12}")
    sorts: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        for key in ("all", sort_of(row)):
            sorts.setdefault(key, []).append(row)
    for key, mine in sorted(sorts.items()):
        days = np.array([row["days"] for row in mine])
        value, low, high = days @ np.array([row["promised"] for row in mine])
        came = sum(len(row["trips"]) for row in mine)
        kept = sum(is_kept(row) for row in mine)
        within = f"{low:.2f} to {high:.2f}"
        print(
            f"{key:58}{len(mine):8}{days.sum():8.0f}{value:10.2f}{within:>18}{came:6}{kept:6} of {len(mine)}"
        )


def is_kept(row: dict[str, Any]) -> bool:
    """Return whether what came is no more than the high end of the promise lets come in 19 of 20 times."""
    return bool(poisson.sf(len(row["trips"]) - 1, row["days"] * row["promised"][2]) > 0.05)


def causes(rows: list[dict[str, Any]]) -> None:
    """Print how many trips came of what."""
    found: dict[str, list[str]] = {}
    for row in rows:
        for _, _, of in row["trips"]:
            found.setdefault(of, []).append(f"{row['name']} {row['number']}")
    for of, where in sorted(found.items(), key=lambda each: -len(each[1])):
        print(f"{of:24}{len(where):5} trips of {len(set(where))} answers")


def line(row: dict[str, Any]) -> str:
    """Return what came of one answer."""
    value, low, high = (row["days"] * x for x in row["promised"])
    s = Setting(*row["setting"])
    size = f"{s.window:g}{'s' if s.kind == TIME else ' run' if s.kind == RUN else ' calls'}"
    text = f"{row['name']} {row['number']}: promised {value:.3g} ({low:.2g} to {high:.3g}), came"
    text += f" {len(row['trips'])} in {row['days']:.3g} d {size} {s.threshold:g}% k{s.errors} m{s.calls}"
    text += f" slow {s.slow_from:.3g}s {s.slow_threshold:g}%" if np.isfinite(s.slow_from) else ""
    text += f" wait {s.wait:g}s n{s.trials}; found {row['found']}/{row['true']}; {row['words']}"
    text += f" ridden {row['ridden']}"
    return text + "".join(f"\n    log {n} at {at:.0f}s: {of}" for n, at, of in row["trips"][:6])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="scenarios; all, where none is named")
    parser.add_argument("--seeds", default="", help="of the draws to recommend from, N,N,...")
    parser.add_argument("--wild", default="", help="scenarios of wild_traffic.py, FROM:TO,FROM:TO or N,N,...")
    parser.add_argument("--judged", type=int, default=10, help="draws on which trips are counted")
    parser.add_argument("--most", type=float, default=np.inf, help="only wild scenarios of so many calls")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--verbose", action="store_true", help="each answer that tripped falsely, too")
    parser.add_argument("--json", help="a file for the rows")
    asked = parser.parse_args()
    wanted = [
        (each.name, int(seed))
        for each in KINDS
        if not each.refused and (not asked.names or each.name in asked.names)
        for seed in filter(None, asked.seeds.split(","))
    ]
    for part in filter(None, asked.wild.split(",")):
        first, _, behind = part.partition(":")
        numbers = range(int(first), int(behind or int(first) + 1))
        wanted += [("wild", n) for n in numbers if recipe(n).calls <= asked.most]
    rows = []
    with ProcessPoolExecutor(asked.processes) as pool:
        for row in pool.map(partial(row_of, draws=asked.judged), wanted):
            rows.append(row)
            print(".", end="", file=sys.stderr, flush=True)
    if asked.json:
        Path(asked.json).write_text(json.dumps(rows, default=float))
    report([row for row in rows if "setting" in row], verbose=asked.verbose)
    print(f"refused: {[(row['name'], row['number']) for row in rows if 'refused' in row] or 'none'}")


def report(rows: list[dict[str, Any]], *, verbose: bool) -> None:
    """Print it all."""
    if verbose:
        for row in sorted(rows, key=lambda each: len(each["trips"])):
            if row["trips"]:
                print(line(row))
        print()
    table(rows)
    print()
    causes(rows)
    total = sum((Verdict(*row["verdict"]) for row in rows), Verdict())
    print(f"loss {total.loss:,.0f}, missed {total.missed} of {total.incidents}")
    ratios = np.array(
        [
            (Verdict(*row["verdict"]).loss + 10) / (row["oracle"] + 10)
            for row in rows
            if row["oracle"] is not None
        ]
    )
    if len(ratios):
        few = f"at most 1.15 in {(ratios <= 1.15).sum()} of {len(ratios)}"
        print(
            f"loss to the oracle's: mean {np.exp(np.log(ratios).mean()):.3f}, {few}, worst {ratios.max():.2f}"
        )


if __name__ == "__main__":
    main()
