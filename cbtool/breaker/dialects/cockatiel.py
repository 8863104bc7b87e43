"""cockatiel, recorded from 4.0.0 (CircuitBreakerPolicy.ts, breaker/*.ts, backoff/*.ts)."""

from __future__ import annotations

import math
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from cbtool.breaker.checks import require
from cbtool.breaker.dialect import Dialect, Evidence
from cbtool.breaker.native import Setting, Unit, percent_of, share_of, without_point
from cbtool.breaker.parts import WindowType
from cbtool.breaker.policies import (
    OFF,
    EvaluateOn,
    Ignored,
    LatePolicy,
    LateResults,
    Measure,
    Policies,
    TrialsPolicy,
    TrialsVerdict,
    TripPolicy,
    WaitPolicy,
    WindowKind,
    WindowPolicy,
)
from cbtool.breaker.spread import Spread
from cbtool.breaker.transition import State
from cbtool.units import NANOSECONDS, to_ns

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cbtool.breaker.config import BreakerConfig

_GENERATORS = {
    "": (1.0, 0.0, Spread.AROUND),
    "noJitterGenerator": (1.0, 0.0, Spread.AROUND),
    "halfJitterGenerator": (0.75, 1 / 3, Spread.AROUND),
    "fullJitterGenerator": (0.5, 1.0, Spread.AROUND),
    "decorrelatedJitterGenerator": (1.0, 1.0, Spread.DECORRELATED),
}
"""By name, the middle of its waits as a share of the plain one, and the jitter around that."""
_DOUBLING = 2.0  # `exponent` is heeded by the decorrelated generator alone
_INITIAL, _LONGEST = 128, 30_000  # milliseconds, ExponentialBackoff's own defaults
_FEWEST_WINDOWS = 5
_GUESSED_FAILURES = 5  # a second, which an unset minimumRps is to catch


def policies(config: BreakerConfig) -> Policies:
    """Return what cockatiel makes of a configuration."""
    calls = config.permitted_number_of_calls_in_half_open_state
    return Policies(
        window=_window(config),
        trip=_trip(config),
        wait=_wait(config),
        trials=TrialsPolicy(
            permits=calls,
            verdict=TrialsVerdict.ALL_IN,
            enough=calls,
            failures=math.floor(config.option("halfOpenSampling.threshold") * calls) + 1,
            ignored=Ignored.SUCCESS,
        ),
        late=LatePolicy(LateResults.ADMITTING_STATE, trials_dropped=True),
    )


def _window(config: BreakerConfig) -> WindowPolicy:
    own = WindowPolicy(WindowKind.RUN, cleared_on=1 << State.CLOSED, verdicts_only=True)
    if config.sliding_window_type is WindowType.CONSECUTIVE:
        return own
    if config.sliding_window_type is WindowType.COUNT:
        return own._replace(kind=WindowKind.CALLS, size=int(config.window_size))
    windows, width = _windows(config)
    return own._replace(kind=WindowKind.FLOATING, size=windows, width=width)


def _windows(config: BreakerConfig) -> tuple[int, int]:
    """Return how many windows a sampling breaker has, and how many nanoseconds long, whole milliseconds."""
    duration = config.window_size * 1000.0
    windows = max(_FEWEST_WINDOWS, math.ceil(duration / 1000.0))
    return windows, math.floor(duration / windows + 0.5) * (NANOSECONDS // 1000)


def _trip(config: BreakerConfig) -> TripPolicy:
    run = config.consecutive_failures
    if run is not None:
        return TripPolicy(EvaluateOn.FAILURE, run=run, failure_rate=OFF)
    minimum = config.minimum_calls
    if config.sliding_window_type is WindowType.TIME:
        windows, width = _windows(config)
        milliseconds = windows * width / 1e6
        rps = config.option("minimumRps") or _GUESSED_FAILURES / share_of(config.failure_rate_threshold)
        minimum = math.ceil(milliseconds * (rps / 1000.0))
    return TripPolicy(
        EvaluateOn.FAILURE,
        failure_rate=share_of(config.failure_rate_threshold),
        failure_above=True,
        measure=Measure.PRODUCT,
        minimum_calls=minimum,
    )


def _wait(config: BreakerConfig) -> WaitPolicy:
    middle, jitter, spread = _GENERATORS[config.option("generator")]
    longest = config.max_wait_duration_in_open_state
    return WaitPolicy(
        seconds=config.wait_duration_in_open_state * middle,
        multiplier=config.wait_backoff_multiplier,
        longest=-1.0 if longest is None else longest * middle,
        jitter=jitter,
        spread=spread,
    )


def _read(values: Mapping[str, Any]) -> dict[str, Any]:
    nested = ("breaker", "halfOpenAfter", "halfOpenSampling")
    words = {name: value for name, value in values.items() if name not in nested}
    words |= _read_breaker(values.get("breaker", {"ConsecutiveBreaker": 5}))
    words |= _read_backoff(values.get("halfOpenAfter", 10_000))
    sampling = values.get("halfOpenSampling") or {}
    calls, threshold = sampling.get("calls", 1), sampling.get("threshold", 0)
    require(isinstance(calls, int) and calls >= 1, "halfOpenSampling", "needs at least 1 of calls", calls)
    require(0 <= threshold < 1, "halfOpenSampling", "needs a threshold from 0 to under 1", threshold)
    words["permitted_number_of_calls_in_half_open_state"] = calls
    words["halfOpenSampling.threshold"] = threshold
    return words


def _read_breaker(breaker: Any) -> dict[str, Any]:
    rule = "must be {ConsecutiveBreaker: n}, {CountBreaker: {…}} or {SamplingBreaker: {…}}"
    require(isinstance(breaker, dict) and len(breaker) == 1, "breaker", rule, breaker)
    ((kind, own),) = breaker.items()
    if kind == "ConsecutiveBreaker":
        require(isinstance(own, int) and own >= 1, "breaker", "must be of at least 1 failure", own)
        return {"sliding_window_type": WindowType.CONSECUTIVE, "sliding_window_size": own}
    require(kind in {"CountBreaker", "SamplingBreaker"} and isinstance(own, dict), "breaker", rule, breaker)
    threshold = own.get("threshold", 0)
    require(0 < threshold < 1, "breaker", "needs a threshold over 0 and under 1", threshold)
    words: dict[str, Any] = {"failure_rate_threshold": percent_of(threshold)}
    if kind == "SamplingBreaker":
        words |= {
            "sliding_window_type": WindowType.TIME,
            "sliding_window_size": float(Decimal(str(own["duration"])) / 1000),
        }
        return words | ({"minimumRps": own["minimumRps"]} if own.get("minimumRps") else {})
    size = own.get("size", 0)
    minimum = own.get("minimumNumberOfCalls", size)
    require(size >= 1, "breaker", "needs a size of at least 1", size)
    require(1 <= minimum <= size, "breaker", "needs a minimumNumberOfCalls from 1 to its size", minimum)
    return words | {
        "sliding_window_type": WindowType.COUNT,
        "sliding_window_size": size,
        "minimum_number_of_calls": minimum,
    }


def _read_backoff(after: Any) -> dict[str, Any]:
    if isinstance(after, (int, float)):
        return {"wait_duration_in_open_state": after / 1000.0}
    rule = "must be milliseconds, or {ConstantBackoff: ms}, {ExponentialBackoff: {…}}, {IterableBackoff: […]}"
    require(isinstance(after, dict) and len(after) == 1, "halfOpenAfter", rule, after)
    ((kind, own),) = after.items()
    if kind == "ConstantBackoff":
        return {"wait_duration_in_open_state": own / 1000.0}
    if kind == "IterableBackoff":
        return _geometric(own)
    require(kind == "ExponentialBackoff", "halfOpenAfter", rule, after)
    generator = own.get("generator", "decorrelatedJitterGenerator")
    require(generator in _GENERATORS, "halfOpenAfter", "must name one of cockatiel's generators", generator)
    heeded = generator == "decorrelatedJitterGenerator"
    return {
        "wait_duration_in_open_state": own.get("initialDelay", _INITIAL) / 1000.0,
        "max_wait_duration_in_open_state": own.get("maxDelay", _LONGEST) / 1000.0,
        "wait_backoff_multiplier": float(own.get("exponent", _DOUBLING) if heeded else _DOUBLING),
        "generator": generator,
    }


def _geometric(waits: list[float]) -> dict[str, Any]:
    """Read a list of waits whose every one is as many times the one before; the last one stays."""
    factor = waits[1] / waits[0] if len(waits) > 1 else 1.0
    even = all(later == earlier * factor for earlier, later in pairwise(waits))
    rule = "must be a list whose waits grow by one factor, to be modelled here"
    require(even and factor >= 1, "halfOpenAfter", rule, waits)
    return {
        "wait_duration_in_open_state": waits[0] / 1000.0,
        "max_wait_duration_in_open_state": waits[-1] / 1000.0,
        "wait_backoff_multiplier": factor,
    }


def _write(config: BreakerConfig) -> dict[str, Any]:
    threshold = share_of(config.failure_rate_threshold)
    if config.sliding_window_type is WindowType.CONSECUTIVE:
        breaker: dict[str, Any] = {"ConsecutiveBreaker": int(config.window_size)}
    elif config.sliding_window_type is WindowType.COUNT:
        own = {"threshold": threshold, "size": int(config.window_size)}
        breaker = {"CountBreaker": own | {"minimumNumberOfCalls": config.minimum_calls}}
    else:
        own = {"threshold": threshold, "duration": _milliseconds(config.window_size)}
        rps = config.option("minimumRps")
        breaker = {"SamplingBreaker": own | ({"minimumRps": rps} if rps else {})}
    sampling = {
        "calls": config.permitted_number_of_calls_in_half_open_state,
        "threshold": config.option("halfOpenSampling.threshold"),
    }
    hidden = dict.fromkeys(("minimumRps", "generator", "halfOpenSampling.threshold"), ...)
    return {
        "breaker": breaker,
        "halfOpenAfter": _write_backoff(config),
        "halfOpenSampling": sampling,
        **hidden,
    }


def _write_backoff(config: BreakerConfig) -> Any:
    first = _milliseconds(config.wait_duration_in_open_state)
    longest = config.max_wait_duration_in_open_state
    if longest is None:
        return first
    last, factor = _milliseconds(longest), config.wait_backoff_multiplier
    generator = config.option("generator")
    if not generator:
        waits = [first]
        while waits[-1] * factor <= last and factor > 1:
            waits.append(without_point(waits[-1] * factor))
        return {"IterableBackoff": waits}
    own = {"initialDelay": first, "maxDelay": last, "generator": generator}
    return {"ExponentialBackoff": own if factor == _DOUBLING else own | {"exponent": without_point(factor)}}


def _milliseconds(seconds: float) -> float:
    return without_point(to_ns(seconds) / 1e6)


DIALECTS = {
    "cockatiel": Dialect(
        name="cockatiel",
        title="cockatiel 4.0.0",
        evidence=Evidence.RECORDED,
        source="https://github.com/connor4312/cockatiel",
        policies=policies,
        settings=(
            Setting("minimumRps", None, Unit.NUMBER, None),
            Setting("generator", None, Unit.TEXT, "", choices=tuple(_GENERATORS)),
            Setting("halfOpenSampling.threshold", None, Unit.NUMBER, 0, 0, 1, below=True),
        ),
        words=frozenset(
            {
                "sliding_window_type",
                "sliding_window_size",
                "failure_rate_threshold",
                "minimum_number_of_calls",
                "wait_duration_in_open_state",
                "wait_backoff_multiplier",
                "max_wait_duration_in_open_state",
                "permitted_number_of_calls_in_half_open_state",
            }
        ),
        read=_read,
        write=_write,
        # The breaker and its wait are arguments without defaults; these are its README's.
        example=(("halfOpenAfter", 10_000), ("breaker", {"ConsecutiveBreaker": 5})),
        note="A call that arrives during a trial is parked by cockatiel until that ends; here it is refused.",
    )
}
