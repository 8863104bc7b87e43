"""The expression that trips Traefik's breaker, read into our settings and written from them.

Go's precedence: `&&` binds before `||`. Source: oxy's cbreaker/predicates*.go.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING

from cbtool.breaker.native import percent_of, share_of
from cbtool.errors import InvalidSettingError
from cbtool.units import to_ns

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    from cbtool.breaker.config import BreakerConfig

NETWORK_ERRORS = "NetworkErrorRatio()"
NONE = "none"
"""In place of a ratio: latencies alone decide."""
_TOKEN = re.compile(r"\s*(&&|\|\||[A-Za-z]+\([^()]*\)\s*>=?\s*[\d.]+|[()])")
_CALLS = re.compile(r"RequestThreshold\(\)\s*(>=?)\s*(\d+)")
_RATIO = re.compile(
    r"(NetworkErrorRatio\(\)|ResponseCodeRatio\(\s*500,\s*600,\s*0,\s*600\s*\))\s*(>=?)\s*([\d.]+)"
)
_LATENCY = re.compile(r"LatencyAtQuantileMS\(\s*(\d+\.\d+)\s*\)\s*(>=?)\s*(\d+)")
_FORMS = (
    f'must be rules like "{NETWORK_ERRORS} > 0.3", "ResponseCodeRatio(500, 600, 0, 600) > 0.3" and '
    '"LatencyAtQuantileMS(50.0) > 100", joined by || and each with the same "RequestThreshold() >= 20 &&" '
    "or none; no other status ranges"
)
_MAGNITUDE = 7  # HdrHistogram keeps 2⁷ steps of each power of two for two significant figures
_LONGEST_MS = 3_600_000


def read(text: Any) -> dict[str, Any]:
    """Return our words and the dialect's settings for an expression.

    Raises:
        InvalidSettingError: nothing of ours says it.
    """
    try:
        return _settings(_alternatives(_tokens(str(text))))
    except ValueError:
        raise InvalidSettingError("expression", _FORMS, text) from None


def _tokens(text: str) -> list[str]:
    tokens, at = [], 0
    while text[at:].strip():
        token = _TOKEN.match(text, at)
        if not token:
            raise ValueError
        tokens.append(token[1])
        at = token.end()
    return tokens


def _alternatives(tokens: list[str]) -> set[frozenset[str]]:
    """Return an expression as alternatives of rules that must hold together."""
    rest = iter([*tokens, ""])

    def either(word: str) -> tuple[set[frozenset[str]], str]:
        found, word = both(word)
        while word == "||":
            more, word = both(next(rest, ""))
            found = found | more
        return found, word

    def both(word: str) -> tuple[set[frozenset[str]], str]:
        found, word = single(word)
        while word == "&&":
            more, word = single(next(rest, ""))
            found = {a | b for a in found for b in more}
        return found, word

    def single(word: str) -> tuple[set[frozenset[str]], str]:
        if word == "(":
            found, word = either(next(rest, ""))
            if word != ")":
                raise ValueError
        elif not word or word in "()&&||":
            raise ValueError
        else:
            found = {frozenset({word})}
        return found, next(rest, "")

    found, word = either(next(rest))
    if word:
        raise ValueError
    return found


def _settings(alternatives: Iterable[frozenset[str]]) -> dict[str, Any]:
    gates, ratios, latencies = set(), set(), set()
    for rules in alternatives:
        least, others = 1, []
        for rule in rules:
            if calls := _CALLS.fullmatch(rule):
                least = max(least, int(calls[2]) + (calls[1] == ">"))
            else:
                others.append(rule)
        if len(others) != 1:
            raise ValueError
        gates.add(least)
        ratio, latency = _RATIO.fullmatch(others[0]), _LATENCY.fullmatch(others[0])
        if ratio:
            ratios.add((Decimal(ratio[3]), ratio[2] == ">", re.sub(r"\s*,\s*", ", ", ratio[1])))
        elif latency:
            latencies.add((latency[1], int(latency[3]) + (latency[2] == ">")))
        else:
            raise ValueError
    if len(gates) != 1 or len(latencies) > 1:
        raise ValueError
    settings: dict[str, Any] = {"minimum_number_of_calls": gates.pop(), "ratio": NONE, "operator": ">"}
    if ratios:
        # Failures are network errors and 5xx alike, so that the lower of two thresholds decides.
        share, above, name = min(ratios)
        settings |= {
            "failure_rate_threshold": percent_of(str(share)),
            "operator": ">" if above else ">=",
            "ratio": name,
        }
    if latencies:
        settings |= _latency(*latencies.pop())
    return settings


def _latency(quantile: str, reached: int) -> dict[str, Any]:
    """Return the words for durations whose quantile reaches so many whole milliseconds."""
    if not (0 < Decimal(quantile) < 100) or not 1 < reached <= _LONGEST_MS:
        raise ValueError
    return {
        "slow_call_rate_threshold": float(100 - Decimal(quantile)),
        "slow_call_duration_threshold": (reached - 1) / 1000.0,
    }


def write(config: BreakerConfig) -> str:
    """Return the expression for a configuration."""
    rules = list(_rules(config))
    if config.minimum_calls == 1:
        return " || ".join(rules)
    either = rules[0] if len(rules) == 1 else f"({' || '.join(rules)})"
    return f"RequestThreshold() >= {config.minimum_calls} && {either}"


def _rules(config: BreakerConfig) -> Iterator[str]:
    if config.option("ratio") != NONE:
        share = share_of(config.failure_rate_threshold)
        yield f"{config.option('ratio')} {config.option('operator')} {share}"
    if config.slow_call_duration_threshold is not None:
        yield f"LatencyAtQuantileMS({_percentile(config)!r}) > {_milliseconds(config)}"


def _percentile(config: BreakerConfig) -> float:
    """Return the quantile as an expression names it, without the noise of binary fractions."""
    return float(100 - Decimal(repr(float(config.slow_call_rate_threshold))))


def _milliseconds(config: BreakerConfig) -> int:
    return to_ns(config.slow_call_duration_threshold or 0.0) // 1_000_000


def quantile(config: BreakerConfig) -> float:
    """Return the quantile of durations that is compared, from 0 to 1; 0: none is."""
    if config.slow_call_duration_threshold is None:
        return 0.0
    return _percentile(config) / 100


def slow_above(config: BreakerConfig) -> float | None:
    """Return the seconds that a duration must exceed for the histogram to hold it for slow.

    It counts whole microseconds in steps of about one percent, reports the last of a step, and the report is
    cut to whole milliseconds.
    """
    if config.slow_call_duration_threshold is None:
        return None
    least = 1000 * (_milliseconds(config) + 1)
    step = 1 << max(0, least.bit_length() - 1 - _MAGNITUDE)
    return (1000 * (least // step * step) - 1) / 1e9
