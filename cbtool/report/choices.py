"""What else there was to choose, and what each would have done on the log, as text."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

from cbtool.breaker.parts import WindowType
from cbtool.recommend.findings import ToldBy
from cbtool.report.text import WIDTH, counted, share, table
from cbtool.units import exact_duration, format_duration

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cbtool.breaker.config import BreakerConfig
    from cbtool.recommend.findings import Alternative, Track
    from cbtool.recommend.model import Recommendation

SELDOM = 1 / 3650
"""Trips a day, of which fewer than one in ten years are no number to tell."""
_A_DAY = 2 / 3  # from which `one in 1 days` would be said
_ROUND = 10
_DECADE = 3650  # days; further than anybody should believe


def choices_text(answer: Recommendation) -> str:
    """Return the alternatives side by side: what they are, and what each would have done."""
    each = [*answer.alternatives, *([] if answer.current is None else [answer.current])]
    what = table(
        ("", "opens at", "waits", "false trips", "outage in"),
        [_setting_row(one, answer) for one in each],
        right={2, 4},
    )
    if not any(one.track.trips or one.track.incidents for one in each):
        none = "None of them would have opened on this log; it holds no incident."
        return "\n".join([what, none, *_today(answer)])
    did = table(
        ("on this log", "trips", "false", "caught", "after", "shed", "refused", "open", "cost"),
        [(_name(one, answer), *track_row(one.track)) for one in each],
        right=range(1, 9),
    )
    return "\n".join([what, "", did, _units(answer), *_today(answer)])


def track_row(track: Track) -> tuple[str, ...]:
    """Return what settings did: trips, false ones, caught, delay, shed, refused, time open, cost."""
    return (
        f"{track.trips:,}",
        f"{track.false_trips:,}",
        f"{track.caught} of {track.incidents}",
        "-" if track.delay is None else format_duration(track.delay),
        share(track.shed, track.bad),
        f"{track.good_refused:,}",
        f"{track.open_percent:.2g} %",
        f"{track.cost:,.0f}",
    )


def opens_at(config: BreakerConfig) -> str:
    """Return when a breaker opens, in a few words: `20 % of 5+ errors in 10s`."""
    if config.sliding_window_type is WindowType.CONSECUTIVE:
        return f"{config.window_size:g} in a row"
    timed = config.sliding_window_type is WindowType.TIME
    window = exact_duration(config.window_size) if timed else f"{config.window_size:g} calls"
    return f"{config.failure_rate_threshold:g} %, {config.minimum_number_of_errors}+ errors, {window}"


def waits(config: BreakerConfig) -> str:
    """Return how long the breaker stays open, a growing wait with its end: `2s ×2 to 1m`."""
    first, longest = (
        exact_duration(config.wait_duration_in_open_state),
        config.max_wait_duration_in_open_state,
    )
    if config.wait_backoff_multiplier <= 1:
        return first
    end = "" if longest is None else f" to {exact_duration(longest)}"
    return f"{first} ×{config.wait_backoff_multiplier:g}{end}"


def every(a_day: float | None) -> str:
    """Return a rate of trips as people say it: `1 in 50 days`."""
    if a_day is None:
        return "unknown"
    if a_day < SELDOM:
        return "less than one in 10 years"
    if a_day < _A_DAY:
        return f"one in {1 / a_day:,.0f} days"
    return f"{a_day:,.0f} a day" if a_day >= _ROUND else f"{a_day:.2g} a day"


def _setting_row(one: Alternative, answer: Recommendation) -> tuple[str, ...]:
    return (
        _name(one, answer),
        opens_at(one.config),
        waits(one.config),
        _worst(one),
        "-" if one.delay is None else format_duration(one.delay),
    )


def _name(one: Alternative, answer: Recommendation) -> str:
    return "today" if one is answer.current else one.name


def _worst(one: Alternative) -> str:
    trips = one.false_trips_per_day
    if trips.high is None:
        return "-"
    if trips.value is None:
        return f"up to {every(trips.high)}"
    if trips.high >= _A_DAY:
        return every(trips.high)
    days = 1 / max(trips.high, 1e-9)
    return f"1 in {days:,.0f} days" if days < _DECADE else "1 in 10 years"


def _today(answer: Recommendation) -> list[str]:
    """Say what today's false trips are told by, where that is not what the others' are."""
    told = None if answer.current is None else told_by(answer.current.to_json())
    return [] if told is None else [textwrap.fill(f"today: {told}", WIDTH)]


def told_by(one: Mapping[str, Any]) -> str | None:
    """Say how false trips of another library's rules are known; None where they are as the others' are.

    Args:
        one: an alternative, as in the document.
    """
    if one["healthy_days"] is None:
        return None
    trips, span = one["false_trips_per_day"], format_duration(86400 * one["healthy_days"])
    seen = f"run call by call, {counted(one['log']['false_trips'], 'false trip')} in {span} of healthy time"
    if one["false_trips_told_by"] == ToldBy.LIKENESS:
        likely, most = every(trips["value"]), every(trips["high"])
        expected = (
            f"{likely} to expect and {most} at most" if likely != most else f"{most} to expect, at most"
        )
        return f"{seen}; {expected}, by that and the tail of a window that slides, which such a rule is like"
    if trips["value"] is None:
        return f"{seen}, which cannot rule out {every(trips['high'])}; no more is known of such a rule"
    between = f"{every(trips['low'])} to {every(trips['high'])}"
    return f"{seen}, so {every(trips['value'])} ({between}); no more is known of such a rule"


def _units(answer: Recommendation) -> str:
    budget = answer.budget
    return textwrap.fill(
        "false trips: the bound that was held to the budget; outage in: opens so long after one begins; shed:"
        " of the bad calls; refused: good ones, neither failed nor slower than healthy calls are; open:"
        " half-open, too; cost: 1 a bad call let through in an incident,"
        f" {budget.reject_cost:g} a good one refused in it, 1 outside, {budget.false_trip_cost:g} a false"
        " trip",
        WIDTH,
    )
