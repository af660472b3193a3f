"""`nural predict`."""

import json
from pathlib import Path
from typing import Annotated

import typer

from nural.cli.errors import complain, report_errors
from nural.cli.model import MODEL_HELP, answer_threshold, load_digit_model, model_path
from nural.data import DataError, prepare
from nural.inference import predict_proba


@report_errors
def predict(
    images: Annotated[
        list[Path], typer.Argument(readable=False, metavar="IMAGE...", help="PNG or JPEG files of one digit each.")
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
        bool, typer.Option("--json", help="Print one JSON object a line: file, digit, best_guess, confidence.")
    ] = False,
) -> None:
    """Read the digit in each picture: dark on light or light on dark, drawn anywhere in it.

    What is no digit, or can't be told, gets the answer `?` and the best guess; in JSON `digit` is then null.

    Examples:

        nural predict seven.png

        nural predict --threshold 0.99 letter.png

        nural predict --json scans/*.png --model runs/first
    """
    path = model_path(model)
    network = load_digit_model(path)
    least = answer_threshold(network, path) if threshold is None else threshold
    failed = False
    for image in images:
        try:
            pixels = prepare(image)
        except DataError as error:
            complain(str(error))
            failed = True
            continue
        probabilities = predict_proba(network, pixels.reshape(1, -1))[0]
        guess = int(probabilities.argmax())
        confidence = float(probabilities[guess])
        sure = confidence >= least
        if as_json:
            digit = guess if sure else None
            answer = {"file": str(image), "digit": digit, "best_guess": guess, "confidence": round(confidence, 6)}
            print(json.dumps(answer))
        else:
            print(f"{image}: {guess if sure else f'? perhaps {guess}'} ({100 * confidence:.1f}%)")
    if failed:
        raise typer.Exit(2)
