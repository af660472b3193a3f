"""`nural data`."""

import json
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from nural.atomic_file import write_atomically
from nural.cli.errors import report_errors
from nural.cli.run import shown
from nural.data import load_mnist_datasets

PICTURED = 10  # of each digit


@report_errors
def data(
    data: Annotated[
        Path | None, typer.Option(readable=False, help="Digits to look at. [default: the MNIST inside]")
    ] = None,
    out: Annotated[Path, typer.Option(readable=False, help="Where to write the picture of samples.")] = Path(
        "samples.png"
    ),
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a set.")] = False,
) -> None:
    """Look at the data: how many of each digit, the range of the pixels, and a picture of samples.

    Examples:

        nural data

        nural data --data /usr/share/datasets/fashion-mnist --out fashion.png
    """
    from nural import plots

    sets = dict(zip(("training", "validation", "test"), load_mnist_datasets(data), strict=True))
    summary = {
        name: {
            "digits": len(y),
            "counts": np.bincount(y, minlength=10).tolist(),
            "lowest": float(x.min()),
            "highest": float(x.max()),
            "mean": float(x.mean(dtype=np.float64)),
        }
        for name, (x, y) in sets.items()
    }
    x, y = sets["training"]
    chosen = np.concatenate([np.flatnonzero(y == digit)[:PICTURED] for digit in range(10)])
    write_atomically(
        out, plots.samples(x[chosen], y[chosen], f"The first {PICTURED} of each class in the training set")
    )
    if as_json:
        for name, values in summary.items():
            print(json.dumps({"set": name, **values}))
        return
    table = Table("", *summary)
    for digit in range(10):
        table.add_row(f"images of {digit}", *(f"{values['counts'][digit]:,}" for values in summary.values()))
    table.add_section()
    table.add_row("images", *(f"{values['digits']:,}" for values in summary.values()))
    for name in ("lowest", "highest", "mean"):
        table.add_row(f"{name} pixel", *(f"{values[name]:.4g}" for values in summary.values()))
    console = Console()
    console.print(table)
    console.print(f"samples: {shown(out)}", highlight=False, markup=False, soft_wrap=True)
