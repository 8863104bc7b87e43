"""`cbtool profiles validate`: are files right, what do their breakers cost, and can their rules fire."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from cbtool.cli.exit_status import ExitStatus, exit_status_of
from cbtool.cli.options.shared import (
    BreakersOption,
    InstancesOption,
    JsonOption,
    ThreadsOption,
    option,
    parsed,
)
from cbtool.errors import CbtoolError, ConfigurationError
from cbtool.units import parse_duration, parse_percent, parse_rate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cbtool.breaker.capacity import Capacity
    from cbtool.breaker.reach import Load, Reachability

_TIMEOUT = 1.0  # seconds, for what a dependency that is down costs


def validate(
    files: Annotated[
        list[str],
        typer.Argument(metavar="FILE...", help="Profiles and scenarios; a [[phase]] makes a scenario."),
    ],
    load: Annotated[
        list[str] | None,
        option(
            "--load",
            metavar="RATE[..RATE]",
            help="Calls a second: say which rules never fire there, or on one error; repeatable.",
        ),
    ] = None,
    instances: InstancesOption = 1,
    failure_rate: Annotated[
        str | None,
        option("--failure-rate", metavar="PERCENT", help="With --load: calls that fail while all is well."),
    ] = None,
    strict: Annotated[
        bool, option("--strict", help="Exit 1 where a rule never fires, or on one error.")
    ] = False,
    timeout: Annotated[
        str | None,
        option("--timeout", help="When the caller gives a call up; for the cost of being down: 1s."),
    ] = None,
    breakers: BreakersOption = 1,
    threads: ThreadsOption = 1,
    json: JsonOption = False,
) -> None:
    """Check files, and report every one that is wrong.

    A file that is right gives a line on standard output, a wrong one a line on standard error with
    the place and the remedy. Of a right profile it also says how much of a worker's time goes into
    dependencies that are down: what opening costs, and the trials after that.

    With a --load, or a range of loads, it names each rule that can never fire there, though every
    call fails, and each that one error fires, with the arithmetic. --instances share the load.

    \b
    Examples:
      cbtool profiles validate mine.toml
      cbtool profiles validate mine.toml --load 0.05/s..200/s --timeout 2s
      cbtool profiles validate mine.toml --load 40/s --instances 8 --strict
      cbtool profiles validate shopify-initial --breakers 42 --threads 2 --timeout 250ms
      cbtool profiles validate profiles/*.toml profiles/scenarios/*.toml
    """
    from cbtool.cli.output import note, print_json, print_text

    held = None if timeout is None else parsed("--timeout", parse_duration, timeout)
    loads = _loads(load or (), instances, held, failure_rate)
    results = [_examined(file, held or _TIMEOUT, breakers, threads, loads) for file in files]
    for result in results:
        if result.error is not None:
            note(f"cbtool: {result.error}")
        elif not json:
            print_text(_text(result))
    if json:
        right = all(result.error is None for result in results)
        print_json({"ok": right, "files": [_document(result) for result in results]})
    statuses = {exit_status_of(result.error) for result in results if result.error is not None}
    if statuses:
        raise typer.Exit(ExitStatus.USAGE if ExitStatus.USAGE in statuses else statuses.pop())
    if strict and any(result.found is not None and result.found.fails_strictly for result in results):
        raise typer.Exit(ExitStatus.GATE_FAILED)


def parse_load_range(text: str) -> list[float]:
    """Return the calls a second in `40/s`, or at both ends of `0.05/s..200/s`.

    Raises:
        ConfigurationError: an end is not a rate over 0, or the first is the higher.
    """
    rates = [parse_rate(part) for part in text.split("..", 1)]
    if min(rates) <= 0 or rates != sorted(rates):
        raise ConfigurationError(f"{text!r} is not a range of loads; write 0.05/s..200/s, the lower first")
    return rates


class _Result(NamedTuple):
    """What became of one file."""

    file: str
    kind: str | None
    error: CbtoolError | None = None
    cost: Capacity | None = None
    found: Reachability | None = None


def _loads(
    texts: Sequence[str], instances: int, timeout: float | None, failure_rate: str | None
) -> list[Load]:
    """Return what one breaker sees, the quietest first."""
    from cbtool.breaker.reach import Load

    if failure_rate is not None and not texts:
        raise typer.BadParameter("goes with --load", param_hint="--failure-rate")
    share = None if failure_rate is None else parsed("--failure-rate", parse_percent, failure_rate)
    rates = {rate / instances for text in texts for rate in parsed("--load", parse_load_range, text)}
    return [Load(rate, failing=timeout or 0.0, timeout=timeout, failure_rate=share) for rate in sorted(rates)]


def _examined(file: str, timeout: float, breakers: int, threads: int, loads: Sequence[Load]) -> _Result:
    """Return a file's kind, where it can be told, and what is wrong with it; of a profile, what it does."""
    from cbtool.breaker.capacity import capacity_of
    from cbtool.breaker.reach import reachability
    from cbtool.catalogue import open_document
    from cbtool.profiles import load_profile

    kind = None
    try:
        document = open_document(file)
        kind = document.kind.value
        document.check()
    except CbtoolError as error:
        return _Result(file, kind, error)
    if kind != "profile":
        return _Result(file, kind)
    config = load_profile(file).config
    rate = max((each.rate for each in loads), default=None)
    cost = None
    if config.opens:
        cost = capacity_of(config, timeout=timeout, breakers=breakers, threads=threads, rate=rate)
    return _Result(file, kind, cost=cost, found=reachability(config, loads) if loads else None)


def _text(result: _Result) -> str:
    from cbtool.report.capacity import capacity_text
    from cbtool.report.reachability import reachability_text

    parts = [f"{result.file}: ok ({result.kind})"]
    if result.cost is not None:
        parts.append(capacity_text(result.cost))
    if result.found is not None and result.found.findings:
        parts.append(reachability_text(result.found))
    return "\n".join(parts)


def _document(result: _Result) -> dict[str, Any]:
    document: dict[str, Any] = {
        "file": result.file,
        "kind": result.kind,
        "ok": result.error is None,
        "error": None if result.error is None else str(result.error),
        "capacity": None if result.cost is None else result.cost.to_json(),
    }
    if result.found is not None:
        document["reachability"] = [finding.to_json() for finding in result.found.findings]
    return document
