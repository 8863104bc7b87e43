"""`recommend --explain`: every number's derivation from the data, in plain words and with its formula."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from cbtool.recommend.findings import Weight
from cbtool.recommend.incidents.blips import USUALLY_ACTED_ON
from cbtool.report.choices import every
from cbtool.report.text import WIDTH, counted, one_line, setting_text
from cbtool.units import format_duration, format_percent, format_rate

if TYPE_CHECKING:
    from cbtool.recommend.findings import Estimate, Sensitivity
    from cbtool.recommend.model import Recommendation, Regime, SettingReason

_NEXT_TO_NONE = 1e-6  # a day
_WEIGHTS = {
    Weight.HARDLY_MATTERS: "hardly matters here",
    Weight.MATTERS: "matters",
    Weight.EDGE: "on an edge",
}


def explanation_text(answer: Recommendation) -> str:
    """Return how each number was come by; for a refusal, what was looked at."""
    if answer.profile is None:
        seen = f"{counted(answer.calls, 'call')} in {format_duration(answer.span)}"
        return f"Nothing was fitted\n\n{_filled(f'{seen} were looked at; what they lack is said above.')}"
    blocks = ["How each number was come by", _filled(_method(answer))]
    moved = {each.setting: each for each in answer.sensitivity}
    blocks += [_setting(reason, moved.get(reason.setting)) for reason in answer.reasons]
    blocks += [*_bad_stretches(answer), *(_regime(regime, answer) for regime in answer.regimes)]
    blocks += [*_expected(answer), *_vitals(answer)]
    return "\n\n".join(blocks)


def holds(regime: Regime) -> str:
    """Return how many calls a window holds at a load."""
    calls = regime.window_calls or 0.0
    return f"{calls:,.0f}" if calls >= 100 else f"{calls:.3g}"


def weight_text(sensitivity: Sensitivity) -> str:
    """Return how much a setting's value matters, and how far resampling moves it."""
    low, high = setting_text(sensitivity.low), setting_text(sensitivity.high)
    moved = f"; {low} to {high} on resampled logs" if low != high else ""
    return f"{_WEIGHTS[sensitivity.weight]}{_edge(sensitivity)}{moved}"


def _edge(sensitivity: Sensitivity) -> str:
    """Name the neighbour that makes an edge: the one that breaks the budget least, else the dearest."""
    if sensitivity.weight is not Weight.EDGE or not sensitivity.neighbours:
        return ""
    beyond = [each for each in sensitivity.neighbours if not each.within_budget]
    if beyond:
        nearest = min(beyond, key=lambda each: each.false_trips_per_day)
        return f": {setting_text(nearest.value)} breaks the budget of false trips"
    dearest = max(sensitivity.neighbours, key=lambda each: each.cost)
    return f": {setting_text(dearest.value)} costs {dearest.cost:.2g} times as much"


def _method(answer: Recommendation) -> str:
    budget = answer.budget
    return (
        f"{answer.calls:,} calls that count were told apart into incidents and healthy time. The settings are"
        " the cheapest found on resampled traffic, among those whose bound of false trips on the healthy time"
        f" is at most {budget.false_trips_per_day:.3g} a day ({every(budget.false_trips_per_day)})."
        f" Cost = bad calls let through in incidents + {budget.reject_cost:g} × good calls refused in them +"
        f" good calls refused outside + {budget.false_trip_cost:g} × false trips."
    )


def _setting(reason: SettingReason, moved: Sensitivity | None) -> str:
    lines = [f"{reason.setting} = {setting_text(reason.value)}"]
    lines += _indented(f"{_sentence(reason.why)} From: {reason.data}.")
    lines += _indented(reason.formula)
    if moved is not None:
        lines += _indented(_sentence(weight_text(moved)))
    return "\n".join(lines)


def _bad_stretches(answer: Recommendation) -> list[str]:
    """Say what made an incident of a bad stretch, where any were found."""
    least, budget = answer.acted_on_from, answer.budget
    if least is None or not answer.incidents:
        return []
    acted_on = sum(i.actionable for i in answer.incidents)
    doubtful = sum(i.doubtful for i in answer.incidents)
    ridden = len(answer.incidents) - acted_on - doubtful
    too = f", {doubtful} doubtful" if doubtful else ""
    lines = [f"bad stretches = {acted_on} acted on, {ridden} ridden through{too}"]
    pays = f"bad in more than {format_percent(100 * budget.break_even)} of its calls, from which opening pays"
    if not least:
        lines += _indented(f"Named, not looked for. One is acted on that is {pays}.")
        return ["\n".join(lines)]
    learnt = (
        "as --shortest-incident says"
        if budget.shortest_incident is not None
        else "twice the usual length of the stretches under a minute that keep coming back"
        if least > USUALLY_ACTED_ON
        else f"the usual {format_duration(USUALLY_ACTED_ON)}, or a twelfth of a short log, but 2.5s at least"
    )
    lines += _indented(
        f"Told apart from chance without labels. One is acted on that is {pays}, and lasts at least"
        f" {format_duration(least)} ({learnt}), unless it may be a few bursts in a row."
    )
    if doubtful:
        lines += _indented(
            "Doubtful: the share s of its n calls is above that, and s − 1.645·√(s(1 − s)/n + v) is not,"
            " neither of failed calls nor of slow ones nor of both; v is how much the share of n healthy"
            " calls in a row varies beyond chance."
        )
    return ["\n".join(lines)]


def _regime(regime: Regime, answer: Recommendation) -> str:
    lines = [f"load {regime.name} = {format_rate(regime.rate)}"]
    shared = f" / {answer.instances} breakers" if answer.instances > 1 else ""
    lines += _indented(
        f"{regime.calls:,} calls{shared} in {format_percent(100 * regime.share_of_time)} of"
        f" {format_duration(answer.span)}. A window holds {holds(regime)} of them, and"
        f" {regime.window_errors or 0:.2g} failures when healthy."
    )
    if regime.outage_delay is not None and regime.brown_out_delay is not None:
        level = format_percent(regime.brown_out_percent or 0.0)
        slow = regime.slow_delay
        slowness = format_percent(regime.slow_percent or 0.0)
        lines += _indented(
            f"Simulated at this load from a warm window: an outage opens the breaker"
            f" {_delay(regime.outage_delay)}, {level} failures {_delay(regime.brown_out_delay)}"
            + (f", {slowness} slow calls {_delay(slow)}" if slow is not None else "")
            + " (median, and the middle 80 %)."
        )
    return "\n".join(lines)


def _expected(answer: Recommendation) -> list[str]:
    expected = answer.expected
    if expected is None:
        return []
    lines = ["expected on traffic like this"]
    trips, delay = expected.false_trips_per_day, expected.detection_delay_s
    lines += _indented(
        f"False trips: {trips.value or 0:.2g} a day, the largest of what was seen, what chance gives and what"
        f" the extrapolated tail of the windows' margins gives; its bound, {expected.false_trips_bound:.2g},"
        f" is held to the budget. 90 % interval: {_daily(trips.low)} to {_daily(trips.high)} a day, from"
        " what was seen or chance alone gives up to what a block bootstrap of the healthy time leaves"
        " possible. A kind of burst that the log never held is in neither."
    )
    if delay.value is not None:
        lines += _indented(
            "Delay and bad calls shed: on resamples of the log by a moving-block bootstrap, incidents drawn"
            f" with replacement and their lengths stretched; the intervals hold 90 % (delay {_delay(delay)})."
        )
    return ["\n".join(lines)]


def _vitals(answer: Recommendation) -> list[str]:
    seen = None if answer.profile is None else answer.profile.evidence
    if seen is None or seen.healthy_failure_rate is None:
        return []
    lines = ["healthy traffic"]
    lines += _indented(
        f"{seen.healthy_calls:,} calls; {format_percent(seen.healthy_failure_rate)} fail"
        f" ({format_percent(seen.healthy_failure_rate_low or 0.0)} to"
        f" {format_percent(seen.healthy_failure_rate_high or 0.0)}, 90 %, by moving-block bootstrap)."
    )
    if seen.healthy_p99 is not None:
        lines += _indented(
            f"p99 {format_duration(seen.healthy_p99)} ({format_duration(seen.healthy_p99_low or 0.0)} to"
            f" {format_duration(seen.healthy_p99_high or 0.0)})."
        )
    return ["\n".join(lines)]


def _delay(delay: Estimate) -> str:
    if delay.value is None:
        return "seldom or never"
    low, high = (None if end is None else format_duration(end) for end in (delay.low, delay.high))
    return f"after {format_duration(delay.value)} ({low or 'never'} to {high or 'never'})"


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def _filled(text: str) -> str:
    return textwrap.fill(one_line(text), WIDTH)


def _indented(text: str) -> list[str]:
    return textwrap.wrap(one_line(text), WIDTH, initial_indent="    ", subsequent_indent="    ")


def _daily(value: float | None) -> str:
    """Return a rate a day; what comes once in thousands of years is next to nothing."""
    return "next to 0" if 0.0 < (value or 0.0) < _NEXT_TO_NONE else f"{value or 0.0:.2g}"
