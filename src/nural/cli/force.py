"""The option of every command that writes where it is told."""

from typing import Annotated

import typer

ForceOption = Annotated[
    bool, typer.Option("--force", help="Replace the file even if nural did not write it, or somebody changed it since.")
]
