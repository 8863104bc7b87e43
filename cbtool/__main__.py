"""The entry point: fast for the front page, and the one place where errors become exit status."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from cbtool.cli.commands import front_page
from cbtool.version import __version__

if TYPE_CHECKING:
    from collections.abc import Sequence


def main() -> None:
    """Run the command line and exit."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit status."""
    try:
        status = _run(list(arguments))
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read the output has had enough; what was asked for has been done.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return status


_COMPLETING = "_CBTOOL_COMPLETE"
"""In the environment where a shell asks what may follow; it gives no arguments then."""


def _run(arguments: list[str]) -> int:
    if _COMPLETING in os.environ:
        from cbtool.cli.run import complete  # noqa: PLC0415  # as below

        return complete()
    if arguments in ([], ["-h"], ["--help"], ["help"]):
        sys.stdout.write(front_page())
        return 0
    if arguments in (["--version"], ["-V"]):
        sys.stdout.write(f"cbtool {__version__}\n")
        return 0
    from cbtool.cli.run import run_command  # noqa: PLC0415  # Typer costs 100 ms, the front page needs none

    return run_command(arguments)


if __name__ == "__main__":
    main()
