"""The dimensions of each sample, or the steps of each sequence, in another order."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from nural.checks import require_samples
from nural.layer import Layer


class Permute(Layer):
    """``(N, …)`` with the dimensions of each sample in another order; backward puts them back.

    Args:
        dims: For each dimension of an output sample, the input's dimension that it is, counted from 1, since 0 is the
            batch: ``Permute((3, 1, 2))`` makes channels-first images of channels-last ones.

    Source: Keras's `Permute`.
    """

    def __init__(self, dims: Sequence[int]) -> None:
        self.dims = tuple(int(dim) for dim in dims)
        if sorted(self.dims) != list(range(1, len(self.dims) + 1)):
            raise ValueError(f"Permute: dims must be each of 1 … {len(self.dims)} once, got {dims!r}")
        super().__init__()

    def forward(self, x: np.ndarray, train: bool = False) -> np.ndarray:
        """A copy in the new order."""
        x = require_samples("Permute", x, self.dtype)
        if x.ndim != len(self.dims) + 1:
            raise ValueError(f"Permute: {self.dims} needs x of {len(self.dims) + 1} dimensions, got shape {x.shape}")
        return self._copied("y", x, (0, *self.dims))

    def backward(self, dy: np.ndarray, need_dx: bool = True) -> Any:
        """A copy in the order of x."""
        return self._copied("dx", dy, tuple(np.argsort((0, *self.dims))))

    def _copied(self, name: str, a: np.ndarray, axes: tuple[int, ...]) -> np.ndarray:
        moved = a.transpose(axes)
        copy = self.buffer(name, moved.shape, a.dtype)
        copy[...] = moved
        return copy


class Reverse(Layer):
    """Sequences ``(N, T, …)`` from their last step to their first; backward reverses dy in the same way.

    Placed before and after a recurrent layer it makes one that reads from the end.
    """

    def forward(self, x: np.ndarray, train: bool = False) -> np.ndarray:
        """y_t = x_{T−t}, a copy."""
        return self._reversed("y", require_samples("Reverse", x, self.dtype))

    def backward(self, dy: np.ndarray, need_dx: bool = True) -> Any:
        """∂L/∂x_t = dy_{T−t}."""
        return self._reversed("dx", dy)

    def _reversed(self, name: str, a: np.ndarray) -> np.ndarray:
        copy = self.buffer(name, a.shape, a.dtype)
        copy[...] = a[:, ::-1]
        return copy
