"""Exponential linear units: the identity above zero, and below it an exponential that levels off."""

import numpy as np
from numpy.typing import ArrayLike

from nural.activations.activation import Activation
from nural.blocks import in_blocks
from nural.checks import gradient_and_saved, require_samples

SELU_ALPHA = 1.6732632423543772848170429916717
SELU_SCALE = 1.0507009873554804934193349852946


def elu_forward(x: ArrayLike, alpha: float = 1.0, out: np.ndarray | None = None) -> np.ndarray:
    """Exponential linear unit: y = x where x > 0, else α (eˣ − 1); of x's shape.

    Raises:
        ValueError: x holds no sample.

    Source: Clevert et al. 2016, Fast and Accurate Deep Network Learning by Exponential Linear Units, section 3.
    """
    x = require_samples("elu_forward", x)
    y = np.empty_like(x) if out is None else out
    for x_, y_ in in_blocks(x, y):
        np.minimum(x_, 0, out=y_)
        np.expm1(y_, out=y_)
        y_ *= alpha
        y_ += np.maximum(x_, 0)
    return y


def elu_backward(dy: ArrayLike, alpha: float, x: ArrayLike, out: np.ndarray | None = None) -> np.ndarray:
    """Gradient of `elu_forward`: ∂L/∂x = dy where x > 0, else α eˣ dy; of dy's shape. ``x`` is its input."""
    dy, x = gradient_and_saved("elu_backward", dy, x)
    dx = np.empty_like(dy) if out is None else out
    for dy_, x_, dx_ in in_blocks(dy, x, dx):
        np.minimum(x_, 0, out=dx_)
        np.exp(dx_, out=dx_)
        dx_ *= alpha
        positive = np.greater(x_, 0, out=np.empty_like(x_))
        dx_ *= 1 - positive
        dx_ += positive
        dx_ *= dy_
    return dx


class ELU(Activation):
    """Exponential linear unit: x where x > 0, else α (eˣ − 1), with `elu_forward` and `elu_backward`.

    Args:
        alpha: α; far below zero the output is −α.
    """

    operations_per_value = (4, 3)
    pair = elu_forward, elu_backward
    saves = "input"

    def __init__(self, alpha: float = 1.0) -> None:
        self.alpha = alpha
        super().__init__()


def selu_forward(x: ArrayLike, out: np.ndarray | None = None) -> np.ndarray:
    """Scaled ELU: y = λ ELU(x; α) with α ≈ 1.6733 and λ ≈ 1.0507, for which mean 0 and variance 1 are a fixed point.

    y has x's shape.

    Raises:
        ValueError: x holds no sample.

    Source: Klambauer et al. 2017, Self-Normalizing Neural Networks, equation 2.
    """
    x = require_samples("selu_forward", x)
    y = elu_forward(x, SELU_ALPHA, out=out)
    y *= SELU_SCALE
    return y


def selu_backward(dy: ArrayLike, x: ArrayLike, out: np.ndarray | None = None) -> np.ndarray:
    """Gradient of `selu_forward`: ∂L/∂x = λ dy where x > 0, else λ α eˣ dy; of dy's shape. ``x`` is its input."""
    dy, x = gradient_and_saved("selu_backward", dy, x)
    dx = elu_backward(dy, SELU_ALPHA, x, out=out)
    dx *= SELU_SCALE
    return dx


class SELU(Activation):
    """Scaled ELU: λ ELU(x; α) with the two constants of its paper, with `selu_forward` and `selu_backward`."""

    operations_per_value = (5, 4)
    pair = selu_forward, selu_backward
    saves = "input"
