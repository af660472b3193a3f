"""Sets of digits told apart by the names of their arrays, in `.npz` files and pickled dictionaries."""

import math
import os
import re
from collections.abc import Callable, Iterable
from functools import cache

import numpy as np

from nural.data.data_error import DataError
from nural.data.digits import Digits, check_digits

_SETS = {"train": "train(ing)?", "validation": "val(id(ation)?)?|dev", "test": "test(ing)?|t10k"}
_IMAGES = {"x", "img", "imgs", "image", "images", "pixels", "data", "features"}
_LABELS = {"y", "label", "labels", "target", "targets"}
_NUMBERED = re.compile(r"arr_\d+")  # what `numpy.savez` calls arrays that are given no names


def read_named_arrays(
    names: Iterable[str], load: Callable[[str], np.ndarray], source: str | os.PathLike[str]
) -> list[Digits]:
    """Training, validation and test set, as far as they exist, or the only set.

    A name says which set an array is of, and whether it holds images or labels: ``x_train``, ``train_img``,
    ``test_labels``, ``data``. The numbered ``arr_0``, ``arr_1``, … hold the training set first; images and labels are
    told apart by their shapes. Arrays of other names are ignored.

    Args:
        names: The names of all arrays.
        load: ``name -> array``; called for those that are needed.
        source: The file they are in.

    Raises:
        DataError: an array is missing, or two arrays fit; or `check_digits` refuses them.
    """
    names, load = list(names), cache(load)
    numbered = [name for name in names if _NUMBERED.fullmatch(name)]
    pairs = _numbered_pairs(numbered, load) if numbered and numbered == names else _named_pairs(names)
    if not pairs:
        found = ", ".join(repr(name) for name in names[:10]) or "none"
        raise DataError(source, "arrays named as x_train, y_train, x_test and y_test, or as x and y", found)
    return [check_digits(load(images), load(labels), source) for images, labels in pairs]


def _named_pairs(names: list[str]) -> list[tuple[str, str]]:
    """The names of images and labels, set by set; none if one is missing or two fit."""
    found: dict[str, dict[str, list[str]]] = {}
    for name in names:
        word = name.lower()
        of = ""
        for set_name, pattern in _SETS.items():
            if re.search(pattern, word):
                of, word = set_name, re.sub(pattern, "", word, count=1)
                break
        kind = re.sub("[^a-z]", "", word)
        if kind in _IMAGES | _LABELS:
            found.setdefault(of, {"images": [], "labels": []})["images" if kind in _IMAGES else "labels"].append(name)
    wanted = [of for of in _SETS if of in found] if "train" in found else [""]
    pairs = [(of["images"], of["labels"]) for of in map(found.get, wanted) if of]
    if not all(len(images) == len(labels) == 1 for images, labels in pairs):
        return []
    return [(images[0], labels[0]) for images, labels in pairs]


def _numbered_pairs(names: list[str], load: Callable[[str], np.ndarray]) -> list[tuple[str, str]]:
    """The same for ``arr_0``, ``arr_1``, …: the first images with the first labels, and so on."""
    names = sorted(names, key=lambda name: int(name[4:]))
    several = {name: math.prod(load(name).shape[1:]) > 1 for name in names}
    images, labels = ([name for name in names if several[name] is wanted] for wanted in (True, False))
    return list(zip(images, labels, strict=True)) if len(images) == len(labels) <= 3 else []
