"""Softmax and its logarithm: a row of numbers as probabilities."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from nural.activations.activation import Activation
from nural.checks import gradient_and_saved, require_samples


class AlongDimension(Activation):
    """An activation over one dimension, as a layer.

    Args:
        dim: That dimension; the last one, where the channels are, unless said otherwise.

    Raises:
        TypeError: dim is not an integer.
    """

    def __init__(self, dim: int = -1) -> None:
        if not isinstance(dim, int):
            raise TypeError(f"{type(self).__name__}: dim must be an integer, got {dim!r}")
        self.dim = dim
        super().__init__()

    def compute(self, x: np.ndarray) -> np.ndarray:
        """The activation of x over ``dim``."""
        if not -x.ndim <= self.dim < x.ndim:
            raise ValueError(f"{type(self).__name__}: x of shape {x.shape} has no dimension {self.dim}")
        y = self.buffer("y", x.shape, x.dtype)
        self.pair[0](x.swapaxes(self.dim, -1), out=y.swapaxes(self.dim, -1))
        return y

    def backward(self, dy: np.ndarray, need_dx: bool = True) -> Any:
        """∂L/∂x."""
        dx = self.buffer("dx", dy.shape, dy.dtype)
        self.pair[1](*(array.swapaxes(self.dim, -1) for array in (dy, self.saved)), out=dx.swapaxes(self.dim, -1))
        return dx


def softmax_forward(x: ArrayLike, out: np.ndarray | None = None) -> np.ndarray:
    """Softmax over the last dimension: y_i = e^{x_i} / Σ_j e^{x_j}, of x's shape; each row adds up to 1.

    The row's maximum is subtracted first, which changes nothing but keeps the exponentials finite.

    Raises:
        ValueError: x holds no sample.

    Source: Goodfellow et al. 2016, Deep Learning, section 6.2.2.3.
    """
    x = require_samples("softmax_forward", x)
    with np.errstate(over="ignore"):  # a difference of −∞ gives y = 0, which is the limit
        y = np.subtract(x, x.max(axis=-1, keepdims=True), out=out)
    np.exp(y, out=y)
    y /= y.sum(axis=-1, keepdims=True)
    return y


def softmax_backward(dy: ArrayLike, y: ArrayLike, out: np.ndarray | None = None) -> np.ndarray:
    """Gradient of `softmax_forward`: ∂L/∂x_i = y_i (dy_i − Σ_j dy_j y_j), of dy's shape. ``y`` is its output."""
    dy, y = gradient_and_saved("softmax_backward", dy, y)
    dx = np.multiply(dy, y, out=out)
    projection = dx.sum(axis=-1, keepdims=True)
    np.subtract(dy, projection, out=dx)
    dx *= y
    return dx


class Softmax(AlongDimension):
    """Softmax: y_i = e^{x_i} / Σ_j e^{x_j}, with `softmax_forward` and `softmax_backward`.

    Args:
        dim: The dimension to sum over; the last one, where the channels are, unless said otherwise.
    """

    operations_per_value = (5, 4)
    pair = softmax_forward, softmax_backward


def log_softmax_forward(x: ArrayLike, out: np.ndarray | None = None) -> np.ndarray:
    """Logarithm of softmax over the last dimension: y_i = x_i − log Σ_j e^{x_j}, of x's shape.

    It is computed as (x_i − m) − log Σ_j e^{x_j − m} with the row's maximum m, so that no probability rounds to 0.

    Raises:
        ValueError: x holds no sample.

    Source: Goodfellow et al. 2016, Deep Learning, section 6.2.2.3.
    """
    x = require_samples("log_softmax_forward", x)
    largest = x.max(axis=-1, keepdims=True)
    with np.errstate(over="ignore"):  # a probability may be so small that even its logarithm is −∞
        y = np.subtract(x, largest, out=out)
        np.exp(y, out=y)
        log_total = np.log(y.sum(axis=-1, keepdims=True))
        np.subtract(x, largest, out=y)
    y -= log_total
    return y


def log_softmax_backward(dy: ArrayLike, y: ArrayLike, out: np.ndarray | None = None) -> np.ndarray:
    """Gradient of `log_softmax_forward`: ∂L/∂x_i = dy_i − e^{y_i} Σ_j dy_j, of dy's shape. ``y`` is its output."""
    dy, y = gradient_and_saved("log_softmax_backward", dy, y)
    dx = np.exp(y, out=out)
    dx *= dy.sum(axis=-1, keepdims=True)
    return np.subtract(dy, dx, out=dx)


class LogSoftmax(AlongDimension):
    """Logarithm of softmax: y_i = x_i − log Σ_j e^{x_j}, with `log_softmax_forward` and `log_softmax_backward`.

    Args:
        dim: The dimension to sum over; the last one, where the channels are, unless said otherwise.
    """

    operations_per_value = (5, 4)
    pair = log_softmax_forward, log_softmax_backward
