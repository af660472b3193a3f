"""Sparse input: the first layer multiplies SciPy's matrices; everything after it is dense."""

from typing import Any

import numpy as np

from nural.containers import Sequential
from nural.layer import Layer
from nural.layers import Linear
from nural.layers.rows import column_sums


class SparseLinear(Layer):
    """y = x W + b for a SciPy sparse matrix x, and ∂L/∂W = xᵀ dy, ∂L/∂b = Σ_n dy_n; there is no ∂L/∂x.

    Args:
        linear: The layer that owns the weights and gets the gradients.
    """

    not_config = Layer.not_config | {"linear"}

    def __init__(self, linear: Linear) -> None:
        self.linear = linear
        super().__init__()

    def forward(self, x: Any, train: bool = False) -> np.ndarray:
        """y = x W + b, dense."""
        self.saved = x
        y = x @ self.linear.params["W"]
        y += self.linear.params["b"]
        return y

    def backward(self, dy: np.ndarray, need_dx: bool = True) -> None:
        """Fill the gradients of W and b."""
        self.linear.grads["W"] = self.saved.T @ dy
        column_sums(dy, out=self.linear.grads["b"])


def taking_sparse(network: Sequential) -> Sequential:
    """A network of the same layers that takes sparse input: all weights and gradients are shared with ``network``.

    Raises:
        TypeError: ``network`` does not begin with a `Linear`.
    """
    first, *others = network.layers
    if not isinstance(first, Linear):
        raise TypeError(f"sparse input needs a fully connected layer first, found {type(first).__name__}")
    return Sequential(SparseLinear(first), *others)
