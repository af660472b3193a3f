"""`nural prepare`."""

from itertools import islice
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from nural.atomic_file import write_atomically
from nural.cli.errors import CommandError, report_errors
from nural.cli.force import ForceOption
from nural.cli.names import printable
from nural.cli.pages import pages_of
from nural.cli.run import shown
from nural.data import prepare_in_stages
from nural.overwriting import PICTURE, require_replaceable

_TITLES = {
    "upright": "upright, grey",
    "ink": "ink on its ground",
    "digit": "without lines and dirt",
    "box": "cut out",
    "scaled": "scaled to 20 pixels",
    "centred": "centred by mass:\nwhat the network sees",
}


@report_errors
def prepare(
    image: Annotated[
        Path, typer.Argument(readable=False, metavar="IMAGE", help="A drawing, scan or photograph of one digit.")
    ],
    out: Annotated[Path, typer.Option(readable=False, help="Where to write the picture of the stages.")] = Path(
        "prepared.png"
    ),
    page: Annotated[int, typer.Option(min=1, help="Which page, of a file that has several.")] = 1,
    force: ForceOption = False,
) -> None:
    """Show each stage from a picture to what the network sees of it, side by side in one picture.

    Examples:

        nural prepare seven.jpg

        nural prepare scans/7.png --out stages.png
    """
    require_replaceable(out, PICTURE, force=force, reads=[image])
    found = next(islice(pages_of(image), page - 1, None), None)
    if found is None:
        raise CommandError(f"{image}: has no page {page}")
    stages = prepare_in_stages(found.picture)

    from nural import plots

    of_page = "" if found.number is None else f", page {page}"
    pictures = {
        _TITLES[name]: levels if name == "upright" else 255 - levels  # show ink dark, as on paper
        for name, levels in stages.items()
    }
    write_atomically(out, plots.stages(pictures, printable(image.name) + of_page))
    console = Console()
    console.print(f"stages{of_page}: {shown(out)}", highlight=False, markup=False, soft_wrap=True)
