"""The option ``--force`` of every command that writes to a given file."""

from typing import Annotated

import typer

ForceOption = Annotated[
    bool, typer.Option("--force", help="Replace the file even if nural did not write it, or somebody changed it since.")
]
