"""`nural data`."""

import json
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from nural.atomic_file import write_atomically
from nural.cli.datasets import LabelColumn, load_telling
from nural.cli.errors import CommandError, report_errors
from nural.cli.force import ForceOption
from nural.cli.run import PICTURES_HELP, pictures_as, shown
from nural.data import DataSets, Preparation
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
from nural.data.preparation import DIGIT
from nural.overwriting import PICTURE, require_replaceable

PICTURED = 10  # of each digit
AUGMENTATIONS = {
    **{"affine": Affine, "shift": shift, "rotation": rotation, "scale": scale, "shear": shear},
    **{"elastic": Elastic, "thickness": Thickness, "noise": Noise, "erasing": Erasing},
}


@report_errors
def data(
    data: Annotated[
        Path | None,
        typer.Option(readable=False, help="What to look at, as for `nural train`. [default: the MNIST inside]"),
    ] = None,
    label_column: LabelColumn = None,
    pictures: Annotated[str, typer.Option(metavar="auto|prepare|as-is", help=PICTURES_HELP)] = "auto",
    out: Annotated[Path, typer.Option(readable=False, help="Where to write the picture of samples.")] = Path(
        "samples.png"
    ),
    force: ForceOption = False,
    augment: Annotated[
        str, typer.Option(help=f"Show digits beside augmented ones: {', '.join(AUGMENTATIONS)}, in the order given.")
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object per set.")] = False,
) -> None:
    """Show the data as a network would see them: how many of each class, the range of the pixels, and samples.

    Examples:

        nural data

        nural data --data /usr/share/datasets/fashion-mnist --out fashion.png

        nural data --data scans --pictures as-is

        nural data --augment affine,elastic --out augmented.png
    """
    augmentation = _augmentation(augment)
    require_replaceable(out, PICTURE, force=force)
    loaded = load_telling(data, pictures_as(pictures), label_column=label_column)
    if augmentation and loaded.preparation.picture_shape != DIGIT:
        raise CommandError(f"--augment: changes digits of {Preparation()}, these are of {loaded.preparation}")
    sets = {"training": loaded.training, "validation": loaded.validation, "test": loaded.test}
    summary = {
        name: {
            loaded.what: len(y),
            **({} if loaded.digits else {"classes": loaded.names}),
            "counts": np.bincount(y, minlength=len(loaded.names)).tolist(),
            "lowest": float(x.min()),
            "highest": float(x.max()),
            "mean": float(x.mean(dtype=np.float64)),
        }
        for name, (x, y) in sets.items()
    }
    write_atomically(out, _picture(loaded, augmentation))
    if as_json:
        for name, values in summary.items():
            print(json.dumps({"set": name, **values}))
        return
    table = Table("", *summary)
    for place, name in enumerate(loaded.names):
        counts = (f"{values['counts'][place]:,}" for values in summary.values())
        table.add_row(f"images of {escape(name)}", *counts)
    table.add_section()
    table.add_row("images", *(f"{len(y):,}" for _, y in sets.values()))
    for name in ("lowest", "highest", "mean"):
        table.add_row(f"{name} pixel", *(f"{values[name]:.4g}" for values in summary.values()))
    console = Console()
    console.print(table)
    console.print(f"samples: {shown(out)}", highlight=False, markup=False, soft_wrap=True)


def _augmentation(names: str) -> Augmentation | None:
    """The augmentation that ``--augment`` names; None if it names none."""
    if not names:
        return None
    chosen = [name.strip() for name in names.split(",")]
    for name in chosen:
        if name not in AUGMENTATIONS:
            raise CommandError(f"--augment: expected names among {', '.join(AUGMENTATIONS)}, found {name!r}")
    return Augmentation(*(AUGMENTATIONS[name]() for name in chosen))


def _picture(sets: DataSets, augmentation: Augmentation | None) -> bytes:
    """The first digits of each class; with an augmentation, the first of each class beside augmented copies of it."""
    from nural import plots

    x, y = sets.training
    names = np.array(sets.names)
    of_each = [np.flatnonzero(y == place)[: 1 if augmentation else PICTURED] for place in range(len(names))]
    chosen = np.concatenate(of_each)
    if augmentation is None:
        title = f"The first {PICTURED} of each class in the training set"
        return plots.samples(sets.preparation.pictures(x[chosen]), names[y[chosen]], title)
    chosen = np.repeat(chosen, PICTURED)
    images = x[chosen]
    changed = augmentation(images, np.random.default_rng(0))
    changed[::PICTURED] = images[::PICTURED]
    captions = np.array(["" if i % PICTURED else name for i, name in enumerate(names[y[chosen]])])
    title = "The first of each class in the training set, and as augmented"
    return plots.samples(sets.preparation.pictures(changed), captions, title)
