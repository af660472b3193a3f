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
from nural.predictions import said_task, task_of

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
    """A `load_classifier` whose classes are the ten digits.

    Raises:
        ModelFileError: the file is no model, or one of another kind, or its threshold makes no sense.
    """
    model = load_classifier(path)
    shape = _answer(model).shape
    if shape != (1, 10):
        raise ModelFileError(f"{path}: expected a network with 10 outputs, found one with outputs of shape {shape[1:]}")
    task = said_task(model)
    if task is not None and task.classes is not None and list(map(str, task.classes)) != list("0123456789"):
        raise ModelFileError(f"{path}: expected a network whose classes are the digits 0 to 9, found {task.classes}")
    return model


def load_classifier(path: Path) -> Layer:
    """A model that takes 784 pixels and names a class; one that takes images gets them from the pixels.

    Raises:
        ModelFileError: the file is no model, or one of another kind, or its threshold makes no sense.
    """
    model = load(path)
    try:
        answer = _answer(model)
    except UNFIT as error:
        info, model = model.info, Sequential(Unflatten(1, IMAGE), model)
        model.info = info
        try:
            answer = _answer(model)
        except UNFIT:
            expected = f"expected a network that takes {PIXELS} pixels or images of shape {IMAGE}"
            raise ModelFileError(f"{path}: {expected}, but {error}") from error
    try:
        kind = task_of(model, answer).kind
        answer_threshold(model)
    except ValueError as error:
        raise ModelFileError(f"{path}: {error}") from error
    if kind not in ("multiclass", "binary") or answer.ndim != 2:
        found = f"a {kind} network with outputs of shape {answer.shape[1:]}"
        raise ModelFileError(f"{path}: expected a network that names one of several classes, found {found}")
    return model


def _answer(model: Layer) -> np.ndarray:
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):  # only the shape counts
        return model.forward(np.zeros((1, PIXELS), model.dtype))


def _note() -> Path:
    return Path(platformdirs.user_state_dir("nural", appauthor=False)) / "last-run"
