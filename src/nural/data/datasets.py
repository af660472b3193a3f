"""Training, validation and test set from MNIST or from anybody's own files and pictures."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nural.data.data_error import DataError, listed
from nural.data.digits import CLASSES, SIDE, Digits, to_float32
from nural.data.idx_folder import find_idx_files
from nural.data.image import prepare
from nural.data.image_folder import read_image_folder
from nural.data.mnist_datasets import load_mnist_datasets
from nural.data.mnist_form import in_mnist_form, mostly_in_mnist_form
from nural.data.preparation import DIGIT, Preparation
from nural.data.splits import split_sets, warn_of_one_class

Sets = tuple[Digits, Digits, Digits]


@dataclass(frozen=True)
class DataSets:
    """Three sets, to learn from, to validate and to test, and how a picture is prepared to be one of them.

    Attributes:
        training: ``(x, y)``: float32 ``(N, H·W·C)``, 0..255 divided by 256, and labels, int64 ``(N,)``.
        validation: Likewise.
        test: Likewise.
        classes: Names in the order of the labels; None for 0, 1, 2, ….
        preparation: How a picture becomes a row of x.
    """

    training: Digits
    validation: Digits
    test: Digits
    classes: tuple[str, ...] | None
    preparation: Preparation

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all classes."""
        return self.classes or tuple(map(str, range(CLASSES)))

    @property
    def digits(self) -> bool:
        """Whether the pictures are digits, as far as can be known."""
        return self.classes is None and self.preparation.kind == "digit"

    @property
    def what(self) -> str:
        """What the samples are called."""
        return "digits" if self.digits else "pictures"


def load_datasets(
    path: str | os.PathLike[str] | None = None,
    preparation: Preparation | None = None,
    labels: Mapping[str, int] | None = None,
    label_column: str | int | None = None,
) -> DataSets:
    """Load what `load_mnist_datasets` loads, and folders of any pictures with a subfolder for each class.

    Args:
        path: None for the MNIST inside; a file or a folder, as `load_mnist_datasets` takes it; or a folder of pictures.
        preparation: How each picture is prepared. By default pictures in folders named 0 to 9, or in MNIST's form
            already, are prepared as digits; all others keep their size and colours, and must be of one size. Files of
            arrays are taken as they are unless a preparation is given.
        labels: The label of each class by the name of its folder. By default digits are their own labels; other names
            are numbered in sorted order.
        label_column: As for `load_mnist_datasets`.

    Raises:
        DataError: as `load_mnist_datasets`; or the pictures are not what ``preparation`` or ``labels`` ask for.

    Warns:
        UserWarning: there is only one class to learn from.
    """
    if path is not None and label_column is None and is_picture_folder(path):
        read = read_image_folder(Path(path), preparation, labels)
        classes, preparation = read.classes, read.preparation
        training, validation, test = ((to_float32(x), y) for x, y in split_sets(read.sets, path))
        warn_of_one_class(training[1], path, classes)
    else:
        source = "the MNIST inside" if path is None else path
        if preparation is not None and preparation.picture_shape != DIGIT:
            raise DataError(source, f"pictures of {preparation}", f"pictures of {Preparation()}")
        classes, sets = None, load_mnist_datasets(path, label_column)
        _require_labels(sets, labels, source)
        training, validation, test = sets
        if preparation is None and (path is None or mostly_in_mnist_form(training[0])):
            preparation = Preparation()
        elif preparation is None or preparation.kind == "as is":
            preparation = Preparation("as is", DIGIT)
        else:
            training, validation, test = ((_prepared(x, source), y) for x, y in sets)
    return DataSets(training, validation, test, classes, preparation)


def is_picture_folder(path: str | os.PathLike[str]) -> bool:
    """Whether a path is a folder of anything but IDX files."""
    return Path(path).is_dir() and not find_idx_files(Path(path))


def _require_labels(sets: Sets, labels: Mapping[str, int] | None, source: str | os.PathLike[str]) -> None:
    """Raise DataError if a label is none of the classes."""
    largest = max(int(y.max()) for _, y in sets)
    if labels is not None and largest >= len(labels):
        raise DataError(source, f"labels of the {len(labels)} classes {listed(list(labels))}", f"the label {largest}")


def _prepared(x: np.ndarray, source: str | os.PathLike[str]) -> np.ndarray:
    """Rows of pixels, each in MNIST's form."""
    prepared = x.copy()
    for i in np.flatnonzero(~in_mnist_form(x)):
        try:
            prepared[i] = prepare(x[i].reshape(SIDE, SIDE)).ravel()
        except DataError:
            raise DataError(source, "a digit in each picture", f"none in picture {i + 1} of a set") from None
    return prepared
