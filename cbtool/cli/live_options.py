"""The options that probe and replay share, and the way from a plan to a report."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cbtool.cli.exit_status import ExitStatus
from cbtool.cli.options import option, parsed
from cbtool.cli.output import note, print_json, print_text, working
from cbtool.cli.publishing import publish_thresholds
from cbtool.errors import ConfigurationError, UnreachableError
from cbtool.units import parse_duration, parse_rate

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cbtool.live.plan import RunPlan
    from cbtool.live.result import LiveResult
    from cbtool.metrics.thresholds import Check, Threshold
    from cbtool.recommend import Recommendation

HeaderOption = Annotated[
    list[str] | None, option("--header", "-H", help="Header to send, as 'Name: value'; repeatable.")
]
TimeoutOption = Annotated[
    str | None,
    option("--timeout", help="Give a call up after this; default 1s, or the scenario's."),
]
RecordOption = Annotated[
    Path | None,
    option("--output", "-o", help="Write the run record here: .ndjson, .ndjson.gz or .parquet."),
]
ShadowOption = Annotated[
    bool,
    option("--shadow", help="The breaker only watches: what it would have refused is sent and measured."),
]
ConnectionsOption = Annotated[
    int,
    option("--connections", "-c", min=1, max=60_000, help="Calls in flight at most; more are dropped."),
]
InsecureOption = Annotated[bool, option("--insecure", "-k", help="Accept certificates that are not valid.")]
AllowHostOption = Annotated[
    list[str] | None,
    option("--allow-host", help="You may load this host, which is not this machine; repeatable."),
]
MaxRateOption = Annotated[
    str | None,
    option("--max-rate", help="Refuse a higher load; default 50/s, without limit on this machine."),
]
NoDashboardOption = Annotated[bool, option("--no-dashboard", help="Show nothing while it runs.")]
DryRunOption = Annotated[
    bool, option("--dry-run", help="Say what would be sent and for how long; send nothing.")
]
NoCheckOption = Annotated[
    bool, option("--no-check", help="Start without asking first whether the target answers.")
]


@dataclass(frozen=True)
class Launch:
    """How a plan is to be run and reported.

    Attributes:
        thresholds: gates on the result.
        allow_hosts: hosts that the user confirmed.
        max_rate: the cap that the user set, calls a second.
        peak: the load's highest rate, calls a second.
        left_out: calls of a log that are not sent, by method.
        record: where the run record goes.
        verify: whether certificates must be valid.
        check: whether the target is asked beforehand.
        dashboard: whether there is one.
        dry_run: whether nothing is sent.
        json: whether the result is one JSON document.
        junit: where the thresholds' results go, for CI servers.
    """

    thresholds: Sequence[Threshold]
    allow_hosts: Sequence[str]
    max_rate: float | None
    peak: float
    left_out: Mapping[str, int]
    record: Path | None
    verify: bool
    check: bool
    dashboard: bool
    dry_run: bool
    json: bool
    junit: Path | None = None


def parsed_headers(texts: Sequence[str] | None) -> tuple[tuple[str, str], ...]:
    """Return names and values of `Name: value`.

    Raises:
        typer.BadParameter: one has no colon, no name or a character that no header may have.
    """
    headers = []
    for text in texts or ():
        name, colon, value = text.partition(":")
        printable = text.isascii() and text.isprintable()
        if not colon or not name.strip() or " " in name.strip() or not printable:
            # The value may be a secret, so only the name is shown.
            shown = f"{name.strip()[:40]!r}" if colon else "one of them"
            raise typer.BadParameter(f"{shown} is not a header; write 'Name: value'", param_hint="--header")
        headers.append((name.strip(), value.strip()))
    return tuple(headers)


def parsed_timeout(text: str | None, default: float) -> float:
    """Return the timeout in seconds.

    Raises:
        typer.BadParameter: it is no duration, or not longer than 0.
    """
    seconds: float = default if text is None else parsed("--timeout", parse_duration, text)
    if seconds <= 0:
        raise typer.BadParameter("a timeout must be longer than 0", param_hint="--timeout")
    return seconds


def parsed_max_rate(text: str | None) -> float | None:
    """Return the cap, calls a second; None where there is none."""
    return None if text is None else parsed("--max-rate", parse_rate, text)


def with_scheme(url: str) -> str:
    """Return a URL as curl takes it: without a scheme it is http."""
    return url if "://" in url else f"http://{url}"


def body_of(text: str | None, file: Path | None) -> bytes | None:
    """Return the body to send.

    Raises:
        ConfigurationError: both are given.
        UnreachableError: the file cannot be read.
    """
    if text is not None and file is not None:
        raise ConfigurationError("--body and --body-file exclude each other")
    if file is None:
        return None if text is None else text.encode()
    try:
        return file.read_bytes()
    except OSError as error:
        raise UnreachableError(f"{file}: cannot be read: {error.strerror or error}") from None


def launch(plan: RunPlan, how: Launch) -> None:
    """Check what is to be done, do it, and report it.

    Raises:
        CbtoolError: the target is not allowed or does not answer, or a file cannot be written.
        typer.Exit: a gate failed, or the run was interrupted.
    """
    _check_targets(plan, how)
    if how.dry_run:
        _report_dry_run(plan, how)
        return
    from cbtool.live.session import run_live  # noqa: PLC0415  # httpx, uvloop and the transport

    result = run_live(
        plan,
        record_path=how.record,
        dashboard=attach_dashboard if how.dashboard else None,
        check=how.check,
        verify=how.verify,
    )
    values = result.values()
    checks = [gate.check(values) for gate in how.thresholds]
    _report(result, checks, how)
    publish_thresholds(f"cbtool {plan.command}", checks, how.junit)
    if result.interrupted:
        raise typer.Exit(ExitStatus.INTERRUPTED)
    if not all(check.passed for check in checks):
        raise typer.Exit(ExitStatus.GATE_FAILED)


def _check_targets(plan: RunPlan, how: Launch) -> None:
    from cbtool.live.safety import check_rate, check_target  # noqa: PLC0415  # a command's own import

    loopback = check_target(plan.url, how.allow_hosts)
    if plan.config.when_open.target is not None:
        loopback = check_target(plan.config.when_open.target, how.allow_hosts) and loopback
    check_rate(how.peak, loopback=loopback, max_rate=how.max_rate)


def attach_dashboard(engine: Any) -> Any:
    """Return the dashboard of a run, to be shown while it goes on."""
    from cbtool.dashboard import attach  # noqa: PLC0415  # rich

    return attach(engine.view, stderr=sys.stderr)


def _report_dry_run(plan: RunPlan, how: Launch) -> None:
    from cbtool.report.live import plan_text  # noqa: PLC0415  # a command's own import

    if not how.json:
        print_text(plan_text(plan, how.peak, how.left_out))
        return
    print_json(
        {
            "dry_run": True,
            "command": plan.command,
            "target": plan.title.partition(" ")[2],
            "calls": len(plan),
            "duration": plan.duration,
            "peak_rate": how.peak,
            "left_out": dict(how.left_out),
            "instances": plan.instances,
            "seed": plan.seed,
        }
    )


def _report(result: LiveResult, checks: Sequence[Check], how: Launch) -> None:
    from cbtool.report.checks import check_json  # noqa: PLC0415  # a command's own imports
    from cbtool.report.live import live_text  # noqa: PLC0415

    # After Ctrl-C the summary comes at once; a recommendation can still be had from the record.
    answer = None if result.interrupted else _recommendation(result)
    if how.json:
        document = result.to_json()
        document["checks"] = [check_json(check) for check in checks]
        document["recommend"] = None if answer is None else answer.to_json()
        print_json(document)
    else:
        record = None if how.record is None else str(how.record)
        print_text(live_text(result, checks=checks, recommendation=answer, record=record))
    for text in result.calls.notes:
        note(text)


def _recommendation(result: LiveResult) -> Recommendation | None:
    from cbtool.recommend import recommend  # noqa: PLC0415  # scipy, maybe numba

    rules = result.plan.rules
    try:
        with working(f"working out a recommendation from {len(result.calls):,} calls"):
            return recommend(
                result.calls,
                rules.verdicts(result.calls),
                instances=result.plan.instances,
                rules=rules,
                seed=result.seed,
            )
    except KeyboardInterrupt:  # the run is over, and its summary is worth more than the wait
        note("no recommendation: interrupted")
        return None
