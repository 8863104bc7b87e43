"""Random settings of each library, in its own names and units, that it accepts."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from cbtool.breaker.dialects import NAMES, dialect_named
from cbtool.breaker.native import Setting, Unit
from cbtool.units import exact_duration

LIBRARIES = [name for name in NAMES if name != "default"]


def durations(low: float, high: float) -> st.SearchStrategy[str]:
    """Whole milliseconds."""
    milliseconds = st.integers(max(0, int(low * 1000)), int(min(high, 86400.0) * 1000))
    return milliseconds.map(lambda ms: exact_duration(ms / 1000))


def value_of(setting: Setting) -> st.SearchStrategy[Any]:  # noqa: PLR0911  # a line a unit
    low = 1 if setting.low is None else setting.low
    high = 100 if setting.high is None else setting.high
    if setting.choices:
        return st.sampled_from(setting.choices)
    if setting.unit is Unit.FLAG:
        return st.booleans()
    if setting.unit is Unit.TEXT:
        return st.just(setting.default)
    if setting.unit is Unit.DURATION:
        longest = 100 if setting.high is None else high
        several = durations(max(low, 0.001) if setting.above else low, longest)
        return several.map(
            lambda text: setting.default if text == "0ms" and setting.default == "0s" else text
        )
    if setting.unit is Unit.COUNT:
        return st.integers(int(low) + setting.above, max(int(high) - setting.below, int(low) + 1))
    if setting.unit is Unit.MILLISECONDS:
        return st.integers(max(1, int(low)), 100_000)
    whole = st.integers(1, 100).map(lambda n: n / 100 if high <= 1 else float(n))
    return whole.filter(lambda n: (n > low if setting.above else n >= low) and n <= high)


COUNTS = st.integers(1, 50)
SHARES = st.integers(1, 99).map(lambda n: n / 100)
SPECIAL: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "resilience4j": st.one_of(
        st.fixed_dictionaries(
            {}, optional={"slidingWindowType": st.sampled_from(["COUNT_BASED", "TIME_BASED"])}
        ),
        st.fixed_dictionaries(
            {"enableExponentialBackoff": st.just(True)},
            optional={
                "exponentialBackoffMultiplier": st.sampled_from([1.5, 2, 3.25]),
                "exponentialMaxWaitDurationInOpenState": durations(100, 1000),
            },
        ),
        st.fixed_dictionaries(
            {"enableRandomizedWait": st.just(True)}, optional={"randomizedWaitFactor": SHARES}
        ),
    ),
    "gobreaker": st.fixed_dictionaries(
        {
            "ReadyToTrip": st.one_of(
                COUNTS.map("ConsecutiveFailures > {}".format),
                COUNTS.map("TotalFailures >= {}".format),
                st.builds("Requests >= {} && TotalFailures/Requests >= {}".format, COUNTS, SHARES),
            )
        }
    ),
    "sentinel": st.one_of(
        st.fixed_dictionaries({"grade": st.just(0), "count": COUNTS}),
        st.fixed_dictionaries({"grade": st.just(1), "count": SHARES}),
        st.fixed_dictionaries({"grade": st.just(2), "count": COUNTS}),
    ),
    "polly": st.fixed_dictionaries(
        {},
        optional={
            "BreakDurationGenerator": st.sampled_from(
                ["BreakDuration * 2^HalfOpenAttempts", "BreakDuration * 1.5^HalfOpenAttempts, at most 5m"]
            )
        },
    ),
    "polly-v7": st.one_of(
        st.fixed_dictionaries({"exceptionsAllowedBeforeBreaking": COUNTS}),
        st.fixed_dictionaries({"failureThreshold": SHARES, "minimumThroughput": st.integers(2, 50)}),
    ),
    "failsafe": st.one_of(
        st.fixed_dictionaries({"withFailureThreshold": COUNTS}),
        st.fixed_dictionaries({"withFailureThreshold": st.sampled_from([[3, 10], [5, "10s"], [3, 9, "1m"]])}),
        st.fixed_dictionaries({"withFailureRateThreshold": st.sampled_from([[20, 5, "1m"], [66, 10, "3s"]])}),
    ),
    "failsafe-go": st.one_of(
        st.fixed_dictionaries({"WithFailureThreshold": COUNTS}),
        st.fixed_dictionaries({"WithFailureThresholdRatio": st.sampled_from([[3, 10], [1, 2]])}),
        st.fixed_dictionaries({"WithFailureThresholdPeriod": st.sampled_from([[3, "10s"], [1, "2s"]])}),
        st.fixed_dictionaries(
            {"WithFailureRateThreshold": st.sampled_from([[0.2, 5, "1m"], [0.7, 9, "3s"]])}
        ),
    ),
    "cockatiel": st.fixed_dictionaries(
        {
            "breaker": st.sampled_from(
                [
                    {"ConsecutiveBreaker": 3},
                    {"CountBreaker": {"threshold": 0.2, "size": 50, "minimumNumberOfCalls": 5}},
                    {"SamplingBreaker": {"threshold": 0.35, "duration": 30000}},
                ]
            ),
            "halfOpenAfter": st.sampled_from(
                [
                    500,
                    {"IterableBackoff": [100, 200, 400]},
                    {"ExponentialBackoff": {"initialDelay": 250, "maxDelay": 4000, "exponent": 3}},
                ]
            ),
        }
    ),
    "traefik": st.fixed_dictionaries(
        {},
        optional={
            "expression": st.builds(
                "{}{}".format,
                st.sampled_from(["", "RequestThreshold() >= 20 && "]),
                st.sampled_from(
                    [
                        "NetworkErrorRatio() > 0.3",
                        "ResponseCodeRatio(500, 600, 0, 600) >= 0.25",
                        "LatencyAtQuantileMS(95.0) > 500",
                        "(NetworkErrorRatio() > 0.3 || LatencyAtQuantileMS(50.0) > 100)",
                    ]
                ),
            ),
            "checkPeriod": st.sampled_from(["10ms", "1s"]),
            "fallbackDuration": st.sampled_from(["5s", "1m", "1.5s"]),
            "recoveryDuration": st.sampled_from(["0s", "20s"]),
        },
    ),
    "linkerd": st.fixed_dictionaries(
        {}, optional={"failure-accrual": st.sampled_from(["consecutive", "unified"])}
    ),
}


def natives(library: str) -> st.SearchStrategy[dict[str, Any]]:
    """Settings under native names, each there or left at its default."""
    settings = {each.name: value_of(each) for each in dialect_named(library).settings}
    if library == "cockatiel":  # its own settings lie inside the composite ones
        return SPECIAL[library]
    own = st.fixed_dictionaries({}, optional=settings)
    return st.builds(lambda a, b: a | b, own, SPECIAL.get(library, st.just({})))
