"""`cbtool profiles`: list, show and validate breaker profiles and scenarios, import and export profiles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from cbtool.cli import profiles_foreign
from cbtool.cli.app import command_app
from cbtool.cli.exit_status import ExitStatus, exit_status_of
from cbtool.cli.options import BreakersOption, JsonOption, ThreadsOption, TimeoutOption, parsed
from cbtool.errors import CbtoolError
from cbtool.shipped import ProfileGroup
from cbtool.units import parse_duration

if TYPE_CHECKING:
    from cbtool.breaker.capacity import Capacity
    from cbtool.catalogue import Document

app = command_app()


@app.callback()
def _profiles() -> None:
    """List, show and validate breaker profiles and scenarios; import and export profiles.

    \b
    Examples:
      cbtool profiles list
      cbtool profiles show balanced > mine.toml
      cbtool profiles validate mine.toml
      cbtool profiles import application.yml -o profiles/
      cbtool profiles export mine.toml --to gobreaker
    """  # noqa: D301  # the \b is Click's mark for lines to be left as they are


app.command("import")(profiles_foreign.import_file)
app.command("export")(profiles_foreign.export)


@app.command("list")
def list_shipped(json: JsonOption = False) -> None:
    """List the profiles and scenarios that come with cbtool.

    \b
    Examples:
      cbtool profiles list
      cbtool profiles list --json
    """  # noqa: D301  # the \b is Click's mark for lines to be left as they are
    from cbtool.catalogue import shipped_groups, shipped_scenario_documents  # noqa: PLC0415  # quick --help
    from cbtool.cli.output import print_json, print_text  # noqa: PLC0415  # same

    groups, scenarios = shipped_groups(), shipped_scenario_documents()
    if json:
        profiles = [_entry(document, group) for group, documents in groups.items() for document in documents]
        print_json({"profiles": profiles, "scenarios": [_entry(document) for document in scenarios]})
        return
    for group, documents in groups.items():
        print_text(_listing(_HEADERS[group], documents) + "\n")
    print_text(_listing("Scenario", scenarios))


@app.command()
def show(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A shipped profile or scenario, or a file.")],
    json: JsonOption = False,
) -> None:
    """Print a profile or a scenario, comments and all.

    With --json it is checked, and a profile's defaults are filled in.

    \b
    Examples:
      cbtool profiles show balanced
      cbtool profiles show hard-outage > mine.toml
      cbtool profiles show mine.toml --json
    """  # noqa: D301  # the \b is Click's mark for lines to be left as they are
    from cbtool.catalogue import open_document  # noqa: PLC0415  # keeps --help quick
    from cbtool.cli.output import print_json, print_text  # noqa: PLC0415  # same

    document = open_document(name)
    if json:
        print_json(document.check())
    else:
        print_text(document.source.text.removesuffix("\n"))


@app.command()
def validate(
    files: Annotated[
        list[str],
        typer.Argument(metavar="FILE...", help="Profiles and scenarios; a [[phase]] makes a scenario."),
    ],
    timeout: TimeoutOption = "1s",
    breakers: BreakersOption = 1,
    threads: ThreadsOption = 1,
    json: JsonOption = False,
) -> None:
    """Check files, and report every one that is wrong.

    A file that is right gives a line on standard output, a wrong one a line on standard error with
    the place and the remedy. Of a right profile it also says how much of a worker's time goes into
    dependencies that are down: what opening costs, and the trials after that.

    \b
    Examples:
      cbtool profiles validate mine.toml
      cbtool profiles validate shopify-initial --breakers 42 --threads 2 --timeout 250ms
      cbtool profiles validate profiles/*.toml profiles/scenarios/*.toml
    """  # noqa: D301  # the \b is Click's mark for lines to be left as they are
    from cbtool.cli.output import note, print_json, print_text  # noqa: PLC0415  # keeps --help quick
    from cbtool.report.capacity import capacity_text  # noqa: PLC0415  # same

    held = parsed("--timeout", parse_duration, timeout)
    checked = [_checked(file) for file in files]
    costs = [
        None if error is not None or kind != "profile" else _cost(file, held, breakers, threads)
        for file, (kind, error) in zip(files, checked, strict=True)
    ]
    for file, (kind, error), cost in zip(files, checked, costs, strict=True):
        if error is not None:
            note(f"cbtool: {error}")
        elif not json:
            print_text(f"{file}: ok ({kind})" + ("" if cost is None else f"\n{capacity_text(cost)}"))
    if json:
        print_json(
            [
                {
                    "file": file,
                    "kind": kind,
                    "ok": error is None,
                    "error": None if error is None else str(error),
                    "capacity": None if cost is None else cost.to_json(),
                }
                for file, (kind, error), cost in zip(files, checked, costs, strict=True)
            ]
        )
    statuses = {exit_status_of(error) for _, error in checked if error is not None}
    if statuses:
        raise typer.Exit(ExitStatus.USAGE if ExitStatus.USAGE in statuses else statuses.pop())


def _cost(file: str, timeout: float, breakers: int, threads: int) -> Capacity | None:
    """Return what a profile costs while its dependencies are down; None for one that has no open state."""
    from cbtool.breaker.capacity import capacity_of  # noqa: PLC0415  # keeps --help quick
    from cbtool.profiles import load_profile  # noqa: PLC0415  # same

    config = load_profile(file).config
    if not config.opens:
        return None
    return capacity_of(config, timeout=timeout, breakers=breakers, threads=threads)


def _checked(file: str) -> tuple[str | None, CbtoolError | None]:
    """Return a file's kind, where it can be told, and what is wrong with it."""
    from cbtool.catalogue import open_document  # noqa: PLC0415  # keeps --help quick

    kind = None
    try:
        document = open_document(file)
        kind = document.kind.value
        document.check()
    except CbtoolError as error:
        return kind, error
    return kind, None


_HEADERS = {
    ProfileGroup.OURS: "Profile",
    ProfileGroup.LIBRARIES: "Library",
    ProfileGroup.PUBLISHED: "Account",
}


def _entry(document: Document, group: ProfileGroup | None = None) -> dict[str, Any]:
    entry = {"name": document.name, "description": document.description, "file": str(document.path)}
    if group is None:
        return entry
    return entry | {"group": group.name.lower(), "evidence": document.evidence}


def _listing(header: str, documents: list[Document]) -> str:
    """Return a table; a library's behaviour is known from somewhere, which it says."""
    from cbtool.report.text import table  # noqa: PLC0415  # keeps --help quick

    if header in {_HEADERS[ProfileGroup.LIBRARIES], _HEADERS[ProfileGroup.PUBLISHED]}:
        rows = [(document.name, document.evidence, document.description) for document in documents]
        return table((header, "Known", "What it is"), rows)
    return table(
        (header, "What it is for"), [(document.name, document.description) for document in documents]
    )
