"""`nural profile`."""

import json
from dataclasses import asdict
from typing import Annotated, Any

import numpy as np
import typer
from rich import box
from rich.console import Console
from rich.table import Table

from nural.cli.errors import report_errors
from nural.cli.run import recipe_named
from nural.data.digits import PIXELS
from nural.profile import Profile, Row
from nural.profile import profile as profile_step


@report_errors
def profile(
    recipe: Annotated[str, typer.Option(help="What would be trained: a name that `nural recipes` lists.")] = "mlp",
    batch_size: Annotated[int | None, typer.Option(min=1, help="Samples per step. [default: the recipe's]")] = None,
    threads: Annotated[int, typer.Option(min=1, help="Threads of a matrix product.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Show where the time of a training step goes, layer by layer: forward, loss, backward, update.

    For each part: the median of its times and its share of the step; millions of floating-point operations, and
    billions of them per second, also in % of the rate of one large matrix product; bytes newly allocated, and bytes
    kept in buffers.

    Operations are counted from the formulas: in products, two for each multiplication with its addition (a faster form
    of a convolution can need fewer); in other layers 1 to 14 per value, such as 1 for ReLU and 6 for batch norm,
    forward. Those of loss and update are not counted.

    Examples:

        nural profile

        nural profile --recipe cnn-fast --batch-size 64 --threads 2
    """
    chosen = recipe_named(recipe)
    samples = chosen.batch_size if batch_size is None else batch_size
    rng = np.random.default_rng(0)
    model = chosen.build(rng)
    x = rng.random((samples, PIXELS)).astype(model.dtype)
    optimizer = chosen.optimizer(chosen.learning_rate)
    found = profile_step(
        model, x, rng.integers(10, size=samples), optimizer=optimizer, loss=chosen.loss, threads=threads
    )
    settings = {"recipe": recipe, "batch_size": samples, "threads": threads}
    if as_json:
        print(json.dumps(settings | _as_json(found)))
        return
    console = Console()
    several = "threads" if threads > 1 else "thread"
    for line in (
        f"{recipe}: {chosen.network}",
        f"batch {samples}, {threads} BLAS {several}, medians of {found.steps} steps",
        f"one large matrix product: {found.product_rate / 1e9:.1f} GFLOP/s",
    ):
        console.print(line, highlight=False, markup=False)
    console.print(_table(found))


def _as_json(found: Profile) -> dict[str, Any]:
    return {
        "steps": found.steps,
        "product_rate": found.product_rate,
        "seconds": found.seconds,
        "operations": found.operations,
        "rows": [asdict(row) | {"share": row.seconds / found.seconds} | _rates(row, found) for row in found.rows],
    }


def _rates(row: Row, found: Profile) -> dict[str, float | None]:
    if row.operations is None:
        return {"rate": None, "share_of_product_rate": None}
    rate = row.operations / row.seconds
    return {"rate": rate, "share_of_product_rate": rate / found.product_rate}


def _table(found: Profile) -> Table:
    """A table of 80 columns."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, collapse_padding=True)
    table.add_column("", no_wrap=True)
    for heading in ("µs", "share", "Mflop", "GFLOP/s", "of product", "new", "buffers"):
        table.add_column(heading, justify="right", no_wrap=heading != "of product")
    previous = ""
    for row in found.rows:
        if row.part != previous and row.name:
            table.add_row(f"[bold]{row.part}[/bold]")
        previous = row.part
        title = "  " * (row.depth + 1) + f"{row.name.rsplit('.', 1)[-1]} {row.layer}" if row.name else row.part
        bytes_kept = "" if row.buffers is None else _bytes(row.buffers)
        style = "" if row.name else "bold"
        cells = _cells(row.seconds, row.operations, found)
        table.add_row(f"[{style}]{title}[/{style}]" if style else title, *cells, _bytes(row.allocated), bytes_kept)
    table.add_section()
    outer = [row for row in found.rows if row.depth == 0]
    table.add_row(
        "total",
        *_cells(found.seconds, found.operations, found),
        _bytes(sum(row.allocated for row in outer)),
        _bytes(sum(row.buffers or 0 for row in outer)),
        style="bold",
    )
    return table


def _cells(seconds: float, operations: int | None, found: Profile) -> list[str]:
    """Time, share, operations, rate and its share of the product's."""
    cells = [f"{1e6 * seconds:,.0f}", f"{100 * seconds / found.seconds:.1f}%"]
    if operations is None:
        return [*cells, "", "", ""]
    rate = operations / seconds
    return [*cells, f"{operations / 1e6:,.2f}", f"{rate / 1e9:.1f}", f"{100 * rate / found.product_rate:.0f}%"]


def _bytes(count: int) -> str:
    """In thousands of bytes, or millions."""
    return f"{count / 1e3:.0f} kB" if count < 999_500 else f"{count / 1e6:.1f} MB"
