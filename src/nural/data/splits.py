"""How digits are divided into training, validation and test sets."""

import os
import warnings
from collections.abc import Sequence

import numpy as np

from nural.data.data_error import DataError
from nural.data.digits import Digits


def split_sets(sets: Sequence[Digits], source: str | os.PathLike[str]) -> tuple[Digits, Digits, Digits]:
    """Divide what a source holds into training, validation and test set, by one rule for all sources.

    Three sets stay as they are. Of two, the second is the test set. A single set gives its last seventh to the
    test set. The last sixth of what is then left for training becomes the validation set: MNIST's 60,000 give
    50,000 and 10,000, the 42,000 of Kaggle's file give 30,000, 6,000 and 6,000.

    Digits that lie grouped by their label, as folders of images do, are first put into a fixed random order:
    otherwise the last sixth would hold the last classes only, and the training set none of them.

    Raises:
        DataError: there are too few digits for three sets.
    """
    if len(sets) == 3:
        train, validation, test = sets
        return train, validation, test
    if len(sets) == 2:
        train, test = sets
        train, validation = _cut_last(_mix_if_grouped(train), 6, source)
    else:
        rest, test = _cut_last(_mix_if_grouped(sets[0]), 7, source)
        train, validation = _cut_last(rest, 6, source)
    return train, validation, test


def warn_of_one_class(labels: np.ndarray, source: str | os.PathLike[str], classes: Sequence[str] | None = None) -> None:
    """Warn, naming the source, if all labels of the training set are the same."""
    if (labels == labels[0]).all():
        name = labels[0] if classes is None else classes[labels[0]]
        expected = "expected pictures of two classes at least to learn from"
        warnings.warn(f"{source}: {expected}, found {name} alone", stacklevel=3)


def _cut_last(digits: Digits, parts: int, source: str | os.PathLike[str]) -> tuple[Digits, Digits]:
    pixels, labels = digits
    cut = len(labels) - len(labels) // parts
    if cut == len(labels):
        raise DataError(source, f"at least {parts} pictures to divide", str(len(labels)))
    return (pixels[:cut], labels[:cut]), (pixels[cut:], labels[cut:])


def _mix_if_grouped(digits: Digits) -> Digits:
    pixels, labels = digits
    changes = np.count_nonzero(np.diff(labels))
    if changes >= len(np.unique(labels)):
        return digits
    order = np.random.default_rng(0).permutation(len(labels))
    return pixels[order], labels[order]
