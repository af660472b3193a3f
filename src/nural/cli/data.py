"""`nural data`."""

import json
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from nural.atomic_file import write_atomically
from nural.cli.digits import LabelColumn, load_digits
from nural.cli.errors import CommandError, report_errors
from nural.cli.run import shown
from nural.data.augmentation import (
    Affine,
    Augmentation,
    Elastic,
    Erasing,
    Noise,
    Thickness,
    rotation,
    scale,
    shear,
    shift,
)

PICTURED = 10  # of each digit
AUGMENTATIONS = {
    **{"affine": Affine, "shift": shift, "rotation": rotation, "scale": scale, "shear": shear},
    **{"elastic": Elastic, "thickness": Thickness, "noise": Noise, "erasing": Erasing},
}


@report_errors
def data(
    data: Annotated[
        Path | None, typer.Option(readable=False, help="Digits to look at. [default: the MNIST inside]")
    ] = None,
    label_column: LabelColumn = None,
    out: Annotated[Path, typer.Option(readable=False, help="Where to write the picture of samples.")] = Path(
        "samples.png"
    ),
    augment: Annotated[
        str, typer.Option(help=f"Picture digits beside changed ones: {', '.join(AUGMENTATIONS)}, in the order given.")
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a set.")] = False,
) -> None:
    """Look at the data: how many of each digit, the range of the pixels, and a picture of samples.

    Examples:

        nural data

        nural data --data /usr/share/datasets/fashion-mnist --out fashion.png

        nural data --augment affine,elastic --out augmented.png
    """
    augmentation = _augmentation(augment)
    sets = dict(zip(("training", "validation", "test"), load_digits(data, label_column), strict=True))
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
    write_atomically(out, _picture(x, y, augmentation))
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


def _augmentation(names: str) -> Augmentation | None:
    """What ``--augment`` asks for."""
    if not names:
        return None
    chosen = [name.strip() for name in names.split(",")]
    for name in chosen:
        if name not in AUGMENTATIONS:
            raise CommandError(f"--augment: expected names among {', '.join(AUGMENTATIONS)}, found {name!r}")
    return Augmentation(*(AUGMENTATIONS[name]() for name in chosen))


def _picture(x: np.ndarray, y: np.ndarray, augmentation: Augmentation | None) -> bytes:
    """The first digits of each class, or the first of each beside what augmentation makes of it."""
    from nural import plots

    if augmentation is None:
        chosen = np.concatenate([np.flatnonzero(y == digit)[:PICTURED] for digit in range(10)])
        return plots.samples(x[chosen], y[chosen], f"The first {PICTURED} of each class in the training set")
    first = [np.flatnonzero(y == digit)[:1] for digit in range(10)]
    chosen = np.repeat(np.concatenate(first), PICTURED)
    images = x[chosen]
    changed = augmentation(images, np.random.default_rng(0))
    changed[::PICTURED] = images[::PICTURED]
    captions = ["" if i % PICTURED else str(label) for i, label in enumerate(y[chosen])]
    return plots.samples(changed, np.array(captions), "The first of each class in the training set, and as augmented")
