"""`nural evaluate`."""

import json
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from nural.cli.errors import report_errors
from nural.cli.model import MODEL_HELP, load_digit_model, model_path
from nural.cli.run import shown
from nural.data import load_mnist_datasets
from nural.inference import outputs, scores
from nural.metrics import confusion_matrix


@report_errors
def evaluate(
    model: Annotated[Path | None, typer.Option(readable=False, help=MODEL_HELP)] = None,
    data: Annotated[
        Path | None, typer.Option(readable=False, help="Digits to judge it on. [default: the MNIST inside]")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Judge a model on a test set: loss, accuracy, and accuracy for each digit.

    Examples:

        nural evaluate

        nural evaluate --model runs/first --data /usr/share/datasets/fashion-mnist
    """
    path = model_path(model)
    network = load_digit_model(path)
    x, y = load_mnist_datasets(data)[2]
    logits = outputs(network, x)
    score = scores(logits, y)
    if as_json:
        print(json.dumps({"model": str(path), "digits": len(y), **score}))
        return
    matrix = confusion_matrix(logits.argmax(axis=1), y, 10)
    table = Table("digit", "tested", "right", "accuracy", "most often taken for")
    for digit, row in enumerate(matrix):
        right, tested = int(row[digit]), int(row.sum())
        others = np.where(np.arange(10) == digit, 0, row)
        taken = f"{others.argmax()} ({others.max()} times)" if others.any() else ""
        table.add_row(str(digit), str(tested), str(right), f"{100 * right / max(tested, 1):.2f}%", taken)
    console = Console()
    console.print(table)
    console.print(
        f"{shown(path)}: accuracy {100 * score['accuracy']:.2f}%, loss {score['loss']:.4f} on {len(y):,} digits",
        style="bold",
        highlight=False,
        markup=False,
        soft_wrap=True,
    )
