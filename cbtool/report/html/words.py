"""The page's sentences: what a figure shows, for who cannot see it, and the verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cbtool.report.choices import told_by
from cbtool.report.html.shown import shown
from cbtool.report.text import counted

if TYPE_CHECKING:
    from collections.abc import Mapping

    Document = Mapping[str, Any]


def verdict(document: Document) -> str:
    """Return the page's first sentence."""
    answer, traffic = document["recommendation"], document["traffic"]
    shared = f", shared by {answer['instances']} breakers" if answer["instances"] > 1 else ""
    seen = f"{counted(traffic['calls'], 'call')} in {shown(traffic['span_s'], 'duration')}{shared}"
    if answer["verdict"] == "recommended":
        return f"Settings are recommended, from {seen}."
    return f"No settings can be recommended from {seen}."


def headline(document: Document) -> str:
    """Return what would change, in a sentence; empty where nothing is recommended."""
    before, after = document["before"], document["after"]
    if after is None:
        return ""
    then, now = before["judgement"], after["judgement"]
    caught = f"{now['caught']} of {now['incidents']} incidents caught instead of {then['caught']}"
    if not now["incidents"]:
        caught = "no incident was found in this traffic"
    elif now["caught"] == then["caught"]:
        caught = f"{now['caught']} of {now['incidents']} incidents caught, as before"
    false = f"{counted(now['false_trips'], 'false trip')} instead of {then['false_trips']:,}"
    if now["false_trips"] == then["false_trips"]:
        false = f"{counted(now['false_trips'], 'false trip')}, as before"
    return f"On these calls: {caught}; {false}."


def timeline_words(document: Document) -> str:
    """Return what the timeline shows."""
    series, drawn = document["series"], document["drawn"]
    rates = [value for value in series["calls_per_s"] if value is not None]
    failed = [value for value in series["failure_rate"] if value is not None]
    acted = [each for each in document["recommendation"]["incidents"] if each["actionable"]]
    lasts = shown(document["traffic"]["span_s"], "duration")
    least, most = shown(min(rates), "number"), shown(max(rates), "number")
    worst, limit = max(failed, default=0.0), drawn["failure_rate_threshold"]
    said = [
        f"{lasts} of traffic at {least if least == most else f'{least} to {most}'} calls/s.",
        f"Up to {shown(worst, 'percent')} fail in {shown(series['bin_s'], 'duration')}.",
        *([] if limit is None else [f"The threshold is {shown(limit, 'percent')}."]),
        f"{counted(len(acted), 'incident')} to act on.",
    ]
    for role, word in (("before", "Before"), ("after", "After")):
        trial = document[role]
        if trial is not None:
            said.append(
                f"{word}, with {trial['title']}: {counted(trial['simulation']['trips'], 'trip')},"
                f" open {shown(trial['time_open_percent'], 'percent')} of the time."
            )
    return " ".join(said)


def latency_words(document: Document) -> str:
    """Return what the latency figure shows."""
    found = document["latency"]
    if found is None:
        return ""
    names = dict(zip(found["percentiles"], found["succeeded_s"], strict=False))
    said = []
    if names:
        said.append(
            f"Half of the successful calls take less than {shown(names[50.0], 'duration')}, 99 % less than"
            f" {shown(names[99.0], 'duration')}; the slowest took {shown(names[100.0], 'duration')}."
        )
    if found["slower_percent"] is not None:
        slow = shown(document["drawn"]["slow_call_duration_s"], "duration")
        said.append(f"{shown(found['slower_percent'], 'percent')} of them are slower than {slow}.")
    if found["failed_s"]:
        failed = dict(zip(found["percentiles"], found["failed_s"], strict=False))
        said.append(f"Half of the failed calls end within {shown(failed[50.0], 'duration')}.")
    return " ".join(said)


def impact_words(document: Document) -> str:
    """Return what the impact figure shows."""
    said = []
    for role in ("before", "after"):
        trial = document[role]
        if trial is not None and trial["failed_shed_percent"] is not None:
            said.append(
                f"{role.capitalize()}: {shown(trial['failed_shed_percent'], 'percent')} of the failing calls"
                f" shed, {shown(trial['healthy_refused_percent'], 'percent')} of the healthy ones refused."
            )
    return " ".join(said)


def loads_words(document: Document) -> str:
    """Return what the figure of the loads shows."""
    lines = document["drawn"]
    said = [
        f"At the {each['name']} load a window holds {shown(each['window_calls'], 'number')} calls and, while"
        f" healthy, {shown(each['window_errors'], 'number')} failures."
        for each in document["recommendation"]["regimes"]
    ]
    gates = counted(lines["minimum_number_of_calls"], "call")
    errors = counted(lines["minimum_number_of_errors"], "error")
    return " ".join([*said, f"A breaker judges from {gates} and {errors} on."])


def interval(estimate: Mapping[str, Any], way: str) -> str:
    """Return an estimate's interval; empty where it has none."""
    low, high = estimate["low"], estimate["high"]
    return "" if low is None or high is None else f"{shown(low, way)} to {shown(high, way)}"


_WEIGHTS = {"hardly_matters": "hardly matters", "matters": "matters", "edge": "on an edge"}


def weight(word: str) -> str:
    """Return how much a setting's exact value matters."""
    return _WEIGHTS.get(word, word.replace("_", " "))


def neighbour(each: Mapping[str, Any]) -> str:
    """Return what moving a setting to a neighbouring value does."""
    if not each["within_budget"]:
        return f"breaks the budget of false trips ({shown(each['false_trips_per_day'], 'often')})"
    percent = 100 * (each["cost"] - 1)
    if abs(percent) < 0.5:
        return "costs the same"
    return f"costs {abs(percent):.0f} % {'more' if percent > 0 else 'less'}"


def front_words(document: Document) -> str:
    """Return what the figure of the alternatives shows."""
    found = document["recommendation"]["alternatives"]
    said = []
    for each in found:
        often = f", trips falsely {shown(each['false_trips_per_day']['value'], 'often')}"
        bad = each["log"]["bad"]
        lets = f" lets {shown(100 * each['log']['let_through'] / bad, 'percent')} through" if bad else ""
        said.append(f"{each['name']}:{lets}{often}.")
    return "Settings to choose from. " + " ".join(said)


def today_words(document: Document) -> str:
    """Return how the false trips of today's settings are known; empty where as the others' are."""
    current = document["recommendation"]["current"]
    told = None if current is None else told_by(current)
    return "" if told is None else f"Today's settings, {told}."


def sweep_words(document: Document) -> str:
    """Return what the figure of a sweep shows."""
    rows = document["rows"]
    said = [
        f"{name}: {counted(rows[place]['let_through'], 'failing call')} let through and"
        f" {counted(rows[place]['healthy_refused'], 'healthy call')} refused."
        for name, place in document["chosen"].items()
        if place is not None
    ]
    return f"{document['points']:,} settings; left and low is better. " + " ".join(said)
