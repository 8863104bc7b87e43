"""What `recommend --validate` found, as text."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from cbtool.report.choices import opens_at, track_row, waits
from cbtool.report.text import WIDTH, table
from cbtool.units import format_duration, format_percent

if TYPE_CHECKING:
    from cbtool.recommend.findings import Estimate, HeldOut, Promise, Validation

_NEVER = 1e-4  # false trips a day: one in 27 years
_NAMES = {
    "false_trips_per_day": "false trips a day",
    "detection_delay_s": "detection delay",
    "bad_calls_shed_percent": "bad calls shed",
}


def validation_text(validation: Validation) -> str:
    """Return what was promised beside what happened, then the settings from each part of the log."""
    first = validation.held_out
    blocks = [_held_out(first)]
    if first.track is None or not first.track.incidents:
        blocks += [_held_out(part) for part in validation.parts if part.track and part.track.incidents]
    parts = [first, *validation.parts]
    settings = table(
        ("fitted on", "opens at", "waits", "trials"),
        [_settings(part) for part in parts],
        right={2, 3},
    )
    rest = table(
        (
            "on the rest",
            "trips",
            "false",
            "caught",
            "after",
            "shed",
            "refused",
            "open",
            "cost",
            "whole",
        ),
        [_rest(part) for part in parts if part.track is not None],
        right=range(1, 10),
    )
    blocks += [f"Settings from parts of the log\n{settings}"]
    if rest:
        blocks += [f"{rest}\nwhole: the cost there of the settings from the whole log"]
    return "\n\n".join(blocks)


def _held_out(part: HeldOut) -> str:
    head = f"Held out: fitted on the {part.name} of the time, judged on the rest"
    if part.config is None:
        lacks = f"that part alone carries no recommendation: {'; '.join(part.needs)}"
        return f"{head}\n{textwrap.fill(lacks, WIDTH, initial_indent='  ', subsequent_indent='  ')}"
    return (
        f"{head}\n{table(('', 'promised', 'happened', ''), [_promise(p) for p in part.promises], right={2})}"
    )


def _promise(promise: Promise) -> tuple[str, ...]:
    verdict = {True: "kept", False: "broken", None: "-"}[promise.kept]
    return (
        _NAMES[promise.name],
        _estimate(promise.name, promise.promised),
        _amount(promise.name, promise.happened),
        verdict,
    )


def _estimate(name: str, promised: Estimate) -> str:
    low, high = _amount(name, promised.low), _amount(name, promised.high)
    return f"{_amount(name, promised.value)} ({low} to {high})"


def _amount(name: str, value: float | None) -> str:
    if value is None:
        return "-"
    if name == "detection_delay_s":
        return format_duration(value)
    if name == "bad_calls_shed_percent":
        return format_percent(value)
    return "0" if value < _NEVER else f"{value:.2g}"


def _settings(part: HeldOut) -> tuple[str, ...]:
    if part.config is None:
        return (
            part.name,
            textwrap.shorten(f"nothing; needs {part.needs[0].partition(':')[0]}", 44, placeholder=" …"),
            "-",
            "-",
        )
    config = part.config
    return (
        part.name,
        opens_at(config),
        waits(config),
        str(config.permitted_number_of_calls_in_half_open_state),
    )


def _rest(part: HeldOut) -> tuple[str, ...]:
    assert part.track is not None  # noqa: S101  # the caller looked
    whole = "-" if part.best is None else f"{part.best.cost:,.0f}"
    return (part.name, *track_row(part.track), whole)
