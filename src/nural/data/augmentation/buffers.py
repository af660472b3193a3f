"""Arrays that a thread keeps for what it computes on the way: new ones at each call would cost as much again."""

import math
import threading
from typing import Any

import numpy as np


class Buffers(threading.local):
    """A `Scratch`: ``(name, shape, dtype) -> array`` as the last call left it, zeros at first; each thread has its own.

    A name must always come with the same shape but for the first axis.
    """

    def __init__(self) -> None:
        self._arrays: dict[tuple[str, np.dtype], np.ndarray] = {}

    def __call__(self, name: str, shape: tuple[int, ...], dtype: Any) -> np.ndarray:
        """The beginning of the array of this name and type, made anew if it is too small."""
        key, size = (name, np.dtype(dtype)), math.prod(shape)
        kept = self._arrays.get(key)
        if kept is None or kept.size < size:
            kept = self._arrays[key] = np.zeros(size, dtype)
        return kept[:size].reshape(shape)


buffer = Buffers()
