"""`cbtool profiles`: list, show and validate breaker profiles and scenarios, import and export profiles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from cbtool.cli import profiles_foreign
from cbtool.cli.app import command_app
from cbtool.cli.options.shared import JsonOption  # noqa: TC001  # Typer reads it when the command is built
from cbtool.cli.profiles_validate import validate
from cbtool.shipped import ProfileGroup

if TYPE_CHECKING:
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
    """


app.command("import")(profiles_foreign.import_file)
app.command("export")(profiles_foreign.export)
app.command("validate")(validate)


@app.command("list")
def list_shipped(json: JsonOption = False) -> None:
    """List the profiles and scenarios that come with cbtool.

    \b
    Examples:
      cbtool profiles list
      cbtool profiles list --json
    """
    from cbtool.catalogue import shipped_groups, shipped_scenario_documents
    from cbtool.cli.output import print_json, print_text

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
    """
    from cbtool.catalogue import open_document
    from cbtool.cli.output import print_json, print_text

    document = open_document(name)
    if json:
        print_json(document.check())
    else:
        print_text(document.source.text.removesuffix("\n"))


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
    from cbtool.report.text import table

    if header in {_HEADERS[ProfileGroup.LIBRARIES], _HEADERS[ProfileGroup.PUBLISHED]}:
        rows = [(document.name, document.evidence, document.description) for document in documents]
        return table((header, "Known", "What it is"), rows)
    return table(
        (header, "What it is for"), [(document.name, document.description) for document in documents]
    )
