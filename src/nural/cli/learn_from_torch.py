"""`nural learn from-torch`."""

from pathlib import Path
from typing import Annotated

import typer

from nural.cli.errors import CommandError, report_errors


@report_errors
def from_torch(
    model: Annotated[
        str, typer.Argument(metavar="FILE:NAME", help="Your model, such as net.py:Net.", show_default=False)
    ],
    folder: Annotated[
        Path | None, typer.Argument(help="A new folder; by default the model's name.", show_default=False)
    ] = None,
    input_shape: Annotated[
        str,
        typer.Option(
            metavar="SHAPE", help="Of one sample, as your model takes it, such as 1,28,28.", show_default=False
        ),
    ] = "",
    loss: Annotated[
        str,
        typer.Option(
            metavar="LOSS",
            help="cross-entropy, mean-squared or binary-cross-entropy; by default what fits its outputs.",
            show_default=False,
        ),
    ] = "",
    language: Annotated[str, typer.Option(metavar="en|zh", help="English or 简体中文.")] = "en",
    solved: Annotated[bool, typer.Option("--solved", help="Write the solutions too, for a teacher.")] = False,
) -> None:
    """Write your own PyTorch or Keras model as functions of NumPy for you to write.

    Runs FILE. NAME is a class that is made without arguments, or a model. `nural learn check` in the folder compares
    every value and every gradient with your model's.

    Example:

        nural learn from-torch net.py:Net
    """
    from nural.cli.learn_overview import begun
    from nural.learn.own_network.folder import start_from

    losses = {
        "": None,
        "cross-entropy": "cross_entropy_loss",
        "mean-squared": "mean_squared_loss",
        "binary-cross-entropy": "binary_cross_entropy_loss",
    }
    if loss not in losses:
        raise CommandError(f"there is no loss {loss}; there are {', '.join(filter(None, losses))}")
    place = folder or Path(model.rpartition(":")[2].lower())
    shape = _shape(input_shape) if input_shape else None
    begun(start_from(model, place, shape=shape, loss=losses[loss], language=language, solved=solved))


def _shape(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(size) for size in text.split(","))
    except ValueError:
        raise CommandError(f"--input-shape {text}: expected whole numbers with commas, such as 1,28,28") from None
