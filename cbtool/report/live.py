"""The text of a live run: verdict, thresholds, breaker, traffic (in vegeta's order), recommendation."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from cbtool.breaker import Outcome, State
from cbtool.report.checks import checks_text
from cbtool.report.simulation import transitions_table, verdict_line
from cbtool.report.text import WIDTH, counted, labelled, one_line, share, table
from cbtool.units import format_duration, format_rate

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cbtool.live.plan import RunPlan
    from cbtool.live.result import LiveResult
    from cbtool.metrics.thresholds import Check
    from cbtool.recommend import Recommendation

_PERCENTILES = ("min", "mean", "p50", "p90", "p95", "p99", "max")
_MOST_ERRORS = 8


def live_text(
    result: LiveResult,
    *,
    checks: Sequence[Check] = (),
    recommendation: Recommendation | None = None,
    record: str | None = None,
) -> str:
    """Return what `probe` and `replay` print.

    Args:
        result: the run.
        checks: its thresholds, held against it.
        recommendation: what its calls recommend; None where nobody asked.
        record: where the run record was written.
    """
    blocks = [_verdict(result)]
    if checks:
        blocks.append(checks_text(checks))
    blocks += [_breaker(result), _traffic(result)]
    if result.summary.transitions:
        several = result.summary.instances
        blocks.append(transitions_table(result.summary.transitions, result.config, instances=several))
    if recommendation is not None:
        blocks.append(recommendation_paragraph(recommendation, record))
    if record is not None:
        blocks.append(labelled([("record", record)]))
    return "\n\n".join(blocks)


def _requests(plan: RunPlan) -> str:
    if not plan.lines:
        return f"{plan.method}, all the same"
    # On disk there is one for each call, and nobody knows which of them are the same.
    return f"{len(plan.lines):,} distinct" if isinstance(plan.lines, tuple) else "as in the log"


def plan_text(plan: RunPlan, peak: float, left_out: Mapping[str, int]) -> str:
    """Return what `--dry-run` prints: what would be sent, and for how long.

    Args:
        plan: what would be done.
        peak: its highest rate, calls a second.
        left_out: calls of a log that would not be sent, by method.
    """
    n = len(plan)
    last = float(plan.schedule[-1]) / 1e9
    mean = f", {format_rate((n - 1) / last)} on average" if last else ""
    pairs = [
        ("dry run", "nothing was sent"),
        ("target", plan.title.partition(" ")[2]),
        ("calls", f"{n:,}{mean}, at most {format_rate(peak)}"),
        ("duration", format_duration(plan.duration)),
        ("requests", _requests(plan)),
    ]
    if left_out:
        pairs.append(("left out", ", ".join(f"{count:,} {name}" for name, count in left_out.items())))
    pairs += [
        ("breakers", _breakers(plan)),
        ("seed", str(plan.seed)),
    ]
    return labelled(pairs)


def recommendation_paragraph(answer: Recommendation, record: str | None) -> str:
    """Return a recommendation in a paragraph, and how to see the whole of it."""
    if answer.profile is None:
        text = f"Recommendation refused; it needs {'; '.join(answer.needs)}."
    else:
        settings = ", ".join(f"{reason.setting} = {reason.value}" for reason in answer.reasons)
        text = f"Recommended from this run: {settings}."
    source = f"Reasons: cbtool recommend {record}" if record else "With --output, cbtool recommend says why."
    return textwrap.fill(one_line(text), WIDTH, break_long_words=False) + "\n" + source


def _verdict(result: LiveResult) -> str:
    line = verdict_line(result.summary)
    if result.plan.shadow and result.summary.trips:
        line = line.replace("were not permitted", "would not have been permitted")
    return f"Interrupted after {format_duration(result.elapsed)}. {line}" if result.interrupted else line


def _breaker(result: LiveResult) -> str:
    summary = result.summary
    whole = sum(summary.time_in_state.values())
    times = ", ".join(
        f"{state.label} {format_duration(summary.time_in_state[state])}"
        f" ({share(summary.time_in_state[state], whole)})"
        for state in State
        if summary.time_in_state[state] or state is State.CLOSED
    )
    refused = f"{summary.not_permitted:,} ({share(summary.not_permitted, summary.calls)})"
    pairs = [
        ("breaker", _breakers(result.plan)),
        ("time in state", times),
        ("trips", f"{summary.trips:,}"),
        ("not permitted", refused),
    ]
    if result.redirected:
        pairs.append(("redirected", f"{result.redirected:,}, of which {result.redirected_failed:,} failed"))
    if result.plan.shadow:
        impact = summary.impact
        pairs.append(
            ("would have shed", f"{impact.failed_shed:,} failed, {impact.healthy_refused:,} healthy calls")
        )
    if summary.trips:
        pairs.append(("time to open", _longest(summary.time_to_open)))
        pairs.append(("time to reset", _longest(summary.time_to_reset)))
    return labelled(pairs)


def _breakers(plan: RunPlan) -> str:
    profile = f", profile {plan.profile}" if plan.profile else ""
    shadow = ", in shadow: nothing is blocked" if plan.shadow else ""
    return f"{counted(plan.instances, 'breaker')}{profile}{shadow}"


def _traffic(result: LiveResult) -> str:
    good = sum(result.outcomes.get(each, 0) for each in (Outcome.SUCCESS, Outcome.SLOW_SUCCESS))
    judged = result.results - result.outcomes.get(Outcome.IGNORED, 0)
    rate = f", {format_rate(result.sent / result.elapsed)}" if result.elapsed else ""
    cut = f", {result.cut_short:,} cut short" if result.cut_short else ""
    codes = "  ".join(f"{status}:{count:,}" for status, count in sorted(result.statuses.items()))
    lag = result.schedule_lag
    dropped = f"{result.dropped:,}"
    if result.dropped:
        dropped += f" (over {result.plan.max_in_flight:,} calls in flight; --connections raises it)"
    head = labelled(
        [
            ("requests", f"{result.sent:,} sent of {result.summary.calls + result.dropped:,} due{rate}{cut}"),
            ("duration", format_duration(result.elapsed)),
            ("success", f"{share(good, judged)} of the {judged:,} judged"),
            ("status codes", codes or "-"),
            ("errors", _errors(result.error_reasons)),
            ("dropped", dropped),
            (
                "schedule lag",
                f"p99 {format_duration(lag['p99'])}, max {format_duration(lag['max'])}" if lag else "-",
            ),
            ("seed", str(result.seed)),
        ]
    )
    return f"{head}\n\n{_latencies(result)}" if result.from_sent else head


def _latencies(result: LiveResult) -> str:
    rows = [
        [name, *(format_duration(spread[each]) for each in _PERCENTILES)]
        for name, spread in (("from intended", result.from_intended), ("from sent", result.from_sent))
    ]
    return table(("latency", *_PERCENTILES), rows, right=range(1, 1 + len(_PERCENTILES)))


def _errors(reasons: Mapping[str, int]) -> str:
    shown = [f"{count:,} {reason}" for reason, count in list(reasons.items())[:_MOST_ERRORS]]
    return "; ".join(shown) or "none"


def _longest(seconds: Sequence[float]) -> str:
    if not seconds:
        return "not yet at the end"
    mean = sum(seconds) / len(seconds)
    return f"mean {format_duration(mean)}, max {format_duration(max(seconds))}"
