"""MNIST as tutorials keep it: a pickle of three pairs of arrays, or of a dictionary of four arrays."""

import os

from nural.data.data_error import DataError
from nural.data.digits import Digits, check_digits
from nural.data.named_arrays import read_named_arrays
from nural.data.pickled_array import PickledArray
from nural.data.safe_pickle import load_pickle


def read_pickle(content: bytes, source: str | os.PathLike[str]) -> list[Digits]:
    """Read ``((x, y), (x, y), (x, y))``, two pairs where there is no validation set, or a dictionary.

    The names in a dictionary are those of `nural.data.named_arrays`, such as ``train_img``, ``train_label``,
    ``test_img`` and ``test_label``.

    Raises:
        DataError: the pickle is damaged, would run code, has another structure, or does not hold digits.
    """
    sets = load_pickle(content, source)
    if isinstance(sets, dict):
        arrays = {_text(name): array for name, array in sets.items() if isinstance(array, PickledArray)}
        return read_named_arrays(arrays, lambda name: arrays[name].to_numpy(source), source)
    if not (isinstance(sets, tuple | list) and len(sets) in (2, 3) and all(_is_pair(pair) for pair in sets)):
        expected = "two or three pairs of arrays, images and labels, or a dictionary of arrays"
        raise DataError(source, expected, "a pickle of another structure")
    return [check_digits(images.to_numpy(source), labels.to_numpy(source), source) for images, labels in sets]


def _is_pair(pair: object) -> bool:
    return isinstance(pair, tuple | list) and len(pair) == 2 and all(isinstance(part, PickledArray) for part in pair)


def _text(name: str | bytes) -> str:
    return name.decode("latin1") if isinstance(name, bytes) else name  # Python 2 wrote bytes
