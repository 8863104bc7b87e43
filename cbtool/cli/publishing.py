"""Where checks go beside the terminal: JUnit XML, Markdown, and what GitHub Actions reads."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cbtool.cli.options.shared import option
from cbtool.cli.output import note
from cbtool.errors import UnreachableError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cbtool.metrics.thresholds import Check as ThresholdCheck
    from cbtool.report.junit import Case

JunitOption = Annotated[
    Path | None, option("--junit", metavar="FILE", help="Write the checks as JUnit XML, for CI servers.")
]
MarkdownOption = Annotated[
    str | None,
    option("--markdown", metavar="FILE|-", help="Write the checks as Markdown; - is standard output."),
]


def publish(
    title: str,
    verdict: str,
    cases: Sequence[Case],
    *,
    notes: Sequence[str] = (),
    junit: Path | None = None,
    markdown: str | None = None,
) -> None:
    """Write checks where the user and the CI system want them.

    On GitHub Actions a failed check becomes an `::error` annotation on standard error, and the Markdown is
    added to the step's summary.

    Raises:
        UnreachableError: a file cannot be written.
    """
    from cbtool.report.junit import junit_xml
    from cbtool.report.markdown import checks_markdown

    if junit is not None:
        _write(junit, junit_xml(title, cases))
    summary = os.environ.get("GITHUB_STEP_SUMMARY")
    if markdown is not None or summary:
        text = checks_markdown(title, verdict, cases, notes)
        if markdown == "-":
            from cbtool.cli.output import print_text

            print_text(text.removesuffix("\n"))
        elif markdown is not None:
            _write(Path(markdown), text)
        if summary:
            _write(Path(summary), text + "\n", mode="a")
    if os.environ.get("GITHUB_ACTIONS") == "true":
        for case in cases:
            if not case.passed:
                note(_annotation(title, case))


def threshold_cases(checks: Sequence[ThresholdCheck]) -> list[Case]:
    """Return what became of `--threshold`s, to be published."""
    from cbtool.report.junit import Case

    return [Case("thresholds", check.text, check.passed, check.measured, check.text) for check in checks]


def publish_thresholds(title: str, checks: Sequence[ThresholdCheck], junit: Path | None) -> None:
    """Publish a run's `--threshold`s, if it has any or a file is asked for."""
    if checks or junit is not None:
        failed = sum(not check.passed for check in checks)
        verdict = f"{failed} of {len(checks)} thresholds failed" if failed else "all thresholds hold"
        publish(title, verdict, threshold_cases(checks), junit=junit)


def _annotation(title: str, case: Case) -> str:
    message = f"{case.name}: {case.value}, wanted {case.limit}" + (f". {case.why}" if case.why else "")
    return f"::error title={_property(title)}::{_data(message)}"


def _data(text: str) -> str:
    """Return text as a workflow command's data (actions/toolkit, command.ts)."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _write(path: Path, text: str, mode: str = "w") -> None:
    try:
        with path.open(mode, encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise UnreachableError.unwritable(path, error) from None
