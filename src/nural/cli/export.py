"""`nural export`."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from nural.cli.errors import CommandError, report_errors
from nural.cli.model import model_path
from nural.cli.run import shown
from nural.export import TARGETS, export_model
from nural.model_file import ModelFileError, load


@report_errors
def export(
    paths: Annotated[
        list[Path],
        typer.Argument(
            readable=False,
            metavar="[MODEL] TARGET",
            help="Model file, run folder, `last` for that of the last `nural train`, or `inside` for the model inside, "
            "which is also the default; and the file to write.",
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
        typer.Option(metavar="N,N,…", help="Shape of one sample, as 32,32,3, where the model does not tell it."),
    ] = None,
    bits: Annotated[
        int | None, typer.Option(metavar="N", help="Bits of each weight: for C 32 or 8, for NumPy 32 or 16.")
    ] = None,
    prefix: Annotated[
        str | None, typer.Option(metavar="NAME", help="What C's names begin with. [default: TARGET's name]")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Write a model for another program, and say how far what was written is from the model.

    Existing files of the same names are replaced.

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
    _require_no_model(target)
    written = export_model(
        load(path),
        target,
        to=to,
        with_preprocessing=with_preprocessing,
        input_shape=_shape(input_shape),
        bits=bits,
        prefix=prefix,
    )
    if as_json:
        result = {
            "model": str(path),
            "files": [str(file) for file in written.files],
            "largest_difference": written.largest_difference,
            "compared": written.compared,
            **written.details,
        }
        print(json.dumps(result))
        return
    console = Console()
    sizes = ", ".join(f"{shown(file)} ({file.stat().st_size / 1000:,.1f} kB)" for file in written.files)
    difference = f"largest difference from the model {written.largest_difference:.2g}, {written.compared}"
    for line in (sizes, difference, *(f"{name.replace('_', ' ')}: {what}" for name, what in written.details.items())):
        console.print(line, highlight=False, markup=False, soft_wrap=not console.is_terminal)


def _require_no_model(path: Path) -> None:
    """Raise CommandError if a model of nural's would be lost, perhaps because TARGET was forgotten."""
    try:
        load(path)
    except ModelFileError:
        return
    raise CommandError(f"{path}: is a model of nural's that would be lost; name another file to write")


def _shape(text: str | None) -> tuple[int, ...] | None:
    """``28,28,1`` as numbers."""
    if text is None:
        return None
    sizes = text.replace(" ", "").split(",")
    if not all(size.isdecimal() and int(size) > 0 for size in sizes):
        raise CommandError(f"--input-shape must be whole numbers from 1 with commas between them, got {text}")
    return tuple(map(int, sizes))
