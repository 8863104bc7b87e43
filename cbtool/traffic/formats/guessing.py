"""What the columns of a table that nobody described mean, from their names and from what is in them.

Services, gateways and log collectors write objects, rows or `key=value` pairs under names of their own, most
of which are some of a few. A name is believed where the values fit it: a status is a number from 100 to 599,
a time one that could be. What was taken for what is told, as the `--map` that says the same. Names are those
of Google's, Azure's and Amazon's gateways, Cloudflare, Kong, APISIX, Envoy, ECS and OpenTelemetry, and of
loggers such as lograge, morgan, pino, Serilog, Logback, zap, Echo and Gin.
"""

from __future__ import annotations

import re
import statistics
from collections import defaultdict
from typing import TYPE_CHECKING, Any, NamedTuple

from cbtool.traffic.formats import column_names, first_rows
from cbtool.traffic.scanning import clocks
from cbtool.traffic.scanning.lines import Lines, Spans
from cbtool.traffic.scanning.numbers import NONSENSE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

_LINES = 100
_NEARLY_ALL = 0.9
_NANOSECONDS = 1e9
_LEAST = 0.5  # of the lines must have a time and a status
_DATED = re.compile(r"^[^=0-9]{0,40}[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}")


_UNIT_TEXT = re.compile(r"^(?:\d+h)?(?:\d+m)?(?:\d+(?:\.\d+)?(?:s|ms|µs|us|ns))$")
_ISO = re.compile(r"^\s*(?:19[789]|2[01]\d)\d[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d")
_ASKED = re.compile(r"^[A-Z]{3,7} \S+(?: HTTP/[\d.]+)?$")
_CLF = re.compile(r"^\[?\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d")
_EPOCHS = [(10**8 * 10**power, 5 * 10**9 * 10**power) for power in (0, 3, 6, 9)]


BEFORE = "(before)"
"""In the place of a column: the time that stands before the pairs of a line."""

_OVER_AN_HOUR = 5e6  # milliseconds; whole numbers that are usually larger are nanoseconds


class Guess(NamedTuple):
    """What columns are taken for.

    Attributes:
        mapping: as `--map` has it.
        kind: `objects`, `rows` or `pairs`.
        dated: whether the time is no column: it stands before the pairs.
    """

    mapping: str
    kind: str
    dated: bool = False


def guessed(lines: Sequence[str]) -> Guess | None:
    """Return what the columns of these lines, the first of a file, are taken for; None if that is unclear."""
    for kind, read in first_rows.READERS.items():
        found = read(lines[:_LINES])
        columns = _Columns(found)
        if columns.values and len(found) >= _LEAST * max(1, len(lines[:_LINES]) - 1):
            dated = kind == "pairs" and sum(bool(_DATED.match(line)) for line in lines[:_LINES])
            before = bool(dated) and dated >= _LEAST * len(found)
            mapping = _mapping(columns, dated=before)
            if mapping is not None:
                return Guess(mapping[0], kind, mapping[1])
    return None


class _Columns:
    """Columns by name, and what is in them."""

    def __init__(self, rows: Sequence[dict[str, Any]]) -> None:
        self.values: defaultdict[str, list[Any]] = defaultdict(list)
        for row in rows:
            for name, value in row.items():
                if value is not None and value != "":
                    self.values[name].append(value)
        self._rows = rows
        self._least = _LEAST * len(rows)

    def named(self, names: Iterable[str], fits: Callable[[Any], bool], *, few: bool = False) -> str | None:
        """Return the column of the first of these names of which enough values fit, the least deep one."""
        least = 1 if few else self._least
        for name in names:
            for column in sorted(self.values, key=lambda each: (each.count("."), len(each))):
                if name in _spellings(column) and sum(map(fits, self.values[column])) >= least:
                    return column
        return None

    def tells_status(self, column: str) -> bool:
        """Return whether a column has a status of HTTP; one of zeros alone is another kind of code."""
        return any(number >= 100 for each in self.values[column] if (number := _number(each)) is not None)

    def is_fine(self, column: str) -> bool:
        """Return whether a column's times are finer than seconds."""
        return any(map(_is_fine, self.values[column]))

    def stamps_starts(self, when: str, took: str) -> bool:
        """Return whether what took long was received by so much later than it is stamped."""
        received = self.named(column_names.RECEIVED, is_time)
        later = [
            there - stamp >= spent
            for row in self._rows
            if (there := _moment(row.get(received or ""))) is not None
            and (stamp := _moment(row.get(when))) is not None
            and (spent := _seconds(row.get(took))) is not None
        ]
        return bool(later) and sum(later) >= _NEARLY_ALL * len(later)

    def took(self) -> dict[str, str]:
        """Return the column of the duration under its meaning, if there is one."""
        for few in (False, True):
            for unit, names in column_names.TOOK.items():
                column = self.named(names, lambda each: _number(each) is not None, few=few)
                if column is not None:
                    return {f"duration_{unit}": column}
            column = self.named(column_names.TOOK_SOMEHOW, _is_duration, few=few)
            if column is not None:
                return {self._unit_of(column): column}
        return {}

    def _unit_of(self, column: str) -> str:
        values = self.values[column]
        if any(isinstance(each, str) and _UNIT_TEXT.match(each.strip()) for each in values):
            return "duration"
        numbers = [number for each in values if (number := _number(each)) is not None and number > 0]
        usual = statistics.median(numbers) if numbers else 0.0
        whole = all(number == int(number) for number in numbers)
        human = any("latencyhuman" in _spellings(name) for name in self.values)
        if human or (whole and usual > _OVER_AN_HOUR):
            return "duration_ns"
        if "timetaken" in _spellings(
            column
        ):  # IIS' and its like whole milliseconds, Azure's gateways seconds
            return "duration_ms" if whole else "duration_s"
        of_rails = column_names.ACTED_BY.issubset(self.values)
        return "duration_ms" if whole or usual >= 1 or of_rails else "duration_s"


def _spellings(column: str) -> set[str]:
    """A column's name without signs: whole, its last part, and its last two."""
    parts = column.lower().split(".")
    return {"".join(filter(str.isalnum, "".join(parts[-last:]))) for last in (0, 1, 2)}


def _mapping(columns: _Columns, *, dated: bool) -> tuple[str, bool] | None:
    """Return what is what, and whether the time is no column."""
    status = columns.named(column_names.STATUS, is_status)
    began, ended = columns.named(column_names.BEGAN, is_time), columns.named(column_names.ENDED, is_time)
    when = None if began or ended else columns.named(column_names.WHEN, is_time)
    if when is None and dated and not (began or ended):
        when = BEFORE
    took = columns.took()
    if began and ended and _is_part(took) and columns.is_fine(began) and columns.is_fine(ended):
        took = {}
    of_haproxy = any(_spellings(column) & set(column_names.OF_HAPROXY) for column in took.values())
    if took and when and when != BEFORE and (of_haproxy or columns.stamps_starts(when, *took.values())):
        began, when = when, None
    made: dict[str, str | None] = {"status": status, **took}
    # Whoever logs how long a call took writes when it has ended.
    made["timestamp"] = began or (None if took else when)
    made["ended"] = (ended if not (began and took) else None) or (when if took else None)
    if status is None or not columns.tells_status(status) or not (made["timestamp"] or made["ended"]):
        return None
    for meaning, names in column_names.OTHERS.items():
        column = columns.named(names, lambda each: isinstance(each, str), few=True)
        made[meaning] = None if column in made.values() else column
    if made["path"] and all(map(_is_request, columns.values[made["path"]])):
        made["request"], made["path"] = made["path"], None
    elif made["path"] is None:
        made["request"] = columns.named(column_names.REQUEST, _is_request)
    told = ",".join(f"{meaning}={column}" for meaning, column in made.items() if column)
    return told, when == BEFORE


def _is_part(took: dict[str, str]) -> bool:
    return any(_spellings(column) & set(column_names.PART_OF_IT) for column in took.values())


def _is_fine(value: Any) -> bool:
    """Whether a time is finer than seconds."""
    number = _number(value)
    if number is None:
        return bool(re.search(r":\d\d[.,]\d*[1-9]", str(value)))
    unit = next((10**power for power in (9, 6, 3) if number >= 10 ** (8 + power)), 1)
    return number % unit > 0


def _moment(value: Any) -> float | None:
    """Unix seconds of ISO 8601."""
    text = Lines.made([str(value)])
    found = int(clocks.iso_times(Spans(text.data, text.start, text.end))[0])
    return None if found == NONSENSE else found / _NANOSECONDS


def _seconds(value: Any) -> float | None:
    """The seconds of a duration that is given in them, with or without the unit."""
    return _number(str(value).strip().removesuffix("s"))


def _number(value: Any) -> float | None:
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            return None
    return value if isinstance(value, int | float) else None


def _is_request(value: Any) -> bool:
    return isinstance(value, str) and bool(_ASKED.match(value))


def is_status(value: Any) -> bool:
    """Return whether a value could be a status of HTTP, or 0 or HAProxy's -1 in the place of one."""
    number = _number(value)
    return number is not None and (100 <= number <= 599 or number in {0, -1}) and number == int(number)


def _is_duration(value: Any) -> bool:
    return _number(value) is not None or (isinstance(value, str) and bool(_UNIT_TEXT.match(value.strip())))


def is_time(value: Any) -> bool:
    """Return whether a value could be a moment, as Unix time or in ISO's or the common log format's way."""
    number = _number(value)
    if number is not None:
        return any(least <= number < most for least, most in _EPOCHS)
    return isinstance(value, str) and bool(_ISO.match(value) or _CLF.match(value))
