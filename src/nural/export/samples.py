"""What an export is compared with its model on: data that were given, MNIST's validation digits, or random inputs."""

import math
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nural.data import DataError, load_mnist_datasets
from nural.data.digits import PIXELS
from nural.evaluation.inference import outputs
from nural.export.answers import answers_of
from nural.export.target import Comparison, ExportError, Options
from nural.layer import Layer
from nural.predictions import label_places, labels, task_of

DIGITS, RANDOM = 1000, 64


@dataclass(frozen=True)
class Samples:
    """Inputs of a model, and what it makes of them.

    Attributes:
        model: The network.
        x: ``(N, …)``, of the model's type.
        y: The model's outputs.
        what: "1,000 MNIST validation digits" or "64 random inputs".
        true: The right answers, as `nural.predict` gives them or as places of classes; None if they are not known.
        random: Whether x was drawn: that shows whether two programs compute the same, not what rounding costs.
    """

    model: Layer
    x: np.ndarray
    y: np.ndarray
    what: str
    true: np.ndarray | None = None
    random: bool = False

    @property
    def pixels(self) -> np.ndarray:
        """Digits as uint8 ``(N, 28, 28)``."""
        return (256 * self.x).astype(np.uint8).reshape(-1, 28, 28)

    def compare(self, found: np.ndarray, by: str) -> Comparison:
        """The comparison with outputs that were found for x, or for its first samples, ``by`` something else."""
        n = len(found)
        difference = float(np.abs(found - self.y[:n]).max())
        right = (
            {}
            if self.true is None
            else {"accuracy": self._right(found), "accuracy_of_the_model": self._right(self.y[:n])}
        )
        what = self.what if n == len(self.y) else f"the first {n} of {self.what}"
        return Comparison(difference, f"on {what}, by {by}", **right)

    def _right(self, y: np.ndarray) -> float:
        """The share of samples whose answers are all right."""
        assert self.true is not None
        task, true = task_of(self.model, y), self.true[: len(y)]
        places = true.dtype.kind in "iu" and not (task.names is not None and task.names.dtype.kind in "iu")
        right = (label_places(self.model, task, y) if places else labels(self.model, y)) == true
        return float(right.reshape(len(y), -1).all(axis=1).mean())


def samples_for(model: Layer, shape: tuple[int, ...], path: Path, options: Options) -> Samples:
    """Samples of this shape: of ``options.data``; else digits if the model may read them; else random ones.

    Raises:
        ExportError: the data are not what the model takes and answers.
        DataError: they cannot be read.
    """
    if options.data is not None:
        return _given(model, shape, path, options.data)
    if math.prod(shape) != PIXELS:
        x = _as_taken(model, shape, np.random.default_rng(0).standard_normal((RANDOM, *shape)))
        return Samples(model, x, outputs(model, x), f"{RANDOM} random inputs", random=True)
    x, true = (part[:DIGITS] for part in load_mnist_datasets()[1])
    x = _as_taken(model, shape, x)
    y = outputs(model, x)
    try:
        known = answers_of(model, y.shape[1:], path).of_digits
    except ExportError:  # the outputs are no answers
        known = False
    return Samples(model, x, y, f"{len(x):,} MNIST validation digits", true if known else None)


def _as_taken(model: Layer, shape: tuple[int, ...], x: np.ndarray) -> np.ndarray:
    return x.reshape(-1, *shape).astype(model.dtype)


def _given(model: Layer, shape: tuple[int, ...], path: Path, data: Any) -> Samples:
    """The samples that the user named."""
    (x, true), what = (data, "samples given") if isinstance(data, tuple) else _read(Path(data))
    x, true = np.asarray(x), np.asarray(true)
    if len(x) == 0 or math.prod(x.shape[1:]) != math.prod(shape):
        raise ExportError(f"{path}: expected data of shape (N, {', '.join(map(str, shape))}), found {x.shape}")
    x = _as_taken(model, shape, x)
    y = outputs(model, x)
    kind = answers_of(model, y.shape[1:], path).task.kind
    expected = y.shape if kind == "multilabel" else y.shape[:-1]
    if kind != "regression" and true.shape != expected:
        raise ExportError(f"{path}: expected right answers of shape {expected} with the data, found {true.shape}")
    return Samples(model, x, y, f"{len(x):,} {what}", None if kind == "regression" else true)


def _read(path: Path) -> tuple[tuple[np.ndarray, np.ndarray], str]:
    """The arrays x and y of an ``.npz`` file, or the test set of what `nural train` learns from; and what they are."""
    if path.is_file() and zipfile.is_zipfile(path):
        try:
            with np.load(path, allow_pickle=False) as arrays:
                if {"x", "y"} <= {*arrays.files}:
                    return (arrays["x"], arrays["y"]), f"samples of {path.name}"
        except Exception as error:  # zipfile answers damage with a dozen types, not all of them documented
            raise DataError(path, "an undamaged .npz file", f"a corrupt one ({error})") from error
    return load_mnist_datasets(path)[2], f"test samples of {path.name}"
