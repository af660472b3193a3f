"""Pictures in one subfolder for each class."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from nural.data.data_error import DataError, listed
from nural.data.digits import CLASSES, Digits
from nural.data.image import name_of
from nural.data.image_file import pages
from nural.data.mnist_form import mostly_in_mnist_form
from nural.data.preparation import DIGIT, Preparation, own_levels
from nural.data.source_file import MAX_BYTES, list_folder

_TRAIN, _TEST = ("train", "training"), ("test", "testing")
_DIGITS = {str(digit): digit for digit in range(CLASSES)}
_FLOAT = 4  # bytes of a pixel as a float

T = TypeVar("T")
Labelled = tuple[list[Path], np.ndarray]  # files and labels


@dataclass(frozen=True)
class PictureSets:
    """What a folder of pictures holds.

    Attributes:
        sets: One set, or training and test set: rows of pixels, uint8, and labels.
        classes: Names in the order of the labels; None for the digits from 0 to 9.
        preparation: How each picture was prepared.
    """

    sets: list[Digits]
    classes: tuple[str, ...] | None
    preparation: Preparation


def read_image_folder(
    folder: Path, preparation: Preparation | None = None, labels: Mapping[str, int] | None = None
) -> PictureSets:
    """Read the pictures of a folder with one subfolder for each class.

    If there is a subfolder ``train`` or ``training``, it holds the class folders, and ``test`` or ``testing`` may hold
    them again. Hidden files are ignored. Each page of a file counts as a picture.

    Args:
        folder: A path.
        preparation: How each picture is prepared. By default as digits if the classes are named
            0 to 9 or the pictures are in MNIST's form already; all others are taken as they are.
        labels: The label of each class by its name. By default digits are their own labels; other names are numbered in
            sorted order.

    Raises:
        DataError: there are no class folders, a class is empty or not among ``labels``, a file is no picture, or
            pictures that are taken as they are differ in size.
    """
    parts = _parts(folder)
    names = _class_names(parts[0])
    are_digits = set(names) <= set(_DIGITS)
    if labels is None:
        labels = _DIGITS if are_digits else {name: number for number, name in enumerate(names)}
    classes = None if labels == _DIGITS else tuple(sorted(labels, key=lambda name: labels[name]))
    labelled = [_labelled(part, labels) for part in parts]
    if preparation is None and are_digits:
        preparation = Preparation()
    if preparation is not None and (preparation.kind == "digit" or preparation.shape is not None):
        sets = [_prepared(files, preparation) for files in labelled]
    else:
        sets, preparation = _as_they_are(labelled, may_be_digits=preparation is None)
    return PictureSets(sets, classes, preparation)


def _parts(folder: Path) -> list[Path]:
    """The folder that holds the classes, or those of the training and the test set."""
    subfolders = _subfolders(folder)
    train = [path for path in subfolders if path.name.lower() in _TRAIN]
    test = [path for path in subfolders if path.name.lower() in _TEST]
    if not train and not test:
        return [folder]
    if len(train) != 1 or len(test) > 1 or len(train + test) < len(subfolders):
        raise DataError(folder, "the subfolders train and test", ", ".join(path.name for path in subfolders))
    return train + test


def _subfolders(folder: Path) -> list[Path]:
    return [path for path in list_folder(folder) if path.is_dir()]


def _class_names(folder: Path) -> list[str]:
    """The classes in sorted order; numbers are sorted by value."""
    names = [path.name for path in _subfolders(folder)]
    if not names:
        raise DataError(folder, "IDX files, or a subfolder of images for each class", "neither")
    numbers = all(name.isascii() and name.isdecimal() for name in names)
    return sorted(names, key=lambda name: (int(name), name) if numbers else (0, name))


def _labelled(folder: Path, labels: Mapping[str, int]) -> Labelled:
    """The files of all classes, with their labels."""
    files: list[Path] = []
    counts: list[int] = []
    subfolders = _subfolders(folder)
    for subfolder in subfolders:
        if subfolder.name not in labels:
            raise DataError(subfolder, f"one of the classes {listed(list(labels))}", "another one")
        paths = list_folder(subfolder)
        if not paths:
            raise DataError(subfolder, "images", "none")
        files += paths
        counts.append(len(paths))
    return files, np.repeat(np.array([labels[path.name] for path in subfolders], np.int64), counts)


def _read(files: Labelled, read: Callable[[Any], T]) -> tuple[list[T], np.ndarray]:
    """Apply ``read`` to each page of each file; returns what it gives, and the labels. Two threads share the work."""
    paths, labels = files
    with ThreadPoolExecutor(2) as threads:
        found = list(threads.map(lambda path: [read(page) for page in pages(path)], paths))
    return [each for of_file in found for each in of_file], np.repeat(labels, [len(of_file) for of_file in found])


def _prepared(files: Labelled, preparation: Preparation) -> Digits:
    """A row for each picture."""
    rows, labels = _read(files, preparation.levels)
    return np.stack(rows), labels


def _as_they_are(parts: list[Labelled], may_be_digits: bool) -> tuple[list[Digits], Preparation]:
    """A row for each picture of each part, and the one shape that all of them have."""
    read = [_read(files, lambda page: (own_levels(page), name_of(page))) for files in parts]
    every = [picture for pictures, _ in read for picture, _ in pictures]
    preparation = Preparation("as is", (*every[0].shape[:2], max(1 if each.ndim == 2 else 3 for each in every)))
    if len(every) * np.prod(preparation.picture_shape) * _FLOAT > MAX_BYTES:
        folder = parts[0][0][0].parent.parent
        raise DataError(folder, f"at most {MAX_BYTES} bytes of pixels", f"{len(every)} pictures of {preparation}")
    sets = [
        (np.stack([preparation.fitted(picture, name) for picture, name in pictures]), labels)
        for pictures, labels in read
    ]
    if may_be_digits and preparation.shape == DIGIT and mostly_in_mnist_form(sets[0][0]):
        return [_prepared(files, Preparation()) for files in parts], Preparation()
    return sets, preparation
