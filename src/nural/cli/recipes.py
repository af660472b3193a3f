"""`nural recipes`."""

import json
from typing import Annotated

import typer
from rich.console import Console
from rich.padding import Padding

from nural.cli.errors import report_errors
from nural.models.recipes import RECIPES


@report_errors
def recipes(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a line.")] = False,
) -> None:
    """List what `nural train --recipe` can train.

    Example:

        nural recipes
    """
    shown = ("name", "network", "training", "epochs", "batch_size", "learning_rate")
    rows = [{name: value for name, value in vars(recipe).items() if name in shown} for recipe in RECIPES.values()]
    if as_json:
        for row in rows:
            print(json.dumps(row))
        return
    console = Console()
    for row in rows:
        console.print(f"[bold]{row['name']}[/bold]  {row['network']}", highlight=False)
        settings = f"{row['epochs']} epochs, batch {row['batch_size']}, learning rate {row['learning_rate']:g}"
        console.print(Padding(f"{row['training']}; {settings}", (0, 0, 1, 4)), highlight=False)
