"""Samples that are scaled when they are asked for."""

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from nural.data.batches import Samples, by_position


class Scaled:
    """Samples times a factor, computed only for those that are read: ``Scaled(pixels, 1 / 256)[i] = pixels[i] / 256``.

    For data that do not fit into memory as floats, such as a memory-mapped file of bytes: `Batches`, `fit` and
    `predict` take it in place of an array.

    Args:
        source: ``N`` samples, of which an integer array picks some.
        factor: What each value is multiplied by.
        dtype: The float type of the results.
    """

    def __init__(self, source: Samples, factor: float, dtype: DTypeLike = np.float32) -> None:
        self.source: Any = np.asarray(source) if isinstance(source, list | tuple) else by_position(source)
        self.factor, self.dtype = factor, np.dtype(dtype)

    @property
    def base(self) -> Any:
        """The array that holds the values, as in `numpy.ndarray.base`."""
        return self.source

    def __len__(self) -> int:
        return len(self.source)

    def __getitem__(self, index: Any, /) -> np.ndarray:
        return np.multiply(self.source[index], self.factor, dtype=self.dtype)
