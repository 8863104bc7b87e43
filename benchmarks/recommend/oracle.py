"""The process oracle: the best settings that a search finds with the truth, on draws of its own.

Random search, then coordinate descent, both by the judge's loss and without any budget. It is slow and
its results change only with the scenarios, so they are kept in `oracle.json`, with the draws' seeds.

Run: python benchmarks/recommend/oracle.py [NAME...] [--improve]
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
from judge import LIBRARIES, Judge, Setting, Verdict
from kinds import KINDS
from processes import Process

FOUND = Path(__file__).with_name("oracle.json")
SEEDS = (901, 902, 903, 904)
_RANDOM = 350
_DESCENTS = 3
_ROUNDS = 4
_OFF = (np.inf, 100.0)


def total(judges: list[Judge], setting: Setting) -> Verdict:
    """Return what a setting did on several draws together."""
    return sum((judge(setting) for judge in judges), Verdict())


class Oracle:
    """One search."""

    def __init__(self, process: Process, judges: list[Judge], rate: float) -> None:
        self._judges = judges
        self._rate = rate
        self._p99 = process.latency.p99
        self._random = np.random.default_rng(7)
        self._known: dict[Setting, float] = {}

    def best(self) -> Setting:
        """Return the best setting found."""
        starts = [*LIBRARIES.values(), *(self._drawn() for _ in range(_RANDOM))]
        some = self._judges[:2]
        quick = {setting: total(some, setting).loss for setting in starts}
        ranked = sorted(starts, key=quick.__getitem__)
        found = [self._descend(setting) for setting in [s for s in ranked if s.kind == 0][:_DESCENTS]]
        return min([*found, ranked[0]], key=self._loss)

    def improved(self, known: Setting) -> Setting:
        """Return the best setting that a descent from a known one finds."""
        return self._descend(known)

    def _loss(self, setting: Setting) -> float:
        if setting not in self._known:
            self._known[setting] = total(self._judges, setting).loss
        return self._known[setting]

    def _drawn(self) -> Setting:
        r = self._random
        holds = np.exp(r.uniform(np.log(2), np.log(8000)))
        errors = max(1, round(np.exp(r.uniform(0, np.log(max(2.0, holds * 0.8))))))
        slow = (self._p99 * r.choice([1, 1.5, 2, 3]), float(r.choice([30, 40, 50, 60, 80])))
        return Setting(
            window=float(holds / self._rate),
            threshold=float(r.choice([5, 10, 15, 20, 25, 30, 40, 50, 60, 80])),
            errors=errors,
            calls=round(errors * r.choice([1, 1, 2, 4])),
            wait=float(np.exp(r.uniform(np.log(max(0.2, 2 / self._rate)), np.log(max(20, 30 / self._rate))))),
            trials=int(r.choice([1, 1, 2, 3, 5, 10])),
            slow_from=slow[0] if r.random() < 0.6 else _OFF[0],
            slow_threshold=slow[1],
        )

    def _descend(self, at: Setting) -> Setting:
        for _ in range(_ROUNDS):
            before = at
            for name in ("wait", "threshold", "errors", "window", "trials", "slow", "calls", "backoff"):
                moves = _growing(at) if name == "backoff" else self._moves(at, name)
                at = min([at, *moves], key=self._loss)
            if at == before:
                break
        return at

    def _moves(self, at: Setting, name: str) -> Iterator[Setting]:
        if name == "wait":
            yield from (at._replace(wait=at.wait * f) for f in (0.3, 0.5, 0.7, 0.85, 1.2, 1.4, 2, 3))
        elif name == "threshold":
            yield from (at._replace(threshold=float(t)) for t in (5, 10, 15, 20, 25, 30, 40, 50, 60, 80))
        elif name == "errors":
            changed = {max(1, round(at.errors * f)) for f in (0.3, 0.5, 0.7, 0.85, 1.2, 1.5, 2, 3)}
            for errors in sorted({*changed, at.errors + 1, max(1, at.errors - 1)} - {at.errors}):
                yield at._replace(errors=errors, calls=max(errors, at.calls if at.calls > at.errors else 0))
        elif name == "window":
            yield from (at._replace(window=at.window * f) for f in (0.3, 0.5, 0.7, 0.85, 1.2, 1.5, 2, 3))
        elif name == "trials":
            yield from (at._replace(trials=n) for n in (1, 2, 3, 4, 5, 7, 10))
        elif name == "slow":
            yield at._replace(slow_from=_OFF[0], slow_threshold=_OFF[1])
            for factor in (1, 1.5, 2, 3):
                for threshold in (20, 30, 40, 50, 60, 80):
                    yield at._replace(slow_from=factor * self._p99, slow_threshold=float(threshold))
        else:
            yield from (at._replace(calls=round(at.errors * f)) for f in (1, 1.5, 2, 3, 5))


def _growing(at: Setting) -> Iterator[Setting]:
    """Yield a constant wait, and waits that grow from before the present one to beyond it."""
    yield at._replace(backoff=1.0, longest=np.inf)
    for backoff in (1.1, 1.2, 1.5, 2.0):
        for first in (0.15, 0.3, 0.6, 1.0):
            for longest in (1.0, 2.0, 4.0, 8.0):
                yield at._replace(wait=at.wait * first, backoff=backoff, longest=at.wait * longest)


def searched(process: Process, *, improve: bool = False) -> dict[str, object]:
    """Return one scenario's oracle as plain values: from scratch, or improved from the one in the file."""
    began = time.process_time()
    draws = [process.draw(seed) for seed in SEEDS]
    rate = float(np.median([len(d) / process.seconds for d in draws]))
    judges = [Judge(draw) for draw in draws]
    oracle = Oracle(process, judges, rate)
    best = oracle.improved(known()[process.name]) if improve else oracle.best()
    values = [(v if isinstance(v, int) else float(v)) if np.isfinite(v) else None for v in best]
    return {
        "setting": dict(zip(Setting._fields, values, strict=True)),
        "loss": round(total(judges, best).loss, 2),
        "seconds": round(time.process_time() - began, 1),
    }


def known() -> dict[str, Setting]:
    """Return the settings in the file, by scenario."""
    table = json.loads(FOUND.read_text()) if FOUND.exists() else {"found": {}}
    return {
        name: Setting(**{k: np.inf if v is None else v for k, v in entry["setting"].items()})
        for name, entry in table["found"].items()
    }


def main(names: list[str], *, improve: bool) -> None:
    """Search the named scenarios, or those that the file lacks; or improve the named, or all, in the file."""
    table = json.loads(FOUND.read_text()) if FOUND.exists() else {"found": {}}
    wanted = [
        p
        for p in KINDS
        if not p.refused and (p.name in names or (not names and improve == (p.name in table["found"])))
    ]
    with ProcessPoolExecutor(2) as pool:
        for process, entry in zip(wanted, pool.map(partial(searched, improve=improve), wanted), strict=True):
            table["found"][process.name] = entry
            print(process.name, entry, flush=True)
            FOUND.write_text(json.dumps({"seeds": SEEDS, "found": table["found"]}, indent=1) + "\n")


if __name__ == "__main__":
    asked = [name for name in sys.argv[1:] if name != "--improve"]
    main(asked, improve="--improve" in sys.argv)
