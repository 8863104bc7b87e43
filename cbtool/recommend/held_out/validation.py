"""Is the method right about traffic that it has not seen? Parts of the log are fitted, the rest is the judge.

The first 70 % of the time are fitted and the other 30 % are what happened: nothing else says as plainly what
a promise is worth. Then each half, and each day of a log of several: settings that differ much from part to
part are not to be trusted to the last digit. Each is a run of the whole method, hence only with `--validate`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from cbtool.recommend.findings import Validation
from cbtool.recommend.held_out.bench import HeldBench, Stretch
from cbtool.recommend.held_out.long_bench import LongBench
from cbtool.recommend.long_method import recommend_any
from cbtool.traffic.calls import Calls

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cbtool.recommend.asked import Asked
    from cbtool.recommend.model import Recommendation
    from cbtool.traffic.parts import LongCalls

_FIRST = 0.7
_DAY = 86400.0
_DAYS = (2, 7)  # so many are looked at one by one


def answered(calls: Calls | LongCalls, asked: Asked, *, validate: bool = False) -> Recommendation:
    """Return the recommendation for calls, wherever they are; with its validation, if that is wanted.

    Raises:
        ConfigurationError: as `recommend_any`.
        UnreachableError: there is no room on the disk.
    """
    if validate:
        return validated(calls, asked)
    return recommend_any(calls, asked)


def validated(calls: Calls | LongCalls, asked: Asked) -> Recommendation:
    """Return the recommendation with its validation, where it is one.

    Raises:
        ConfigurationError: as `recommend_any`.
    """
    answer = answered(calls, asked)
    if answer.config is None:
        return answer
    bench = HeldBench(asked, answer, calls) if isinstance(calls, Calls) else LongBench(asked, answer, calls)
    first = Stretch(f"first {100 * _FIRST:.0f} %", 0.0, _FIRST * calls.span, later=True)
    parts = tuple(bench.held_out(part) for part in _parts(calls.span))
    return replace(answer, validation=Validation(held_out=bench.held_out(first), parts=parts))


def _parts(span: float) -> Iterable[Stretch]:
    yield Stretch("first half", 0.0, span / 2)
    yield Stretch("second half", span / 2, span)
    days = round(span / _DAY)
    if _DAYS[0] < days <= _DAYS[1]:
        for day in range(days):
            yield Stretch(f"day {day + 1}", span * day / days, span * (day + 1) / days)
