"""ReLU, leaky ReLU with a fixed slope below zero, parametric ReLU with a learned one, and clipping (hardtanh)."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from nural.activations.activation import Activation
from nural.checks import as_floats, float_arrays, gradient_and_saved, require_gradient, require_samples
from nural.initializers import constant
from nural.layer import Layer
from nural.layers.rows import channel_sums, long_rows


def relu_forward(x: ArrayLike, out: np.ndarray | None = None) -> np.ndarray:
    """Rectified linear unit: y = max(x, 0), of x's shape.

    Raises:
        ValueError: x holds no sample.

    Source: Nair and Hinton 2010, Rectified Linear Units Improve Restricted Boltzmann Machines.
    """
    x = require_samples("relu_forward", x)
    return x.clip(0, np.inf, out=out)  # np.maximum(x, 0) takes up to 3 times as long


def relu_backward(dy: ArrayLike, x: ArrayLike, out: np.ndarray | None = None) -> np.ndarray:
    """Gradient of `relu_forward`: ∂L/∂x = dy where x > 0, else 0 (at the kink x = 0 too, as PyTorch has it).

    ``x`` is the input of the forward pass; its output serves as well, for it is positive at the same places.
    ∂L/∂x is of dy's shape.
    """
    dy, x = gradient_and_saved("relu_backward", dy, x)
    dx = np.greater(x, 0, out=np.empty_like(dy) if out is None else out)
    dx *= dy
    return dx


class ReLU(Activation):
    """Rectified linear unit: max(x, 0), with `relu_forward` and `relu_backward`."""

    operations_per_value = (1, 2)
    pair = relu_forward, relu_backward


def hardtanh_forward(
    x: ArrayLike, min_val: float | None = -1.0, max_val: float | None = 1.0, out: np.ndarray | None = None
) -> np.ndarray:
    """Clipping: y = min(max(x, min_val), max_val), of x's shape; None is no bound.

    Raises:
        ValueError: x holds no sample.

    Source: Collobert 2004, Large Scale Machine Learning, where it is a tanh of three straight lines.
    """
    x = require_samples("hardtanh_forward", x)
    return x.clip(-np.inf if min_val is None else min_val, np.inf if max_val is None else max_val, out=out)


def hardtanh_backward(
    dy: ArrayLike, min_val: float | None, max_val: float | None, y: ArrayLike, out: np.ndarray | None = None
) -> np.ndarray:
    """Gradient of `hardtanh_forward`: ∂L/∂x = dy where min_val < x < max_val, else 0 (at the kinks too); of dy's shape.

    ``y`` is the output of the forward pass: between the bounds it is x, elsewhere one of them.
    """
    dy, y = gradient_and_saved("hardtanh_backward", dy, y)
    real = y.dtype.type
    low = np.nextafter(real(-np.inf if min_val is None else min_val), real(np.inf))
    high = np.nextafter(real(np.inf if max_val is None else max_val), real(-np.inf))
    dx = y.clip(low, high, out=np.empty_like(dy) if out is None else out)
    np.equal(dx, y, out=dx)
    dx *= dy
    return dx


class Hardtanh(Activation):
    """Clipping: min(max(x, min_val), max_val), with `hardtanh_forward` and `hardtanh_backward`.

    ``Hardtanh(0, 6)`` is PyTorch's ReLU6.

    Args:
        min_val: The lower bound; None, or −∞, for none.
        max_val: The upper bound; None, or ∞, for none.

    Raises:
        ValueError: a bound is NaN.
    """

    operations_per_value = (2, 4)
    pair = hardtanh_forward, hardtanh_backward

    def __init__(self, min_val: float | None = -1.0, max_val: float | None = 1.0) -> None:
        if min_val != min_val or max_val != max_val:
            raise ValueError(f"Hardtanh: expected bounds that are numbers or None, got {min_val} and {max_val}")
        self.min_val = None if min_val == -np.inf else min_val  # JSON has no infinity
        self.max_val = None if max_val == np.inf else max_val
        super().__init__()


def leaky_relu_forward(x: ArrayLike, negative_slope: float = 0.01, out: np.ndarray | None = None) -> np.ndarray:
    """Leaky ReLU: y = x where x > 0, else negative_slope · x; of x's shape.

    Raises:
        ValueError: x holds no sample.

    Source: Maas et al. 2013, Rectifier Nonlinearities Improve Neural Network Acoustic Models.
    """
    x = require_samples("leaky_relu_forward", x)
    with np.errstate(over="ignore"):  # the product is not used where x > 0
        y = np.multiply(x, negative_slope, out=out)
    # A slope up to 1 puts the line through x > 0 on top. A mask would take ten times as long.
    return np.maximum(x, y, out=out) if negative_slope <= 1 else np.minimum(x, y, out=out)


def leaky_relu_backward(
    dy: ArrayLike, negative_slope: float, x: ArrayLike, out: np.ndarray | None = None
) -> np.ndarray:
    """Gradient of `leaky_relu_forward`: ∂L/∂x = dy where x > 0, else negative_slope · dy; of dy's shape.

    ``x`` is the input of the forward pass.
    """
    dy, x = gradient_and_saved("leaky_relu_backward", dy, x)
    dx = _slopes(x, negative_slope, np.empty_like(dy) if out is None else out)
    dx *= dy
    return dx


class LeakyReLU(Activation):
    """Leaky ReLU: x where x > 0, else negative_slope · x, with `leaky_relu_forward` and `leaky_relu_backward`.

    Args:
        negative_slope: The slope below zero.
    """

    operations_per_value = (2, 2)
    pair = leaky_relu_forward, leaky_relu_backward
    saves = "input"

    def __init__(self, negative_slope: float = 0.01) -> None:
        self.negative_slope = negative_slope
        super().__init__()


def prelu_forward(x: ArrayLike, a: ArrayLike, out: np.ndarray | None = None) -> np.ndarray:
    """Parametric ReLU: y = x where x > 0, else a · x, with a learned slope a.

    Args:
        x: Input, ``(N, …)``, or ``(N, …, C)`` with a slope for each channel.
        a: Slopes, ``(1,)`` for all of x or ``(C,)``.
        out: Where to write y.

    Returns:
        y, of x's shape.

    Raises:
        ValueError: x holds no sample, or a is neither one slope nor one for each of x's last dimension.

    Source: He et al. 2015, Delving Deep into Rectifiers, section 2.1.
    """
    x, a = float_arrays("prelu_forward", x, a)
    if a.shape != (1,) and a.shape != x.shape[-1:]:
        raise ValueError(f"prelu_forward: slopes of shape {a.shape} fit neither (1,) nor the channels of x, {x.shape}")
    y = _slopes(x, a[0] if len(a) == 1 else a, np.empty_like(x) if out is None else out)
    y *= x
    return y


def prelu_backward(
    dy: ArrayLike, a: ArrayLike, x: ArrayLike, out: tuple[np.ndarray | None, ...] | None = None
) -> tuple[Any, Any]:
    """Gradient of `prelu_forward`: ∂L/∂a = Σ dy · min(x, 0), ∂L/∂x = dy where x > 0, else a · dy.

    Args:
        dy: ∂L/∂y, of x's shape.
        a: Slopes, ``(1,)`` or ``(C,)``; the sum goes over everything that shares one.
        x: The input of the forward pass.
        out: ``(da, dx)`` to write to; a None among them is not wanted. Without dx, da needs an array of x's size.

    Returns:
        ``(da, dx)``, of a's and x's shape.

    Source: He et al. 2015, Delving Deep into Rectifiers, section 2.1.
    """
    dy, a, x = float_arrays("prelu_backward", dy, a, x)
    require_gradient("prelu_backward", dy, x.shape)
    da, dx = (np.empty_like(a), np.empty_like(dy)) if out is None else out
    if da is not None:
        products = np.minimum(x, 0, out=np.empty_like(dy) if dx is None else dx)
        products *= dy
        da[...] = products.sum() if len(a) == 1 else channel_sums(long_rows(products), len(a))
    if dx is not None:
        _slopes(x, a[0] if len(a) == 1 else a, dx)
        dx *= dy
    return da, dx


class PReLU(Layer):
    """Parametric ReLU: x where x > 0, else a · x, with a learned slope a; `prelu_forward` and `prelu_backward`.

    Args:
        num_parameters: 1 for one slope, or the number of channels, x's last dimension, for one each.
        init: Where the slopes begin.
        dtype: Of the slopes.
    """

    operations_per_value = (2, 4)

    def __init__(self, num_parameters: int = 1, init: float = 0.25, *, dtype: Any = np.float32) -> None:
        self.num_parameters, self.init = num_parameters, init
        super().__init__(params={"a": ((num_parameters,), constant(init))}, dtype=dtype)

    def forward(self, x: np.ndarray, train: bool = False) -> np.ndarray:
        """y = x where x > 0, else a · x."""
        self.saved = x = as_floats("PReLU", x, self.dtype)
        return prelu_forward(x, self.params["a"], out=self.buffer("y", x.shape, x.dtype))

    def backward(self, dy: np.ndarray, need_dx: bool = True) -> Any:
        """∂L/∂x; fills the gradient of a."""
        out = self.grads["a"], self.buffer("dx", dy.shape, dy.dtype)
        return prelu_backward(dy, self.params["a"], self.saved, out=out)[1]


def _slopes(x: np.ndarray, negative_slope: float | np.ndarray, out: np.ndarray) -> np.ndarray:
    """1 where x > 0, else the negative slope: by arithmetic, many times faster than a mask of random signs.

    A small slope s comes from 1 = (1 − s) + s, a large one from s = (s − 1) + 1: neither loses digits.
    """
    if np.max(np.abs(negative_slope)) <= 1:
        slopes = np.greater(x, 0, out=out)
        slopes *= 1 - negative_slope
        slopes += negative_slope
    else:
        slopes = np.less_equal(x, 0, out=out)
        slopes *= negative_slope - 1
        slopes += 1
    return slopes
