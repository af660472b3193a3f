"""Arrays that a thread keeps for intermediate results: making them at each call would double the time."""

import math
import threading
from typing import Any

import numpy as np


class Buffers(threading.local):
    """A `Scratch`: ``(name, shape, dtype) -> array``, zeros at first, then as the last call left it; one per thread.

    A name must always have the same shape, except along the first axis.
    """

    def __init__(self) -> None:
        self._arrays: dict[tuple[str, np.dtype], np.ndarray] = {}

    def __call__(self, name: str, shape: tuple[int, ...], dtype: Any) -> np.ndarray:
        """The first entries of the array of this name and type, which is replaced if it is too small."""
        key, size = (name, np.dtype(dtype)), math.prod(shape)
        kept = self._arrays.get(key)
        if kept is None or kept.size < size:
            kept = self._arrays[key] = np.zeros(size, dtype)
        return kept[:size].reshape(shape)


buffer = Buffers()
