"""What decides: the rates against their thresholds, and the gates as how full they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from cbtool.breaker import State, WindowType
from cbtool.dashboard.line import Line, Span, fit
from cbtool.dashboard.widgets import gauge
from cbtool.dashboard.words import percent
from cbtool.units import format_duration

if TYPE_CHECKING:
    from cbtool.breaker import BreakerConfig, Snapshot

_LABEL = 14  # columns
_VALUE = 16
_NARROW_VALUE = 14
_ROOMY = 60
_WIDEST_BAR = 72
_HEADROOM = 1.5  # a rate's bar reaches this many times its threshold, up to 100 %


class _Gauge(NamedTuple):
    label: str
    share: float
    value: str
    style: str
    mark: float | None = None


def window_title(config: BreakerConfig) -> str:
    """Return the window in words, as the gauges' heading."""
    match config.sliding_window_type:
        case WindowType.COUNT:
            return f"window: last {config.window_size:,} calls"
        case WindowType.TIME:
            return f"window: last {format_duration(config.window_size)}"
        case _:
            return "failures in a row"


def gauges(state: State, counts: Snapshot, config: BreakerConfig, width: int) -> list[Line]:
    """Return one line a gauge: label, bar, value.

    Args:
        state: half-open for the counts of trials, which know no gates.
        counts: what decides, or decided.
        config: the thresholds and gates.
        width: columns.
    """
    value = _VALUE if width >= _ROOMY else _NARROW_VALUE
    bar = max(4, min(width - _LABEL - value - 2, _WIDEST_BAR))
    return [_line(one, bar, value, width) for one in _gauges(state, counts, config)]


def _gauges(state: State, counts: Snapshot, config: BreakerConfig) -> list[_Gauge]:
    if state is State.HALF_OPEN:
        wanted = config.permitted_number_of_calls_in_half_open_state
        trials = _Gauge("trials done", counts.calls / wanted, f"{counts.calls:,} of {wanted:,}", "gate")
        return [*_rates(counts, config), trials]
    if config.consecutive_failures is not None:
        run, limit = counts.run, config.consecutive_failures
        return [_Gauge("failure run", run / limit, f"{run:,} of {limit:,}", _warmth(run / limit))]
    return [*_rates(counts, config), *_gates(counts, config), *_error_count(counts, config)]


def _rates(counts: Snapshot, config: BreakerConfig) -> list[_Gauge]:
    rates = [_rate("failure rate", counts.failure_rate, config.failure_rate_threshold)]
    if config.slow_call_duration_threshold is not None:
        rates.append(_rate("slow calls", counts.slow_call_rate, config.slow_call_rate_threshold))
    else:
        rates.append(_Gauge("slow calls", 0.0, "not judged", "faint"))
    return rates


def _rate(label: str, value: float, threshold: float) -> _Gauge:
    scale = min(threshold * _HEADROOM, 100.0)
    text = f"{percent(value)} of {threshold:g} %"
    return _Gauge(label, value / scale, text, _warmth(value / threshold), threshold / scale)


def _gates(counts: Snapshot, config: BreakerConfig) -> list[_Gauge]:
    slow = counts.slow if config.slow_call_duration_threshold is not None else 0
    return [
        _gate("minimum calls", counts.calls, config.minimum_calls),
        _gate("minimum errors", max(counts.failures, slow), config.minimum_number_of_errors),
    ]


def _gate(label: str, count: int, minimum: int) -> _Gauge:
    if count >= minimum:
        return _Gauge(label, 1.0, f"{count:,} of {minimum:,} ✓", "gate_full")
    return _Gauge(label, count / minimum, f"{count:,} of {minimum:,}", "gate")


def _error_count(counts: Snapshot, config: BreakerConfig) -> list[_Gauge]:
    limit = config.error_count_threshold
    if limit is None:
        return []
    share = counts.failures / limit
    return [_Gauge("error count", share, f"{counts.failures:,} of {limit:,}", _warmth(share))]


def _warmth(share: float) -> str:
    """Return the style of something that trips at 1."""
    if share >= 1.0:
        return "bad"
    return "warm" if share >= 0.5 else "good"


def _line(one: _Gauge, bar: int, value: int, width: int) -> Line:
    drawn = gauge(one.share, bar, one.style, mark=one.mark)
    return fit([Span(f"{one.label:<{_LABEL}} "), *drawn, Span(f" {one.value:>{value}}")], width)
