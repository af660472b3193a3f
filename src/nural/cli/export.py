"""`nural export`."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from nural.cli.errors import CommandError, report_errors
from nural.cli.force import ForceOption
from nural.cli.model import model_path
from nural.cli.run import shown
from nural.export import TARGETS, Comparison, export_model
from nural.model_file import load


@report_errors
def export(
    paths: Annotated[
        list[Path],
        typer.Argument(
            readable=False,
            metavar="[MODEL] TARGET",
            help="The model: a file, a run folder, `last` for the `nural train` that ended last, or `inside` for the "
            "one inside nural (the default); then the file to write.",
        ),
    ],
    to: Annotated[
        str | None,
        typer.Option(help=f"What to write: {', '.join(TARGETS)}. [default: by TARGET's ending]", metavar="NAME"),
    ] = None,
    with_preprocessing: Annotated[
        bool,
        typer.Option(
            "--with-preprocessing",
            help="Take digits as 28×28 pixels, 0 to 255, and answer with probabilities, where the target can.",
        ),
    ] = False,
    input_shape: Annotated[
        str | None,
        typer.Option(
            metavar="N,N,…", help="Shape of one sample, such as 32,32,3, where the model does not determine it."
        ),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(
            readable=False,
            help="Samples to compare file and model on: an .npz file of x and y, or a test set as for `nural "
            "evaluate`. [default: MNIST's validation digits, if the model reads digits]",
        ),
    ] = None,
    bits: Annotated[
        int | None, typer.Option(metavar="N", help="Bits of each weight: for C 32 or 8, for NumPy 32 or 16.")
    ] = None,
    prefix: Annotated[
        str | None, typer.Option(metavar="NAME", help="What C's names begin with. [default: TARGET's name]")
    ] = None,
    force: ForceOption = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Write a model for another program, and say how far what was written is from the model.

    Replaces an earlier export to the same file, and no other file.

    Examples:

        nural export digits.onnx

        nural export runs/first digits.onnx --with-preprocessing

        nural export last digits.safetensors --to torch

        nural export last digits.html

        nural export runs/first digits.c --bits 8

        nural export digits.py
    """
    if len(paths) > 2:
        raise CommandError(f"export takes a model and a file to write, got {len(paths)} paths")
    *named, target = paths
    path = model_path(named[0] if named else None)
    written = export_model(
        load(path),
        target,
        to=to,
        force=force,
        data=data,
        with_preprocessing=with_preprocessing,
        input_shape=_shape(input_shape),
        bits=bits,
        prefix=prefix,
    )
    if as_json:
        result = {
            "model": str(path),
            "files": [str(file) for file in written.files],
            "shape_of_a_sample": written.shape,
            **asdict(written.comparison),
            **written.details,
        }
        print(json.dumps(result))
        return
    console = Console()
    sizes = ", ".join(f"{shown(file)} ({file.stat().st_size / 1000:,.1f} kB)" for file in written.files)
    shape = f"one sample: {'×'.join(map(str, written.shape))} values"
    details = (f"{name.replace('_', ' ')}: {what}" for name, what in written.details.items())
    for line in (sizes, *_compared(written.comparison), shape, *details):
        console.print(line, highlight=False, markup=False, soft_wrap=not console.is_terminal)


def _compared(found: Comparison) -> Iterator[str]:
    """Sentences on how far what was written is from the model."""
    if found.largest_difference is None:
        yield f"difference from the model {found.compared}"
        return
    yield f"largest difference from the model {found.largest_difference:.2g}, {found.compared}"
    if found.accuracy is not None and found.accuracy_of_the_model is not None:
        yield f"accuracy there {100 * found.accuracy:.2f}%, the model's {100 * found.accuracy_of_the_model:.2f}%"


def _shape(text: str | None) -> tuple[int, ...] | None:
    """Read ``28,28,1`` as numbers."""
    if text is None:
        return None
    sizes = text.replace(" ", "").split(",")
    if not all(size.isdecimal() and int(size) > 0 for size in sizes):
        raise CommandError(f"--input-shape must be whole numbers from 1 with commas between them, got {text}")
    return tuple(map(int, sizes))
