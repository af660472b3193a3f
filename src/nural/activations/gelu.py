"""The Gaussian error linear unit, exact and by its approximation with tanh."""

import math

import numpy as np
from numpy.typing import ArrayLike

from nural.activations.activation import Activation
from nural.activations.erfcx import erfcx
from nural.blocks import in_blocks
from nural.checks import gradient_and_saved, require_samples


def gelu_forward(x: ArrayLike, approximate: str = "none", out: np.ndarray | None = None) -> np.ndarray:
    """Gaussian error linear unit: y = x Φ(x), where Φ is the normal distribution; of x's shape.

    Exactly, Φ(x) = ½ (1 + erf(x / √2)), computed as y = max(x, 0) − |x| Φ(−|x|), which loses no digits for x < 0.
    With ``approximate="tanh"``, Φ(x) ≈ ½ (1 + tanh u), u = √(2/π) (x + 0.044715 x³).

    Raises:
        ValueError: x holds no sample, or ``approximate`` is neither "none" nor "tanh".
        TypeError: x is neither of float32 nor of float64, and the result is to be exact.

    Source: Hendrycks and Gimpel 2016, Gaussian Error Linear Units, section 2.
    """
    x = require_samples("gelu_forward", x)
    _require_known(approximate)
    y = np.empty_like(x) if out is None else out
    for x_, y_ in in_blocks(x, y):
        if approximate == "tanh":
            _tanh_u(x_, out=y_)
            y_ += 1
            y_ *= 0.5
            y_ *= np.maximum(x_, -FAR)  # 0 · −∞ would be NaN
        else:
            z = _size(x_)
            np.maximum(x_, 0, out=y_)
            z *= _phi_below(z)[0]
            y_ -= z
    return y


def gelu_backward(dy: ArrayLike, approximate: str, x: ArrayLike, out: np.ndarray | None = None) -> np.ndarray:
    """Gradient of `gelu_forward`: ∂L/∂x = dy (Φ(x) + x φ(x)) with the normal density φ = Φ'. ``x`` is its input.

    With ``approximate="tanh"``, ∂L/∂x = dy (½ (1 + tanh u) + ½ x (1 − tanh² u) u'), u' = √(2/π) (1 + 3 · 0.044715 x²).
    ∂L/∂x is of dy's shape.
    """
    dy, x = gradient_and_saved("gelu_backward", dy, x)
    _require_known(approximate)
    dx = np.empty_like(dy) if out is None else out
    for dy_, x_, dx_ in in_blocks(dy, x, dx):
        if approximate == "tanh":
            x_ = np.clip(x_, -FAR, FAR)
            tanh = _tanh_u(x_, out=np.empty_like(x_))
            np.multiply(x_, x_, out=dx_)
            dx_ *= 3 * CUBIC
            dx_ += 1
            dx_ *= x_
            dx_ *= SLOPE
            dx_ *= 1 - tanh * tanh
            dx_ += tanh
            dx_ += 1
            dx_ *= 0.5
        else:
            z = _size(x_)
            Phi, phi = _phi_below(z)
            z *= phi
            Phi -= z  # the slope at −|x|; at |x| it is 1 less that
            np.greater(x_, 0, out=dx_)
            dx_ += (1 - 2 * dx_) * Phi
        dx_ *= dy_
    return dx


class GELU(Activation):
    """Gaussian error linear unit: x Φ(x), where Φ is the normal distribution; `gelu_forward` and `gelu_backward`.

    Args:
        approximate: "none", or "tanh" for the approximation with tanh.

    Raises:
        ValueError: ``approximate`` is neither.
    """

    operations_per_value = (5, 10)
    pair = gelu_forward, gelu_backward
    saves = "input"

    def __init__(self, approximate: str = "none") -> None:
        _require_known(approximate)
        self.approximate = approximate
        super().__init__()


SLOPE = math.sqrt(2 / math.pi)
CUBIC = 0.044715
FAR = 40.0  # here Φ is 0 or 1 in every digit; squares of larger numbers may overflow


def _size(x: np.ndarray) -> np.ndarray:
    """|x|, at most `FAR`."""
    z = np.abs(x)
    return np.minimum(z, FAR, out=z)


def _phi_below(z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """``(Φ(−z), φ(z))`` of the standard normal distribution for z ≥ 0."""
    Phi = erfcx(z * math.sqrt(0.5))
    decay = z * z
    decay *= -0.5
    np.exp(decay, out=decay)
    Phi *= decay
    Phi *= 0.5
    decay *= 1 / math.sqrt(2 * math.pi)
    return Phi, decay


def _tanh_u(x: np.ndarray, out: np.ndarray) -> np.ndarray:
    """tanh(√(2/π) (x + 0.044715 x³))."""
    with np.errstate(over="ignore"):  # the hyperbolic tangent of ±∞ is ±1, which is the limit
        np.multiply(x, x, out=out)
        out *= SLOPE * CUBIC
        out += SLOPE
        out *= x
    return np.tanh(out, out=out)


def _require_known(approximate: str) -> None:
    if approximate not in ("none", "tanh"):
        raise ValueError(f'GELU: approximate must be "none" or "tanh", got {approximate!r}')
