"""The numbers: traffic, results, latency, trips and time in each state."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from cbtool.breaker import State
from cbtool.dashboard.line import Line, Span, beside, fit, rule, width_of
from cbtool.dashboard.words import clock, latency, percent, rate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cbtool.metrics.view import LiveView

_Rows: TypeAlias = "Sequence[tuple[str, str, str]]"
"""Label, value and style, one a row."""

_COLUMN = 24  # columns that a block needs
_GAP = 3


def numbers(view: LiveView, width: int, height: int) -> list[Line]:
    """Return blocks side by side, each row of them under a heading, the most important first.

    Args:
        view: the run now.
        width: columns.
        height: rows that may be taken; the first row of blocks is returned even if it takes more.
    """
    blocks = (
        ("traffic", _traffic(view)),
        ("trips, time in state", _states(view)),
        ("latency, intended start", _latency(view)),
        ("results", _results(view)),
    )
    abreast = max(1, min(len(blocks), (width + _GAP) // (_COLUMN + _GAP)))
    lines: list[Line] = []
    for start in range(0, len(blocks), abreast):
        more = _abreast(blocks[start : start + abreast], width, abreast)
        if lines and len(lines) + len(more) > height:
            break
        lines += more
    return lines


def _abreast(blocks: Sequence[tuple[str, _Rows]], width: int, columns: int) -> list[Line]:
    each = (width - _GAP * (columns - 1)) // columns
    drawn = [[_row(label, value, style, each) for label, value, style in rows] for _, rows in blocks]
    absent = columns - len(blocks)
    titles = [*(title for title, _ in blocks), *[""] * absent]
    return [
        fit(rule(titles, width, _GAP), width),
        *(fit(line, width) for line in beside([*drawn, *[[]] * absent], width, _GAP)),
    ]


def brief(view: LiveView, width: int) -> list[Line]:
    """Return the same in two short lines, for a narrow or low terminal."""
    counts = view.counts
    refused = _refused(view)
    first = [Span(f"{_rates(view)} calls/s", "strong")]
    if view.latency:
        first.append(Span(f"  p99 {latency(view.latency['p99'])}"))
    first.append(Span(f"  {counts.get('in_flight', 0):,} in flight"))
    second = [Span(f"{view.trips:,} trip{'s' * (view.trips != 1)}", "bad" if view.trips else "")]
    second.append(
        Span(f"  {counts.get('not_permitted', 0):,} {_refused_word(view)}", "warm" if refused else "")
    )
    rare = (name for name in ("dropped", "redirected") if counts.get(name, 0))
    second.extend(Span(f"  {counts[name]:,} {name}", "bad") for name in rare)
    return [fit(first, width), fit(second, width)]


def _row(label: str, value: str, style: str, width: int) -> Line:
    label_span = Span(label, "label")
    room = width - width_of([label_span])
    return [label_span, Span(f"{value:>{room}}", style)]


def _rates(view: LiveView) -> str:
    return f"{rate(view.rate)} of {rate(view.target_rate)}"


def _refused(view: LiveView) -> int:
    return view.counts.get("not_permitted", 0)


def _refused_word(view: LiveView) -> str:
    return "would refuse" if view.shadow else "not permitted"


def _traffic(view: LiveView) -> _Rows:
    counts = view.counts
    refused, redirected, dropped = (
        counts.get(name, 0) for name in ("not_permitted", "redirected", "dropped")
    )
    rows = [
        ("calls/s", _rates(view), "strong"),
        ("calls", f"{counts.get('calls', 0):,}", ""),
        (_refused_word(view), f"{refused:,}", "warm" if refused else ""),
        ("dropped", f"{dropped:,}", "bad" if dropped else ""),
    ]
    if redirected:
        rows.append(("redirected", f"{redirected:,}", "warm"))
    return rows


def _latency(view: LiveView) -> _Rows:
    names = (("p50", "p50"), ("p95", "p95"), ("p99", "p99"), ("max", "max"))
    return [(label, latency(view.latency[key]) if key in view.latency else "-", "") for label, key in names]


def _states(view: LiveView) -> _Rows:
    whole = sum(view.time_in_state.values())
    rows = [("trips", f"{view.trips:,}", "bad" if view.trips else "")]
    for state in (State.CLOSED, State.OPEN, State.HALF_OPEN):
        spent = view.time_in_state.get(state, 0.0)
        share = percent(100.0 * spent / whole) if whole else "-"
        style = f"state_{state.label}" if spent else ""
        rows.append((state.label.replace("_", "-"), f"{clock(spent):>8} {share:>6}", style))
    return rows


def _results(view: LiveView) -> _Rows:
    counts = view.counts
    failed = counts.get("failure", 0) + counts.get("slow_failure", 0)
    slow = counts.get("slow_success", 0) + counts.get("slow_failure", 0)
    return [
        ("success", f"{counts.get('success', 0):,}", ""),
        ("failed", f"{failed:,}", "bad" if failed else ""),
        ("slow", f"{slow:,}", "warm" if slow else ""),
        ("in flight", f"{counts.get('in_flight', 0):,}", ""),
    ]
