"""`nural predict`."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from nural.cli.errors import complain, report_errors
from nural.cli.model import MODEL_HELP, PictureModel, load_picture_model, model_path
from nural.data import DataError, Preparation
from nural.evaluation.calibration import answer_threshold
from nural.evaluation.inference import outputs
from nural.predictions import label_places, probabilities

#: Pictures that the network reads together: enough to be quick, few enough that the first answers come at once.
AT_ONCE = 64


@report_errors
def predict(
    images: Annotated[
        list[Path], typer.Argument(readable=False, metavar="IMAGE...", help="PNG or JPEG files, each of one digit.")
    ],
    model: Annotated[Path | None, typer.Option(readable=False, help=MODEL_HELP)] = None,
    threshold: Annotated[
        float | None,
        typer.Option(
            min=0,
            max=1,
            help="Answer `?` where the confidence is less; 0 always names one. [default: the model's own, or 0]",
        ),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object a line: file, answer, digit, confidence.")
    ] = False,
) -> None:
    """Read the digit in each picture: dark on light or light on dark, drawn anywhere in it.

    What is no digit, or can't be told, gets the answer `?` and the best guess; in JSON that is still `digit`.

    A model that learned other classes names these (in JSON `class`), of pictures such as it learned from.

    Examples:

        nural predict seven.png

        nural predict --threshold 0.99 letter.png

        nural predict --json scans/*.png --model runs/first
    """
    chosen = load_picture_model(model_path(model))
    least = answer_threshold(chosen.network) if threshold is None else threshold
    failed = False
    for some, pictures in _prepared(images, chosen.prepare):
        answers = iter(_answers(chosen, [pixels for pixels in pictures if isinstance(pixels, np.ndarray)]))
        for image, pixels in zip(some, pictures, strict=True):
            if isinstance(pixels, DataError):
                complain(str(pixels))
                failed = True
                continue
            _tell(image, *next(answers), least, chosen, as_json)
    if failed:
        raise typer.Exit(2)


def _prepared(
    images: list[Path], preparation: Preparation
) -> Iterator[tuple[list[Path], list[np.ndarray | DataError]]]:
    """A few pictures at a time, as the network takes them, or what is wrong with them; two threads share the work."""

    def prepare(image: Path) -> np.ndarray | DataError:
        try:
            return preparation(image)
        except DataError as error:
            return error

    with ThreadPoolExecutor(2) as threads:
        for begin in range(0, len(images), AT_ONCE):
            some = images[begin : begin + AT_ONCE]
            yield some, list(threads.map(prepare, some) if len(some) > 1 else map(prepare, some))


def _answers(model: PictureModel, rows: list[np.ndarray]) -> list[tuple[int, float]]:
    """The place of the answer among the classes, and its probability, for each row of pixels."""
    if not rows:
        return []
    y = outputs(model.network, np.stack(rows))
    places, p = label_places(model.network, model.task, y), probabilities(model.network, y)
    return [(int(place), float(row[place])) for place, row in zip(places, p, strict=True)]


def _tell(image: Path, place: int, confidence: float, least: float, model: PictureModel, as_json: bool) -> None:
    name = model.names[place]
    answer = name if confidence >= least else "?"
    if as_json:
        best = {model.one: model.classes[place]}
        print(json.dumps({"file": str(image), "answer": answer, **best, "confidence": round(confidence, 6)}))
    else:
        print(f"{image}: {answer}{'' if confidence >= least else f' perhaps {name}'} ({100 * confidence:.1f}%)")
