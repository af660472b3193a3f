"""`nural predict`."""

import json
from pathlib import Path
from typing import Annotated

import typer

from nural.cli.errors import complain, report_errors
from nural.cli.model import MODEL_HELP, load_digit_model, model_path
from nural.data import DataError, prepare
from nural.inference import predict_proba


@report_errors
def predict(
    images: Annotated[
        list[Path], typer.Argument(readable=False, metavar="IMAGE...", help="PNG or JPEG files of one digit each.")
    ],
    model: Annotated[Path | None, typer.Option(readable=False, help=MODEL_HELP)] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object a line: file, digit, confidence.")
    ] = False,
) -> None:
    """Read the digit in each picture: dark on light or light on dark, drawn anywhere in it.

    Examples:

        nural predict seven.png

        nural predict --json scans/*.png --model runs/first
    """
    network = load_digit_model(model_path(model))
    failed = False
    for image in images:
        try:
            pixels = prepare(image)
        except DataError as error:
            complain(str(error))
            failed = True
            continue
        probabilities = predict_proba(network, pixels.reshape(1, -1))[0]
        digit = int(probabilities.argmax())
        confidence = float(probabilities[digit])
        if as_json:
            print(json.dumps({"file": str(image), "digit": digit, "confidence": round(confidence, 6)}))
        else:
            print(f"{image}: {digit} ({100 * confidence:.1f}%)")
    if failed:
        raise typer.Exit(2)
