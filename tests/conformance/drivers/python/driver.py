"""Answers requests from a real library under a fake clock: `python driver.py LIBRARY`."""

from __future__ import annotations

import contextlib
import heapq
import importlib
import json
import platform
import sys
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from call import Call, FailureError, IgnoredError
from clock import CLOCK

if TYPE_CHECKING:
    from collections.abc import Coroutine, Generator

    from call import Library


class Run:
    """One request's calls, driven through one breaker in the order of their events."""

    def __init__(self, library: Library, request: dict[str, Any]) -> None:
        self._library = library
        self._epoch = request["epoch"]
        self._calls = [Call(*each) for each in zip(request["r"], request["d"], strict=True)]
        self._starts = request["t"]
        self._ends: list[tuple[int, int]] = []  # a heap of when, and which call
        self._rest: dict[int, Coroutine[None, None, None] | Generator[None, None, None]] = {}
        self._before = [""] * len(self._calls)
        self._after = [""] * len(self._calls)

    def answers(self) -> dict[str, str]:
        """Make every call, wait for the last, and return what was seen."""
        for number, start in enumerate(self._starts):
            self._complete_until(start)
            CLOCK.milliseconds = self._epoch + start
            self._start(number)
        self._complete_until(float("inf"))
        return {
            "p": "".join("01"[call.permitted] for call in self._calls),
            "before": "".join(self._before),
            "after": "".join(self._after),
        }

    def _complete_until(self, moment: float) -> None:
        while self._ends and self._ends[0][0] <= moment:
            end, number = heapq.heappop(self._ends)
            CLOCK.milliseconds = self._epoch + end
            self._step(number)

    def _start(self, number: int) -> None:
        call = self._calls[number]
        self._before[number] = self._library.state
        with self._expecting():
            rest = self._library.begin(call)
            if rest is not None:
                self._rest[number] = rest
        if number in self._rest:
            self._step(number)
        self._after[number] = self._library.state
        if number not in self._rest:
            return
        if call.duration:
            heapq.heappush(self._ends, (self._starts[number] + call.duration, number))
        else:
            self._step(number)

    def _step(self, number: int) -> None:
        """Let a call run until it waits, or to its end."""
        with self._expecting():
            self._rest[number].send(None)
            return
        del self._rest[number]
        self._after[number] = self._library.state

    def _expecting(self) -> contextlib.suppress:
        """Return a context that ends quietly with a call's own end or a refusal, and with nothing else."""
        return contextlib.suppress(StopIteration, FailureError, IgnoredError, self._library.REFUSAL)


def answer(library: type[Library], request: dict[str, Any]) -> dict[str, str]:
    """Return a request's answer, or why the library rejects its options."""
    CLOCK.milliseconds = request["epoch"]
    try:
        breaker = library(request["options"])
    except (TypeError, ValueError) as error:
        return {"id": request["id"], "error": str(error)}
    return {"id": request["id"], **Run(breaker, request).answers()}


def main(name: str) -> None:
    """Write a header, then one answer a request."""
    library = getattr(importlib.import_module(f"of_{name}"), name.capitalize())
    header = {
        "library": name,
        "version": version(name),
        "licence": library.LICENCE,
        "language": "Python",
        "runtime": f"CPython {platform.python_version()}",
    }
    sys.stdout.write(json.dumps(header) + "\n")
    for line in sys.stdin:
        sys.stdout.write(json.dumps(answer(library, json.loads(line))) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
