"""Samples on which an export is compared with its model: given data, MNIST's validation digits, or random inputs."""

import math
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nural.data import DataError, Preparation, load_datasets, load_mnist_datasets, preparation_of
from nural.data.digits import PIXELS
from nural.evaluation.inference import outputs
from nural.evaluation.targets import scores
from nural.export.answers import answers_of
from nural.export.target import Comparison, ExportError, Options
from nural.layer import Layer
from nural.predictions import said_task

DIGITS, RANDOM = 1000, 64


@dataclass(frozen=True)
class Samples:
    """Inputs of a model, and its outputs for them.

    Attributes:
        model: The network.
        x: ``(N, …)``, of the model's type.
        y: The model's outputs.
        what: What the samples are: "1,000 MNIST validation digits" or "64 random inputs".
        truth: The right answers, as `nural.evaluate` takes them; None if they are not known.
        random: Whether x was drawn, which shows if two programs compute the same, but not what rounding costs.
    """

    model: Layer
    x: np.ndarray
    y: np.ndarray
    what: str
    truth: np.ndarray | None = None
    random: bool = False

    @property
    def pixels(self) -> np.ndarray:
        """Digits as uint8 ``(N, 28, 28)``."""
        return (256 * self.x).astype(np.uint8).reshape(-1, 28, 28)

    def compare(self, found: np.ndarray, by: str) -> Comparison:
        """The comparison with the outputs ``found`` for x, or for its first samples, ``by`` another program."""
        n = len(found)
        difference = float(np.abs(found - self.y[:n]).max())
        what = self.what if n == len(self.y) else f"the first {n} of {self.what}"
        return Comparison(difference, f"on {what}, by {by}", self._accuracy(found), self._accuracy(self.y[:n]))

    def _accuracy(self, y: np.ndarray) -> float | None:
        if self.truth is None:
            return None
        return scores(self.model, y, self.truth[: len(y)]).get("accuracy")


def samples_for(model: Layer, shape: tuple[int, ...], path: Path, options: Options) -> Samples:
    """Samples of this shape: from ``options.data``; else digits, if the model may read them; else random inputs.

    Raises:
        ExportError: the data do not fit the model's inputs and answers.
        DataError: the data cannot be read.
    """
    if options.data is not None:
        return _given(model, shape, path, options.data)
    preparation = preparation_of(model) or Preparation()
    if math.prod(shape) != PIXELS or preparation.kind != "digit":
        x = _as_taken(model, shape, np.random.default_rng(0).standard_normal((RANDOM, *shape)))
        return Samples(model, x, outputs(model, x), f"{RANDOM} random inputs", random=True)
    x, truth = (part[:DIGITS] for part in load_mnist_datasets()[1])
    x = _as_taken(model, shape, x)
    y = outputs(model, x)
    try:
        known = answers_of(model, y.shape[1:], path).of_digits
    except ExportError:  # the outputs are not answers about digits
        known = False
    return Samples(model, x, y, f"{len(x):,} MNIST validation digits", truth if known else None)


def _as_taken(model: Layer, shape: tuple[int, ...], x: np.ndarray) -> np.ndarray:
    return x.reshape(-1, *shape).astype(model.dtype)


def _given(model: Layer, shape: tuple[int, ...], path: Path, data: Any) -> Samples:
    """The samples that the user named."""
    (x, truth), what = (data, "samples given") if isinstance(data, tuple) else _read(model, Path(data))
    x, truth = np.asarray(x), np.asarray(truth)
    if len(x) == 0 or math.prod(x.shape[1:]) != math.prod(shape):
        raise ExportError(f"{path}: expected data of shape (N, {', '.join(map(str, shape))}), found {x.shape}")
    x = _as_taken(model, shape, x)
    y = outputs(model, x)
    try:
        scores(model, y, truth)
    except ValueError as error:
        raise ExportError(f"{path}: the data's answers do not fit the network's: {error}") from error
    return Samples(model, x, y, f"{len(x):,} {what}", truth)


def _read(model: Layer, path: Path) -> tuple[tuple[np.ndarray, np.ndarray], str]:
    """The arrays x and y of an ``.npz`` file, or the test set of data for `nural train`; and a description of them."""
    if path.is_file() and zipfile.is_zipfile(path):
        try:
            with np.load(path, allow_pickle=False) as arrays:
                if {"x", "y"} <= {*arrays.files}:
                    return (arrays["x"], arrays["y"]), f"samples of {path.name}"
        except Exception as error:  # zipfile answers damage with a dozen types, not all of them documented
            raise DataError(path, "an undamaged .npz file", f"a corrupt one ({error})") from error
    task = said_task(model)
    names = None if task is None else task.names
    labels = None if names is None else {str(name): place for place, name in enumerate(names)}
    x, y = load_datasets(path, preparation_of(model), labels).test
    return (x, y if names is None else names[y]), f"test samples of {path.name}"
