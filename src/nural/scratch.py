"""Where a pair gets its working arrays: new ones, unless a layer lends its buffers."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

#: ``(name, shape, dtype) -> array`` with any contents; `Layer.buffer` is one.
Scratch = Callable[[str, tuple[int, ...], Any], np.ndarray]


def new_array(name: str, shape: tuple[int, ...], dtype: Any) -> np.ndarray:
    """A new array at every call, whatever its name."""
    return np.empty(shape, dtype)


def shaped(name: str, shape: tuple[int, ...], dtype: Any, scratch: Scratch) -> np.ndarray:
    """An array of any shape in a flat one of ``scratch``: a smaller array, such as a last block, uses its beginning."""
    return scratch(name, (math.prod(shape),), dtype).reshape(shape)
