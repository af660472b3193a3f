"""Scaling and shifting as layers of their own, as Keras and ONNX have them: by fixed numbers or by learned arrays."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from nural.checks import require_gradient, require_samples
from nural.initializers import scale_and_shift
from nural.layer import Layer


class Rescaling(Layer):
    """y = scale · x + offset with two fixed numbers; ∂L/∂x = scale · ∂L/∂y.

    Args:
        scale: The factor.
        offset: What is added.

    Source: Keras's `Rescaling`.
    """

    operations_per_value = (2, 1)

    def __init__(self, scale: float = 1.0, offset: float = 0.0) -> None:
        self.scale, self.offset = float(scale), float(offset)
        super().__init__()

    def forward(self, x: np.ndarray, train: bool = False) -> np.ndarray:
        """y = scale · x + offset."""
        x = require_samples("Rescaling", x, self.dtype)
        y = np.multiply(x, self.scale, out=self.buffer("y", x.shape, x.dtype))
        y += self.offset
        return y

    def backward(self, dy: np.ndarray, need_dx: bool = True) -> Any:
        """∂L/∂x = scale · dy."""
        return np.multiply(dy, self.scale, out=self.buffer("dx", dy.shape, dy.dtype))


class Affine(Layer):
    """y = γ x + β, where γ and β are broadcast to x's shape; without statistics, unlike `BatchNorm1d`.

    ∂L/∂γ = Σ dy x and ∂L/∂β = Σ dy, over the dimensions along which they were broadcast; ∂L/∂x = γ dy.

    Args:
        shape: Of γ and β: the last dimensions of x, or 1 where all entries along a dimension share one.
        scale: Whether there is a γ, which begins at 1.
        shift: Whether there is a β, which begins at 0.
        dtype: Of both.

    Source: Ioffe and Szegedy 2015, Batch Normalization, the last line of algorithm 1.
    """

    operations_per_value = (2, 4)

    def __init__(
        self, shape: Sequence[int], scale: bool = True, shift: bool = True, *, dtype: Any = np.float32
    ) -> None:
        self.shape = tuple(int(size) for size in shape)
        self.scale, self.shift = bool(scale), bool(shift)
        super().__init__(params=scale_and_shift(self.shape, self.scale, self.shift), dtype=dtype)

    def forward(self, x: np.ndarray, train: bool = False) -> np.ndarray:
        """y = γ x + β."""
        x = require_samples("Affine", x, self.dtype)
        if np.broadcast_shapes(x.shape, self.shape) != x.shape:
            raise ValueError(f"Affine: arrays of shape {self.shape} cannot be spread over x of shape {x.shape}")
        self.saved = x
        y = self.buffer("y", x.shape, np.result_type(x, self.dtype))
        np.multiply(x, self.params["gamma"] if self.scale else 1, out=y)
        if self.shift:
            y += self.params["beta"]
        return y

    def backward(self, dy: np.ndarray, need_dx: bool = True) -> Any:
        """∂L/∂x = γ dy; fills the gradients of γ and β."""
        x = self.saved
        require_gradient("Affine", dy, x.shape)
        dx = self.buffer("dx", x.shape, np.result_type(dy, self.dtype))
        if self.scale:
            self._sum(np.multiply(dy, x, out=dx), self.grads["gamma"])
        if self.shift:
            self._sum(dy, self.grads["beta"])
        return np.multiply(dy, self.params["gamma"] if self.scale else 1, out=dx) if need_dx else None

    def _sum(self, terms: np.ndarray, out: np.ndarray) -> None:
        """Σ over the dimensions along which γ and β were broadcast."""
        leading = terms.ndim - out.ndim
        kept = terms.reshape(math.prod(terms.shape[:leading]), *terms.shape[leading:]).sum(axis=0)
        shared = tuple(i for i, size in enumerate(out.shape) if size == 1)
        out[...] = kept.sum(axis=shared, keepdims=True)
