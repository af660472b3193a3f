"""Where a pair finds the arrays that it works in: new ones, unless a layer lends its buffers."""

from collections.abc import Callable
from typing import Any

import numpy as np

#: ``(name, shape, dtype) -> array`` with any contents; `Layer.buffer` is one.
Scratch = Callable[[str, tuple[int, ...], Any], np.ndarray]


def new_array(name: str, shape: tuple[int, ...], dtype: Any) -> np.ndarray:
    """A new array at every call, whatever its name."""
    return np.empty(shape, dtype)
