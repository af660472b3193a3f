"""The logistic sigmoid and its relatives: tanh, SiLU (x times the sigmoid) and softplus (its integral)."""

import numpy as np
from numpy.typing import ArrayLike

from nural.activations.activation import Activation
from nural.blocks import in_blocks
from nural.checks import gradient_and_saved, require_samples


def sigmoid_forward(x: ArrayLike, out: np.ndarray | None = None) -> np.ndarray:
    """Logistic sigmoid: y = 1 / (1 + e⁻ˣ), of x's shape.

    Raises:
        ValueError: x holds no sample.

    Source: Goodfellow et al. 2016, Deep Learning, section 3.10.
    """
    x = require_samples("sigmoid_forward", x)
    y = np.negative(x, out=np.empty_like(x) if out is None else out)
    with np.errstate(over="ignore"):  # e⁻ˣ = ∞ gives y = 0, which is the limit
        np.exp(y, out=y)
    y += 1
    return np.reciprocal(y, out=y)


def sigmoid_backward(dy: ArrayLike, y: ArrayLike, out: np.ndarray | None = None) -> np.ndarray:
    """Gradient of `sigmoid_forward`: ∂L/∂x = dy · y (1 − y), of dy's shape. ``y`` is its output."""
    dy, y = gradient_and_saved("sigmoid_backward", dy, y)
    dx = np.subtract(1, y, out=np.empty_like(dy) if out is None else out)
    dx *= y
    dx *= dy
    return dx


class Sigmoid(Activation):
    """Logistic sigmoid: 1 / (1 + e⁻ˣ), with `sigmoid_forward` and `sigmoid_backward`."""

    operations_per_value = (3, 3)
    pair = sigmoid_forward, sigmoid_backward


def tanh_forward(x: ArrayLike, out: np.ndarray | None = None) -> np.ndarray:
    """Hyperbolic tangent: y = tanh x, of x's shape.

    Raises:
        ValueError: x holds no sample.

    Source: LeCun et al. 1998, Efficient BackProp, section 4.4.
    """
    x = require_samples("tanh_forward", x)
    return np.tanh(x, out=out)


def tanh_backward(dy: ArrayLike, y: ArrayLike, out: np.ndarray | None = None) -> np.ndarray:
    """Gradient of `tanh_forward`: ∂L/∂x = dy (1 − y²), of dy's shape. ``y`` is its output."""
    dy, y = gradient_and_saved("tanh_backward", dy, y)
    dx = np.multiply(y, y, out=np.empty_like(dy) if out is None else out)
    np.subtract(1, dx, out=dx)
    dx *= dy
    return dx


class Tanh(Activation):
    """Hyperbolic tangent: tanh x, with `tanh_forward` and `tanh_backward`."""

    operations_per_value = (1, 3)
    pair = tanh_forward, tanh_backward


def softsign_forward(x: ArrayLike, out: np.ndarray | None = None) -> np.ndarray:
    """Softsign: y = x / (1 + |x|), of x's shape; it nears ±1 as slowly as 1 / |x|.

    Raises:
        ValueError: x holds no sample.

    Source: Glorot and Bengio 2010, Understanding the difficulty of training deep feedforward networks, section 3.
    """
    x = require_samples("softsign_forward", x)
    y = np.abs(x, out=np.empty_like(x) if out is None else out)
    y += 1
    return np.divide(x, y, out=y)


def softsign_backward(dy: ArrayLike, x: ArrayLike, out: np.ndarray | None = None) -> np.ndarray:
    """Gradient of `softsign_forward`: ∂L/∂x = dy / (1 + |x|)², of dy's shape. ``x`` is its input."""
    dy, x = gradient_and_saved("softsign_backward", dy, x)
    dx = np.abs(x, out=np.empty_like(dy) if out is None else out)
    dx += 1
    np.divide(1, dx, out=dx)
    dx *= dx  # of a number below 1, which cannot overflow
    dx *= dy
    return dx


class Softsign(Activation):
    """Softsign: x / (1 + |x|), with `softsign_forward` and `softsign_backward`."""

    operations_per_value = (3, 5)
    pair = softsign_forward, softsign_backward
    saves = "input"


def silu_forward(x: ArrayLike, out: np.ndarray | None = None) -> np.ndarray:
    """Sigmoid linear unit, also called swish: y = x σ(x) with the sigmoid σ; of x's shape.

    Raises:
        ValueError: x holds no sample.

    Source: Elfwing et al. 2018, Sigmoid-Weighted Linear Units for Neural Network Function Approximation, section 2.
    """
    x = require_samples("silu_forward", x)
    y = sigmoid_forward(x, out=out)
    y *= x
    return y


def silu_backward(dy: ArrayLike, x: ArrayLike, out: np.ndarray | None = None) -> np.ndarray:
    """Gradient of `silu_forward`: ∂L/∂x = dy · σ(x) (1 + x (1 − σ(x))), of dy's shape. ``x`` is its input."""
    dy, x = gradient_and_saved("silu_backward", dy, x)
    dx = np.empty_like(dy) if out is None else out
    for dy_, x_, dx_ in in_blocks(dy, x, dx):
        sigmoid = sigmoid_forward(x_)
        np.subtract(1, sigmoid, out=dx_)
        dx_ *= x_
        dx_ += 1
        dx_ *= sigmoid
        dx_ *= dy_
    return dx


class SiLU(Activation):
    """Sigmoid linear unit: x σ(x) with the sigmoid σ, with `silu_forward` and `silu_backward`."""

    operations_per_value = (4, 8)
    pair = silu_forward, silu_backward
    saves = "input"


def softplus_forward(
    x: ArrayLike, beta: float = 1.0, threshold: float = 20.0, out: np.ndarray | None = None
) -> np.ndarray:
    """Softplus: y = log(1 + e^{βx}) / β, and y = x where βx > threshold, as PyTorch has it; of x's shape.

    log(1 + eᶻ) is computed as max(z, 0) + log(1 + e^{−|z|}), which no z overflows.

    Raises:
        ValueError: x holds no sample, or beta is 0.

    Source: Dugas et al. 2001, Incorporating Second-Order Functional Knowledge for Better Option Pricing, section 3.
    """
    x = require_samples("softplus_forward", x)
    _require_beta("softplus_forward", beta)
    y = np.empty_like(x) if out is None else out
    for x_, y_ in in_blocks(x, y):
        z = _scaled(x_, beta)
        np.abs(z, out=y_)
        np.negative(y_, out=y_)
        np.exp(y_, out=y_)
        np.log1p(y_, out=y_)
        y_ += np.maximum(z, 0)
        y_ /= beta
        np.copyto(y_, x_, where=z > threshold)
    return y


def softplus_backward(
    dy: ArrayLike, beta: float, threshold: float, x: ArrayLike, out: np.ndarray | None = None
) -> np.ndarray:
    """Gradient of `softplus_forward`: ∂L/∂x = dy · σ(βx), and dy where βx > threshold; of dy's shape.

    ``x`` is the input of the forward pass.
    """
    dy, x = gradient_and_saved("softplus_backward", dy, x)
    dx = np.empty_like(dy) if out is None else out
    for dy_, x_, dx_ in in_blocks(dy, x, dx):
        z = _scaled(x_, beta)
        sigmoid_forward(z, out=dx_)
        np.copyto(dx_, 1, where=z > threshold)
        dx_ *= dy_
    return dx


class Softplus(Activation):
    """Softplus: log(1 + e^{βx}) / β, a smooth ReLU, with `softplus_forward` and `softplus_backward`.

    Args:
        beta: β, how sharp the bend at zero is.
        threshold: Where βx is larger, the output is x.

    Raises:
        ValueError: beta is 0.
    """

    operations_per_value = (3, 4)
    pair = softplus_forward, softplus_backward
    saves = "input"

    def __init__(self, beta: float = 1.0, threshold: float = 20.0) -> None:
        _require_beta("Softplus", beta)
        self.beta, self.threshold = beta, threshold
        super().__init__()


def _scaled(x: np.ndarray, beta: float) -> np.ndarray:
    """βx."""
    with np.errstate(over="ignore"):  # at ±∞ softplus and its slope have the limits they should have
        return x * beta


def _require_beta(name: str, beta: float) -> None:
    if beta == 0:
        raise ValueError(f"{name}: beta must not be 0")
