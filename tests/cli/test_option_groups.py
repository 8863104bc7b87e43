"""Groups of options: Typer sees the options, a command the groups."""

from __future__ import annotations

import inspect
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Self

import typer
from typer.testing import CliRunner

from cbtool.cli.again import Given
from cbtool.cli.app import command_app
from cbtool.cli.options.group import OptionGroup, grouped
from cbtool.cli.options.shared import option

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest


@dataclass
class Color(OptionGroup):
    hue: Annotated[str, option("--hue", help="Which.")] = "red"
    deep: Annotated[bool, option("--deep", help="How.")] = False


@dataclass
class Paint(Color):
    layers: Annotated[int, option("--layers", help="How many.")] = 1

    @contextmanager
    def opened(self) -> Iterator[Self]:
        typer.echo("opened")
        yield self
        typer.echo("closed")


def painting() -> Any:
    app = command_app()

    @app.command()
    @grouped
    def paint(
        *,
        first: Annotated[str, option("--first", help="Before.")] = "a",
        paint: Paint,
        last: Annotated[str, option("--last", help="After.")] = "z",
        given: Given,
    ) -> None:
        typer.echo(f"{first} {paint} {last} {' '.join(given.words())}")

    return app, paint


def test_a_group_s_options_stand_in_its_place() -> None:
    parameters = inspect.signature(painting()[1]).parameters
    assert list(parameters) == ["first", "hue", "deep", "layers", "last"]
    assert parameters["layers"].default == 1


def test_the_command_is_handed_the_group_opened() -> None:
    app, _ = painting()
    result = CliRunner().invoke(app, ["--hue", "blue", "--layers", "2"])
    assert result.output.splitlines() == [
        "opened",
        "a Paint(hue='blue', deep=False, layers=2) z --hue blue --layers 2",
        "closed",
    ]


def test_the_environment_sets_a_group_s_option(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CBTOOL_LAYERS", "3")
    assert "layers=3" in CliRunner().invoke(painting()[0], []).output
