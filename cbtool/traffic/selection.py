"""Which calls of a log are looked at: a breaker stands before one dependency, a log often holds several."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from cbtool.breaker.outcome import Verdict
from cbtool.errors import ConfigurationError, InsufficientDataError, InvalidSettingError
from cbtool.traffic.outcomes import OutcomeRules
from cbtool.traffic.texts import TEXTS
from cbtool.units import exact_duration, format_duration, parse_duration

if TYPE_CHECKING:
    import numpy as np
    import polars as pl
    from numpy.typing import NDArray

    from cbtool.traffic.calls import Calls

_SPECIAL = re.compile(r"[.^$|()\[\]{}+?\\]")


class Moment(NamedTuple):
    """A time: Unix seconds, or, where `relative`, seconds after the first call."""

    seconds: float
    relative: bool = False

    def __str__(self) -> str:
        """Return it so that a user may write it again."""
        if not self.relative:
            return f"{self.seconds:.10g}"
        short = format_duration(self.seconds)
        return f"+{short if parse_duration(short) == self.seconds else exact_duration(self.seconds)}"


@dataclass(frozen=True)
class Selection:
    """What a call must be. Of several patterns for one thing, one must fit; `*` in them is anything.

    Attributes:
        path: patterns of the path without its query.
        host: of the host that was asked for, whatever its case.
        method: HTTP methods, whatever their case.
        status: rules such as `5xx`, `500-504`, `404` or `timeout`, as outcome rules have them.
        upstream: patterns of the group of servers.
        instance: patterns of the server that answered.
        since: calls that start earlier are left out.
        until: calls that start then or later are left out.
    """

    path: tuple[str, ...] = ()
    host: tuple[str, ...] = ()
    method: tuple[str, ...] = ()
    status: tuple[str, ...] = ()
    upstream: tuple[str, ...] = ()
    instance: tuple[str, ...] = ()
    since: Moment | None = None
    until: Moment | None = None

    def __bool__(self) -> bool:
        """Whether anything is asked for."""
        return self != Selection()

    @property
    def texts(self) -> frozenset[str]:
        """What calls must say to be chosen by this."""
        return frozenset(name for name in TEXTS if getattr(self, name))

    def of(self, calls: Calls) -> Calls:
        """Return the calls that fit, with a note that says how many.

        Raises:
            ConfigurationError: the calls do not say what is asked for.
            InvalidSettingError: a status is none.
            InsufficientDataError: none fits.
        """
        if not self:
            return calls
        keep = self.within(calls) & self.fits(calls)
        left = int(keep.sum())
        if not left:
            raise self.nothing(len(calls))
        return rebased(calls, keep).noting((self.note(left, len(calls)),))

    def fits(self, calls: Calls) -> NDArray[np.bool_]:
        """Return which calls are what is asked for, whenever they were.

        Raises:
            ConfigurationError: the calls do not say what is asked for.
            InvalidSettingError: a status is none.
        """
        keep = calls.status >= 0
        for name, texts in (("path", calls.path), ("host", calls.host), ("upstream", calls.upstream)):
            patterns = getattr(self, name)
            if patterns:
                keep &= _fits(_known(name, texts), patterns, name)
        if self.method:
            methods = _known("method", calls.method).str.to_uppercase()
            keep &= methods.is_in([each.upper() for each in self.method]).fill_null(value=False).to_numpy()
        if self.instance:
            keep &= _of_instances(calls, self.instance)
        if self.status:
            keep &= _answered(self.status).verdicts(calls) == Verdict.FAILURE
        return keep

    def nothing(self, calls: int) -> InsufficientDataError:
        """Return the error that says that none of so many calls fits."""
        return InsufficientDataError(f"none of {calls:,} calls is {self}", ("a call that fits",))

    def note(self, left: int, calls: int) -> str:
        """Return the sentence that says how many of the calls fit."""
        return f"{left:,} of {calls:,} calls are looked at: {self}"

    def __str__(self) -> str:
        """Return the options that ask for this."""
        names = ("path", "host", "method", "status", "upstream", "instance")
        asked = [f"--{name} {','.join(getattr(self, name))}" for name in names if getattr(self, name)]
        for name, moment in (("since", self.since), ("until", self.until)):
            if moment is not None:
                asked.append(f"--{name} {moment}")
        return " ".join(asked)

    def within(self, calls: Calls) -> NDArray[np.bool_]:
        """Return which calls started when it is asked for.

        Raises:
            ConfigurationError: a date is asked for, and the calls have none.
        """
        keep = calls.start_ns >= 0
        for moment, early in ((self.since, False), (self.until, True)):
            if moment is None:
                continue
            if not moment.relative and calls.epoch == 0.0:
                raise ConfigurationError("the calls have no date: write --since and --until as +30s, +5m")
            seconds = moment.seconds if moment.relative else moment.seconds - calls.epoch
            # In whole microseconds: a date of this century leaves a float no more.
            at = round(max(-1.0, min(seconds, 9e9)) * 1e6) * 1000
            keep &= (calls.start_ns < at) if early else (calls.start_ns >= at)
        return keep


def rebased(calls: Calls, keep: NDArray[np.bool_]) -> Calls:
    """Return the calls that the mask keeps, at least one, with times counted from the first of them."""
    chosen = calls.take(keep)
    shift = chosen.start_ns[0]
    return replace(chosen, start_ns=chosen.start_ns - shift, epoch=chosen.epoch + int(shift) / 1e9)


def _answered(status: tuple[str, ...]) -> OutcomeRules:
    try:
        return OutcomeRules(status, ignored=())
    except InvalidSettingError as error:
        raise InvalidSettingError("--status", error.rule, error.value) from None


def _known(name: str, texts: pl.Series | None) -> pl.Series:
    if texts is None:
        raise ConfigurationError(f"--{name}: the log does not say it")
    return texts


def _pattern(patterns: tuple[str, ...]) -> str:
    escaped = (_SPECIAL.sub(r"\\\g<0>", each).replace("*", ".*") for each in patterns)
    return f"^(?:{'|'.join(escaped)})$"


def _fits(texts: pl.Series, patterns: tuple[str, ...], name: str) -> NDArray[np.bool_]:
    if name == "path":
        texts = texts.str.extract(r"^([^?#]*)")
    flags = "(?si)" if name == "host" else "(?s)"
    fits: NDArray[np.bool_] = texts.str.contains(flags + _pattern(patterns)).fill_null(value=False).to_numpy()
    return fits


def _of_instances(calls: Calls, patterns: tuple[str, ...]) -> NDArray[np.bool_]:
    import numpy as np  # noqa: PLC0415  # profiles and scenarios are read without it

    if calls.instance is None:
        raise ConfigurationError("--instance: the log does not say which instance answered")
    pattern = re.compile(_pattern(patterns), re.DOTALL)
    wanted = [number for number, name in enumerate(calls.instances) if pattern.match(name)]
    return np.isin(calls.instance, wanted)
