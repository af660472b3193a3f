"""`nural read`."""

import json
from pathlib import Path
from typing import Annotated

import typer

from nural.atomic_file import write_atomically
from nural.cli.errors import CommandError, complain, report_errors
from nural.cli.force import ForceOption
from nural.cli.model import MODEL_HELP, load_digit_model, model_path
from nural.cli.pages import FilePage, pages_of
from nural.data import DataError
from nural.overwriting import PICTURE, require_replaceable
from nural.reading import Page, read_page, threshold_of


@report_errors
def read(
    photos: Annotated[
        list[Path],
        typer.Argument(
            readable=False,
            metavar="PHOTO...",
            help="Photographs or scans of written pages; all of them, if a file has several.",
        ),
    ],
    model: Annotated[Path | None, typer.Option(readable=False, help=MODEL_HELP)] = None,
    threshold: Annotated[
        float | None,
        typer.Option(min=0, max=1, help='Print "?" for a digit of less confidence. [default: the model\'s]'),
    ] = None,
    annotate: Annotated[
        Path | None, typer.Option(readable=False, help="Write the photo with what was read drawn over it, as PNG.")
    ] = None,
    force: ForceOption = False,
    as_json: Annotated[
        bool,
        typer.Option(
            "--json",
            help="Print one JSON object per page: file, the page's number if there are several, lines; box and "
            "confidence of each digit.",
        ),
    ] = False,
) -> None:
    """Read the digits on a page, line by line, with a space at wide gaps; letters, scribbles and lines are left out.

    Needs OpenCV: pip install 'nural[photo]'.

    Examples:

        nural read page.jpg

        nural read page.jpg --annotate read.png

        nural read --json scans/*.png --threshold 0.9
    """
    if annotate and len(photos) > 1:
        raise CommandError(f"--annotate: expected one photo to draw over, found {len(photos)}")
    if annotate:
        require_replaceable(annotate, PICTURE, force=force, reads=photos)
    _require_opencv()
    network = load_digit_model(model_path(model))
    network_threshold = threshold_of(network)
    least = network_threshold if threshold is None else threshold
    failed = False
    for photo in photos:
        try:
            for page in pages_of(photo):
                found = read_page(page.picture, network)
                if not found.lines:
                    complain(f"{page}: no digits found")
                if annotate:
                    _draw(annotate, page, found, least)
                if as_json:
                    print(json.dumps({**page.as_json(), **_as_json(found, least)}))
                    continue
                if len(photos) > 1 or page.number is not None:
                    print(f"{page}:")
                for line in found.lines:
                    print(line.text(least))
        except DataError as error:
            complain(str(error))
            failed = True
    if failed:
        raise typer.Exit(2)


def _draw(path: Path, page: FilePage, found: Page, threshold: float) -> None:
    if page.number is not None:
        raise CommandError(f"--annotate: expected a photo of one page to draw over, found several in {page.file}")
    from nural.reading.annotate import annotate

    write_atomically(path, annotate(page.file, found, threshold))


def _as_json(page: Page, threshold: float) -> dict[str, object]:
    lines = [
        {
            "text": line.text(threshold),
            "digits": [
                {"digit": each.digit, "confidence": round(each.confidence, 6), "box": each.box} for each in line.digits
            ],
        }
        for line in page.lines
    ]
    return {"width": page.size[0], "height": page.size[1], "lines": lines}


def _require_opencv() -> None:
    try:
        import cv2  # noqa: F401
    except ImportError:
        raise CommandError("reading pages needs OpenCV: pip install 'nural[photo]'") from None
