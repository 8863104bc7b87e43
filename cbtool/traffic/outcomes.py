"""Outcome rules: which answers are failures, which are not counted, and from when a call is slow.

A rule is a word: `5xx`, `503`, `500-504`, `timeout` or `connection_error`. Failure comes before ignored,
so `ignored = ["4xx"]` with `failure = ["429"]` counts a 429 as a failure and a 404 not at all. What no rule
names is a success. Loads no numpy: profiles are read by commands that need none.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cbtool.breaker.checks import positive, require
from cbtool.breaker.outcome import Verdict
from cbtool.errors import ConfigurationError, InvalidSettingError
from cbtool.traffic.error_kind import ErrorKind
from cbtool.units import parse_duration

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from cbtool.traffic.calls import Calls

STATUSES = 1000
"""Statuses are below this; rules may name those from 100 to 599."""

_RULE = 'must list statuses from 100 to 599 such as "5xx", "503" or "500-504", "timeout", "connection_error"'
_CLASS = re.compile(r"([1-5])xx", re.IGNORECASE)
_CODES = re.compile(r"([0-9]{3})(?:-([0-9]{3}))?")
_KINDS = {kind.label: kind for kind in (ErrorKind.TIMEOUT, ErrorKind.CONNECTION_ERROR)}


@dataclass(frozen=True)
class OutcomeRules:
    """What counts as what.

    Attributes:
        failure: rules for failures.
        ignored: rules for calls that no rate counts; failure comes first.
        slow: seconds above which a call is slow; None leaves it to the breaker's own threshold.

    Raises:
        InvalidSettingError: a rule is none of the words above, or `slow` is not longer than 0.
    """

    failure: tuple[str, ...] = ("5xx", "timeout", "connection_error")
    ignored: tuple[str, ...] = ("4xx",)
    slow: float | None = None
    _table: bytes = field(init=False, repr=False, compare=False)
    """`_table[error * STATUSES + status]` is the `Verdict`."""

    def __post_init__(self) -> None:
        table = bytearray(STATUSES * len(ErrorKind))
        for name, rules, verdict in (
            ("ignored", self.ignored, Verdict.IGNORED),
            ("failure", self.failure, Verdict.FAILURE),
        ):
            for rule in rules:
                for cell in _cells(name, rule):
                    table[cell] = verdict
        # No answer and no reason given is a connection that failed.
        table[0] = table[ErrorKind.CONNECTION_ERROR * STATUSES]
        object.__setattr__(self, "_table", bytes(table))
        if self.slow is not None:
            positive("slow", self.slow)

    def verdict(self, status: int, error: ErrorKind = ErrorKind.NONE) -> Verdict:
        """Return what an answer counts as; an `error` comes before any status."""
        return _VERDICTS[self._table[error * STATUSES + status]]

    def verdicts(self, calls: Calls) -> NDArray[np.uint8]:
        """Return the `Verdict` of each call, uint8, of length n."""
        import numpy as np  # noqa: PLC0415  # see the module's docstring

        table = np.frombuffer(self._table, dtype=np.uint8)
        verdicts: NDArray[np.uint8] = table[calls.error.astype(np.int32) * STATUSES + calls.status]
        return verdicts


_VERDICTS = tuple(Verdict)


def parse_slow(text: str) -> float:
    """Return the seconds in `> 2s`, as profiles write the slow rule; the `>` may be left out.

    Raises:
        ConfigurationError: it is not such a text, or not longer than 0.
    """
    try:
        seconds = parse_duration(text.strip().removeprefix(">"))
    except ConfigurationError:
        raise InvalidSettingError("slow", 'must be a duration such as "> 2s"', text) from None
    positive("slow", seconds)
    return seconds


def _cells(name: str, rule: str) -> range:
    """The places in the table that a rule speaks of."""
    kind = _KINDS.get(rule)
    if kind is not None:
        return range(kind * STATUSES, (kind + 1) * STATUSES)
    family = _CLASS.fullmatch(rule)
    if family is not None:
        first = int(family.group(1)) * 100
        return range(first, first + 100)
    codes = _CODES.fullmatch(rule)
    require(codes is not None, name, _RULE, rule)
    assert codes is not None  # noqa: S101  # the line above
    first, last = int(codes.group(1)), int(codes.group(2) or codes.group(1))
    require(100 <= first <= last <= 599, name, _RULE, rule)
    return range(first, last + 1)


DEFAULT_RULES = OutcomeRules()
"""Errors of the server and no answer are failures; the client's own mistakes are not counted."""
