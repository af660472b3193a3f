"""What `nural train` leaves after a training."""

import math
from pathlib import Path
from typing import Any

import numpy as np

from nural.atomic_file import write_atomically
from nural.cli.model import MODEL_FILE
from nural.cli.run import PICTURES, RunConfig, write_history
from nural.data import DataSets
from nural.evaluation.inference import outputs
from nural.evaluation.metrics import confusion_matrix
from nural.evaluation.targets import scores
from nural.layer import Layer
from nural.model_file import save
from nural.predictions import probabilities as probabilities_of
from nural.task import Task
from nural.training.divergence import DivergedError
from nural.training.history import History


def finish(config: RunConfig, model: Layer, history: History, sets: DataSets, folder: Path) -> dict[str, Any]:
    """Judge the model on the test set, and write model, history and pictures."""
    from nural import plots

    x, y = sets.test
    height, width, channels = shape = sets.preparation.picture_shape
    values = "0 ground, 1 ink" if sets.preparation.kind == "digit" else f"{height}×{width}×{channels}, 0 black, 1 white"
    model.info = {
        "recipe": config.recipe,
        "seed": config.seed,
        "input": f"{math.prod(shape)} pixels, row by row, {values}",
        "preparation": sets.preparation.as_json(),
    }
    model.task = Task("multiclass", sets.classes)
    save(model, folder / MODEL_FILE)
    write_history(folder, history)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):  # an overflow shows in the loss
        logits = outputs(model, x)
        score = scores(model, logits, y)
    if not math.isfinite(score["loss"]):
        raise DivergedError(f"the loss on the test set became {score['loss']}: try a smaller learning rate")
    probabilities = probabilities_of(model, logits)
    answer = probabilities.argmax(axis=1)
    wrong = np.flatnonzero(answer != y)
    names = np.array(sets.names)
    right = f"{100 * score['accuracy']:.2f}% of {len(y):,} test {sets.what}"
    pictures = (
        plots.learning_curve(history, f"Recipe {config.recipe}, seed {config.seed}"),
        plots.confusion(
            confusion_matrix(answer, y, len(names)),
            f"Recipe {config.recipe}: {right}",
            sets.names,
            "digit" if sets.digits else "class",
        ),
        plots.mistakes(
            sets.preparation.pictures(x[wrong]),
            names[y[wrong]],
            names[answer[wrong]],
            probabilities[wrong].max(axis=1),
            f"{len(wrong):,} of {len(y):,} test {sets.what} misread",
        ),
    )
    for name, content in zip(PICTURES, pictures, strict=True):
        write_atomically(folder / name, content)
    return {
        "recipe": config.recipe,
        "seed": config.seed,
        "test_accuracy": score["accuracy"],
        "test_loss": score["loss"],
        "validation_accuracy": history.epochs[-1]["val_accuracy"],
    }
