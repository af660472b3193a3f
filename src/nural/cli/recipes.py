"""`nural recipes`."""

import json
from typing import Annotated

import typer
from rich.console import Console
from rich.padding import Padding

from nural.cli.errors import report_errors
from nural.models.recipes import RECIPES


def duration(seconds: float) -> str:
    """Seconds below two minutes, else minutes."""
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"


@report_errors
def recipes(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object per line.")] = False,
) -> None:
    """List what `nural train --recipe` can train, with the measured accuracy and time.

    Accuracy is the median of several seeds on MNIST's test set. Time is that of the whole command on two cores of a
    server; of `mlp-augmented` and `best`, on one. `python benchmarks/recipes.py` measures both again.

    Example:

        nural recipes
    """
    shown = ("name", "network", "training", "epochs", "batch_size", "learning_rate", "test_accuracy", "seconds")
    rows = [{name: getattr(recipe, name) for name in shown} for recipe in RECIPES.values()]
    if as_json:
        for row in rows:
            print(json.dumps(row))
        return
    console = Console()
    for row in rows:
        console.print(f"[bold]{row['name']}[/bold]  {row['network']}", highlight=False)
        if row["test_accuracy"] is not None:
            measured = f"{100 * row['test_accuracy']:.2f}% of the test digits, in {duration(row['seconds'])}"
            console.print(Padding(f"[bold]{measured}[/bold]", (0, 0, 0, 4)), highlight=False)
        settings = f"{row['epochs']} epochs, batch {row['batch_size']}, learning rate {row['learning_rate']:g}"
        console.print(Padding(f"{row['training']}; {settings}", (0, 0, 1, 4)), highlight=False)
