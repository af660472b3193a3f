"""Which model a command works with: the one inside nural, the one that is named, or that of the last run."""

import math
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import platformdirs

from nural.atomic_file import write_atomically
from nural.cli.errors import CommandError
from nural.containers import Sequential
from nural.data import Preparation, preparation_of
from nural.data.data_error import listed
from nural.data.digits import CLASSES
from nural.evaluation.calibration import answer_threshold
from nural.evaluation.inference import UNFIT
from nural.layer import Layer
from nural.layers.linear import Unflatten
from nural.model_file import ModelFileError, load
from nural.models.pretrained import PRETRAINED
from nural.predictions import task_of
from nural.task import Label, Task

MODEL_FILE = "model.safetensors"
LAST_RUN, INSIDE = Path("last"), Path("inside")
MODEL_HELP = "Model file, run folder, or `last` for the `nural train` that ended last. [default: the model inside]"
DIGITS = tuple(map(str, range(CLASSES)))


def remember_run(folder: Path) -> None:
    """Note which run ended last. Without a place for such notes, nothing is remembered."""
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


@dataclass(frozen=True)
class PictureModel:
    """A network that tells classes of pictures apart, and how a picture becomes its input.

    Attributes:
        network: The network, which takes rows of pixels.
        preparation: What the file says; None if it says nothing: pictures are then prepared as digits.
        task: What its outputs stand for.
        classes: Their names.
    """

    network: Layer
    preparation: Preparation | None
    task: Task
    classes: tuple[Label, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The classes as they are printed."""
        return tuple(map(str, self.classes))

    @property
    def digits(self) -> bool:
        """Whether the classes are the digits."""
        return self.names == DIGITS and self.prepare.kind == "digit"

    @property
    def pictures(self) -> str:
        """What its pictures are called."""
        return "digits" if self.digits else "pictures"

    @property
    def one(self) -> str:
        """What one of its classes is called."""
        return "digit" if self.digits else "class"

    @property
    def prepare(self) -> Preparation:
        """How a picture is prepared for the network."""
        return self.preparation or Preparation()

    @property
    def labels(self) -> dict[str, int]:
        """The label of each class by its name."""
        return {name: label for label, name in enumerate(self.names)}


def load_picture_model(path: Path) -> PictureModel:
    """Load a model of pictures; in front of one that takes images, rows of pixels are reshaped to them.

    Raises:
        ModelFileError: the file is no model, or a model of another kind, or its metadata make no sense.
    """
    model = load(path)
    try:
        preparation = preparation_of(model)
        answer_threshold(model)
    except ValueError as error:
        raise ModelFileError(f"{path}: {error}") from error
    shape = (preparation or Preparation()).picture_shape
    try:
        y = _outputs(model, shape)
    except UNFIT as error:
        info, model = model.info, Sequential(Unflatten(1, shape), model)
        model.info = info
        try:
            y = _outputs(model, shape)
        except UNFIT:
            expected = f"expected a network that takes {math.prod(shape)} pixels or images of shape {shape}"
            raise ModelFileError(f"{path}: {expected}, but {error}") from error
    try:
        task = task_of(model, y)
    except ValueError as error:
        raise ModelFileError(f"{path}: {error}") from error
    if y.ndim != 2 or task.kind not in ("multiclass", "binary"):
        found = f"a {task.kind} network with outputs of shape {y.shape[1:]}"
        raise ModelFileError(f"{path}: expected a network that names one of several classes, found {found}")
    return PictureModel(model, preparation, task, task.classes or tuple(range(max(2, y.shape[1]))))


def load_digit_model(path: Path) -> Layer:
    """Load a model that takes 784 pixels and tells the ten digits apart.

    Raises:
        ModelFileError: as `load_picture_model`, or the model reads no digits.
    """
    model = load_picture_model(path)
    if not model.digits:
        found = f"{listed(model.names)} in pictures of {model.prepare}"
        raise ModelFileError(f"{path}: expected a network whose classes are the digits 0 to 9, found {found}")
    return model.network


def _outputs(model: Layer, shape: tuple[int, int, int]) -> np.ndarray:
    """The model's outputs for one blank picture."""
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):  # only the shape counts
        return model.forward(np.zeros((1, math.prod(shape)), model.dtype))


def _note() -> Path:
    return Path(platformdirs.user_state_dir("nural", appauthor=False)) / "last-run"
