"""Digits kept as pictures, in one subfolder for each class."""

import io
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from nural.data.data_error import DataError
from nural.data.digits import CLASSES, SIDE, Digits, check_digits
from nural.data.image import name_of
from nural.data.image_file import pages, read_greyscale
from nural.data.source_file import list_folder, read_file

if TYPE_CHECKING:
    from PIL import Image

_TRAIN, _TEST = ("train", "training"), ("test", "testing")


def read_image_folder(folder: Path) -> list[Digits]:
    """Read the pictures as they are: grey, resized to 28×28, and taken for light ink on dark ground, as MNIST has it.

    Subfolders named by digits give these as labels; others are numbered in sorted order. If there is a subfolder
    ``train`` or ``training``, it holds the class folders, and ``test`` or ``testing`` may hold them again.
    Hidden files are ignored. Of a file with several pages each is a digit.

    Returns:
        One set of digits, or training and test set.

    Raises:
        DataError: there are no class folders or more than ten, a class is empty, or a file is no picture.
    """
    subfolders = _subfolders(folder)
    train = [path for path in subfolders if path.name.lower() in _TRAIN]
    test = [path for path in subfolders if path.name.lower() in _TEST]
    if not train and not test:
        return [_read_classes(folder, _number_classes(folder))]
    if len(train) != 1 or len(test) > 1 or len(train + test) < len(subfolders):
        raise DataError(folder, "the subfolders train and test", ", ".join(path.name for path in subfolders))
    classes = _number_classes(train[0])
    return [_read_classes(part, classes) for part in train + test]


def _subfolders(folder: Path) -> list[Path]:
    return [path for path in list_folder(folder) if path.is_dir()]


def _number_classes(folder: Path) -> dict[str, int]:
    names = [path.name for path in _subfolders(folder)]
    if not names:
        raise DataError(folder, "IDX files, or a subfolder of images for each class", "neither")
    if len(names) > CLASSES:
        raise DataError(folder, f"at most {CLASSES} class folders", str(len(names)))
    if not all(name.isascii() and name.isdecimal() for name in names):
        return {name: number for number, name in enumerate(names)}
    if any(int(name) >= CLASSES for name in names):
        raise DataError(folder, f"class folders from 0 to {CLASSES - 1}", ", ".join(names))
    return {name: int(name) for name in names}


def _read_classes(folder: Path, classes: dict[str, int]) -> Digits:
    images, labels = [], []
    for subfolder in _subfolders(folder):
        if subfolder.name not in classes:
            raise DataError(subfolder, f"a class of the training set ({', '.join(classes)})", "another one")
        paths = list_folder(subfolder)
        if not paths:
            raise DataError(subfolder, "images", "none")
        read = [_read_digit(page) for path in paths for page in pages(path)]
        images += read
        labels += [classes[subfolder.name]] * len(read)
    return check_digits(np.stack(images), np.array(labels), folder)


def _read_digit(page: "Path | Image.Image") -> np.ndarray:
    from PIL import Image

    grey = read_greyscale(io.BytesIO(read_file(page)) if isinstance(page, Path) else page, name_of(page))
    if grey.shape == (SIDE, SIDE):
        return grey
    return np.asarray(Image.fromarray(grey).resize((SIDE, SIDE), Image.Resampling.BILINEAR))
