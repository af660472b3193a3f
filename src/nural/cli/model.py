"""Which model a command works with: the one inside nural, the one that is named, or that of the last run."""

import os
from pathlib import Path

import numpy as np
import platformdirs

from nural.atomic_file import write_atomically
from nural.cli.errors import CommandError
from nural.containers import Sequential
from nural.evaluation.calibration import answer_threshold
from nural.layer import Layer
from nural.layers.linear import Unflatten
from nural.model_file import ModelFileError, load
from nural.models.pretrained import PRETRAINED

MODEL_FILE = "model.safetensors"
LAST_RUN, INSIDE = Path("last"), Path("inside")
MODEL_HELP = "Model file, run folder, or `last` for that of the last `nural train`. [default: the model inside]"
PIXELS = 784
IMAGE = (28, 28, 1)
#: What a layer raises about an input of another kind than its own.
UNFIT = (ValueError, IndexError, TypeError, ArithmeticError)


def remember_run(folder: Path) -> None:
    """Note which run was the last. Without a place for such notes, nothing is remembered."""
    note = _note()
    try:
        note.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(note, os.fsencode(folder.resolve()))
    except OSError:
        return


def model_path(model: Path | None) -> Path:
    """The model file to use, by default the one inside; ``model`` may be one, a run's folder, `LAST_RUN` or `INSIDE`.

    Raises:
        CommandError: the last run is asked for, and there is none.
    """
    if model is None or (model == INSIDE and not model.exists()):
        return PRETRAINED
    if model == LAST_RUN and not model.exists():
        try:
            model = Path(os.fsdecode(_note().read_bytes()))
        except OSError:
            raise CommandError("no model was trained yet: run `nural train`, or leave --model away") from None
        if not (model / MODEL_FILE).is_file():
            raise CommandError(f"the model of the last run, {model / MODEL_FILE}, is gone: name another with --model")
    return model / MODEL_FILE if model.is_dir() else model


def load_digit_model(path: Path) -> Layer:
    """A model that takes 784 pixels and answers with ten logits; one that takes images gets them from the pixels.

    Raises:
        ModelFileError: the file is no model, or one of another kind, or its threshold makes no sense.
    """
    model = load(path)
    try:
        shape = _answer_shape(model)
    except UNFIT as error:
        info, model = model.info, Sequential(Unflatten(1, IMAGE), model)
        model.info = info
        try:
            shape = _answer_shape(model)
        except UNFIT:
            expected = f"expected a network that takes {PIXELS} pixels or images of shape {IMAGE}"
            raise ModelFileError(f"{path}: {expected}, but {error}") from error
    if shape != (1, 10):
        raise ModelFileError(f"{path}: expected a network with 10 outputs, found one with outputs of shape {shape[1:]}")
    try:
        answer_threshold(model)
    except ValueError as error:
        raise ModelFileError(f"{path}: {error}") from error
    return model


def _answer_shape(model: Layer) -> tuple[int, ...]:
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):  # only the shape counts
        return model.forward(np.zeros((1, PIXELS), model.dtype)).shape


def _note() -> Path:
    return Path(platformdirs.user_state_dir("nural", appauthor=False)) / "last-run"
