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
from nural.cli.model import MODEL_HELP, load_digit_model, model_path
from nural.cli.pages import FilePage, pages_of
from nural.data import DataError, prepare
from nural.evaluation.calibration import answer_threshold
from nural.evaluation.inference import predict_proba

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
            help="Answer `?` where the confidence is less; 0 always names a digit. [default: the model's own, or 0]",
        ),
    ] = None,
    as_json: Annotated[
        bool,
        typer.Option(
            "--json",
            help="Print one JSON object a line: file, page if it has several, answer, digit, confidence.",
        ),
    ] = False,
) -> None:
    """Read the digit in each picture: dark on light or light on dark, drawn anywhere in it.

    What is no digit, or can't be told, gets the answer `?` and the best guess; in JSON that is still `digit`.

    Examples:

        nural predict seven.png

        nural predict --threshold 0.99 letter.png

        nural predict --json scans/*.png --model runs/first
    """
    path = model_path(model)
    network = load_digit_model(path)
    least = answer_threshold(network) if threshold is None else threshold
    failed = False
    for prepared in _prepared(images):
        fields = [pixels.ravel() for _, pixels in prepared if isinstance(pixels, np.ndarray)]
        probabilities = iter(predict_proba(network, np.stack(fields)) if fields else [])
        for page, pixels in prepared:
            if isinstance(pixels, DataError):
                complain(str(pixels))
                failed = True
                continue
            _tell(page, next(probabilities), least, as_json)
    if failed:
        raise typer.Exit(2)


def _prepared(images: list[Path]) -> Iterator[list[Prepared]]:
    """The pages of a few files at a time; two threads share the work."""
    with ThreadPoolExecutor(2) as threads:
        for begin in range(0, len(images), AT_ONCE):
            some = images[begin : begin + AT_ONCE]
            yield list(chain.from_iterable(threads.map(_prepare, some) if len(some) > 1 else map(_prepare, some)))


def _prepare(image: Path) -> list[Prepared]:
    prepared: list[Prepared] = []
    try:
        for page in pages_of(image):
            try:
                prepared.append((page, prepare(page.picture)))
            except DataError as error:  # the other pages may be better
                prepared.append((page, error))
    except DataError as error:
        prepared.append((FilePage(image, image, None), error))
    return prepared


def _tell(page: FilePage, probabilities: np.ndarray, least: float, as_json: bool) -> None:
    digit = int(probabilities.argmax())
    confidence = float(probabilities[digit])
    answer = str(digit) if confidence >= least else "?"
    if as_json:
        said = {**page.as_json(), "answer": answer, "digit": digit, "confidence": round(confidence, 6)}
        print(json.dumps(said))
    else:
        print(f"{page}: {answer}{'' if answer != '?' else f' perhaps {digit}'} ({100 * confidence:.1f}%)")
