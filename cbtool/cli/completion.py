"""`cbtool completion`: the script that completes commands and options in a shell."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from cbtool.cli.app import command_app
from cbtool.cli.output import print_text

app = command_app()


class Shell(StrEnum):
    """The shells that are known."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"
    POWERSHELL = "powershell"


@app.command()
def completion(
    shell: Annotated[Shell, typer.Argument(metavar="SHELL", help="bash, zsh, fish or powershell.")],
) -> None:
    """Print the script that completes commands and options in a shell.

    \b
    Examples:
      cbtool completion bash > ~/.local/share/bash-completion/completions/cbtool
      cbtool completion zsh > ~/.zfunc/_cbtool
      cbtool completion fish > ~/.config/fish/completions/cbtool.fish
    """
    # What Typer's own --show-completion prints, for a shell that it does not guess.
    from typer._completion_shared import get_completion_script

    print_text(get_completion_script(prog_name="cbtool", complete_var="_CBTOOL_COMPLETE", shell=shell.value))
