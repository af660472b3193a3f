"""MNIST as the tutorials keep it: a pickle of three pairs of arrays."""

import os

from nural.data.data_error import DataError
from nural.data.digits import Digits, check_digits
from nural.data.pickled_array import PickledArray
from nural.data.safe_pickle import load_pickle


def read_pickle(content: bytes, source: str | os.PathLike[str]) -> list[Digits]:
    """Read ``((x, y), (x, y), (x, y))``, or two pairs where there is no validation set.

    Raises:
        DataError: the pickle is damaged, would run code, has another structure, or does not hold digits.
    """
    sets = load_pickle(content, source)
    if not (isinstance(sets, tuple | list) and len(sets) in (2, 3) and all(_is_pair(pair) for pair in sets)):
        raise DataError(source, "two or three pairs of arrays, images and labels", "a pickle of another structure")
    return [check_digits(images.to_numpy(source), labels.to_numpy(source), source) for images, labels in sets]


def _is_pair(pair: object) -> bool:
    return isinstance(pair, tuple | list) and len(pair) == 2 and all(isinstance(part, PickledArray) for part in pair)
