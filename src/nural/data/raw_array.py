"""An array made of bytes, and of what a file says about them."""

import math
import os
import re
from collections.abc import Sequence
from typing import Literal

import numpy as np

from nural.data.data_error import DataError

_NUMBER = re.compile("[<>=|]?(b1|[iu][1248]|f[248])")
_LONGEST = 1 << 40


def array_from_bytes(
    content: bytes | bytearray | memoryview,
    dtype: str,
    shape: Sequence[int],
    order: Literal["C", "F"],
    source: str | os.PathLike[str],
) -> np.ndarray:
    """View bytes as an array, after checking that type, shape and number of bytes agree.

    Args:
        content: The elements.
        dtype: NumPy's code of the type (``"<f4"``).
        shape: Its lengths, of at most four dimensions.
        order: The order of the elements, ``"C"`` or ``"F"``.
        source: The file they were read from.

    Raises:
        DataError: the type is not one of numbers (objects, above all), the array is empty, or shape and bytes disagree.
    """
    if not _NUMBER.fullmatch(dtype):
        raise DataError(source, "an array of numbers", f"one of type {dtype[:20]!r}")
    if len(shape) > 4 or not all(0 < length < _LONGEST for length in shape):
        raise DataError(source, "an array that is not empty, of four dimensions at most", "another shape")
    size = math.prod(shape) * np.dtype(dtype).itemsize
    if size != len(content):
        raise DataError(source, f"{size} bytes for {dtype} of shape {tuple(shape)}", f"{len(content)} bytes")
    return np.frombuffer(content, dtype).reshape(shape, order=order)
