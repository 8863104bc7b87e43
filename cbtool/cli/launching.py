"""The way from a plan to a report: check what is to be sent, send it, and tell."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import typer

from cbtool.cli.exit_status import ExitStatus
from cbtool.cli.output import note, print_json, print_text, working
from cbtool.cli.publishing import publish_thresholds

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cbtool.cli.options.live import LiveOptions
    from cbtool.live.plan import RunPlan
    from cbtool.live.result import LiveResult
    from cbtool.metrics.thresholds import Check, Threshold
    from cbtool.recommend import Recommendation


def with_scheme(url: str) -> str:
    """Return a URL as curl takes it: without a scheme it is http."""
    return url if "://" in url else f"http://{url}"


def launch(
    plan: RunPlan,
    how: LiveOptions,
    *,
    gates: Sequence[Threshold],
    peak: float,
    left_out: Mapping[str, int],
) -> None:
    """Check what is to be done, do it, and report it.

    Args:
        plan: the run.
        how: the user's options.
        gates: what must hold of the result.
        peak: the load's highest rate, calls a second.
        left_out: calls of a log that are not sent, by method.

    Raises:
        CbtoolError: the target is not allowed or does not answer, or a file cannot be written.
        typer.Exit: a gate failed, or the run was interrupted.
    """
    _check_targets(plan, how, peak)
    if how.dry_run:
        _report_dry_run(plan, peak, left_out, json=how.json)
        return
    from cbtool.live.session import run_live

    result = run_live(
        plan,
        record_path=how.output,
        dashboard=None if how.no_dashboard else attach_dashboard,
        check=not how.no_check,
        verify=not how.insecure,
    )
    values = result.values()
    checks = [gate.check(values) for gate in gates]
    _report(result, checks, how)
    publish_thresholds(f"cbtool {plan.command}", checks, how.junit)
    if result.interrupted:
        raise typer.Exit(ExitStatus.INTERRUPTED)
    if not all(check.passed for check in checks):
        raise typer.Exit(ExitStatus.GATE_FAILED)


def _check_targets(plan: RunPlan, how: LiveOptions, peak: float) -> None:
    from cbtool.live.safety import check_rate, check_target

    loopback = check_target(plan.url, how.allow_host or ())
    if plan.config.when_open.target is not None:
        loopback = check_target(plan.config.when_open.target, how.allow_host or ()) and loopback
    check_rate(peak, loopback=loopback, max_rate=how.rate_cap)


def attach_dashboard(engine: Any) -> Any:
    """Return the dashboard of a run, to be shown while it goes on."""
    from cbtool.dashboard import attach

    return attach(engine.view, stderr=sys.stderr)


def _report_dry_run(plan: RunPlan, peak: float, left_out: Mapping[str, int], *, json: bool) -> None:
    from cbtool.report.live import plan_text

    if not json:
        print_text(plan_text(plan, peak, left_out))
        return
    print_json(
        {
            "dry_run": True,
            "command": plan.command,
            "target": plan.title.partition(" ")[2],
            "calls": len(plan),
            "duration": plan.duration,
            "peak_rate": peak,
            "left_out": dict(left_out),
            "instances": plan.instances,
            "seed": plan.seed,
        }
    )


def _report(result: LiveResult, checks: Sequence[Check], how: LiveOptions) -> None:
    from cbtool.report.checks import check_json
    from cbtool.report.live import live_text

    # After Ctrl-C the summary comes at once; a recommendation can still be had from the record.
    answer = None if result.interrupted else _recommendation(result)
    if how.json:
        document = result.to_json()
        document["checks"] = [check_json(check) for check in checks]
        document["recommend"] = None if answer is None else answer.to_json()
        print_json(document)
    else:
        record = None if how.output is None else str(how.output)
        print_text(live_text(result, checks=checks, recommendation=answer, record=record))
    for text in result.calls.notes:
        note(text)


def _recommendation(result: LiveResult) -> Recommendation | None:
    from cbtool.recommend import recommend
    from cbtool.recommend.asked import Asked

    plan = result.plan
    asked = Asked(plan.instances, rules=plan.rules, seed=result.seed)
    try:
        with working(f"working out a recommendation from {len(result.calls):,} calls"):
            return recommend(result.calls, asked)
    except KeyboardInterrupt:  # the run is over, and its summary is worth more than the wait
        note("no recommendation: interrupted")
        return None
