"""`nural predict`."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from nural.cli.errors import complain, report_errors
from nural.cli.model import MODEL_HELP, PictureModel, load_picture_model, model_path
from nural.cli.pages import FilePage, pages_of
from nural.data import DataError, Preparation
from nural.evaluation.calibration import answer_threshold
from nural.evaluation.inference import outputs
from nural.predictions import label_places, probabilities

#: Pictures that the network reads together: enough to be quick, few enough that the first answers come at once.
AT_ONCE = 64
#: A page as the network takes it, or what is wrong with it.
Prepared = tuple[FilePage, np.ndarray | DataError]


@report_errors
def predict(
    images: Annotated[
        list[Path],
        typer.Argument(
            readable=False,
            metavar="IMAGE...",
            help="Pictures of one digit each, PNG, JPEG, TIFF …; of each page, if a file has several.",
        ),
    ],
    model: Annotated[Path | None, typer.Option(readable=False, help=MODEL_HELP)] = None,
    threshold: Annotated[
        float | None,
        typer.Option(
            min=0,
            max=1,
            help="Answer `?` below this confidence; with 0, never. [default: the model's own, or 0]",
        ),
    ] = None,
    as_json: Annotated[
        bool,
        typer.Option(
            "--json",
            help="Print one JSON object per line: file, page if it has several, answer, digit, confidence.",
        ),
    ] = False,
) -> None:
    """Read the digit in each picture: dark on light or light on dark, drawn anywhere in it.

    What is no digit, or cannot be told, gets the answer `?`, with the best guess beside it (in JSON, `digit`).

    A model that learned other classes answers with their names (in JSON, `class`), for pictures like those it saw.

    Examples:

        nural predict seven.png

        nural predict --threshold 0.99 letter.png

        nural predict --json scans/*.png --model runs/first
    """
    chosen = load_picture_model(model_path(model))
    least = answer_threshold(chosen.network) if threshold is None else threshold
    failed = False
    for prepared in _prepared(images, chosen.prepare):
        answers = iter(_answers(chosen, [pixels for _, pixels in prepared if isinstance(pixels, np.ndarray)]))
        for page, pixels in prepared:
            if isinstance(pixels, DataError):
                complain(str(pixels))
                failed = True
                continue
            _tell(page, *next(answers), least, chosen, as_json)
    if failed:
        raise typer.Exit(2)


def _prepared(images: list[Path], preparation: Preparation) -> Iterator[list[Prepared]]:
    """The pages of a few files at a time; two threads share the work."""

    def prepare(image: Path) -> list[Prepared]:
        return list(_pages(image, preparation))

    with ThreadPoolExecutor(2) as threads:
        for begin in range(0, len(images), AT_ONCE):
            some = images[begin : begin + AT_ONCE]
            yield list(chain.from_iterable(threads.map(prepare, some) if len(some) > 1 else map(prepare, some)))


def _pages(image: Path, preparation: Preparation) -> Iterator[Prepared]:
    try:
        for page in pages_of(image):
            try:
                pixels = preparation(page.picture)
            except DataError as error:  # the other pages may be readable
                pixels = error
            yield page, pixels
    except DataError as error:
        yield FilePage(image, image, None), error


def _answers(model: PictureModel, rows: list[np.ndarray]) -> list[tuple[int, float]]:
    """The index of the answer among the classes, and its probability, for each row of pixels."""
    if not rows:
        return []
    y = outputs(model.network, np.stack(rows))
    places, p = label_places(model.network, model.task, y), probabilities(model.network, y)
    return [(int(place), float(row[place])) for place, row in zip(places, p, strict=True)]


def _tell(page: FilePage, place: int, confidence: float, least: float, model: PictureModel, as_json: bool) -> None:
    name = model.names[place]
    answer = name if confidence >= least else "?"
    if as_json:
        best = {model.one: model.classes[place]}
        print(json.dumps({**page.as_json(), "answer": answer, **best, "confidence": round(confidence, 6)}))
    else:
        print(f"{page}: {answer}{'' if confidence >= least else f' perhaps {name}'} ({100 * confidence:.1f}%)")
