"""The fully connected layer, the one that flattens images for it, and that one's inverse."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from nural.checks import (
    as_floats,
    float_arrays,
    outputs,
    require_gradient,
    require_int,
    require_only,
    require_out,
    require_samples,
)
from nural.initializers import Initializer, he_normal, weight_and_bias
from nural.layer import Layer
from nural.layers.rows import column_sums


def fc_forward(x: ArrayLike, W: ArrayLike, b: ArrayLike | None = None, out: np.ndarray | None = None) -> np.ndarray:
    """Fully connected: y = x W + b.

    Args:
        x: Input, ``(..., in)``; usually ``(N, in)``.
        W: Weights, ``(in, out)``.
        b: Biases, ``(out,)``, or None for none.
        out: Where to write y.

    Returns:
        y, ``(..., out)``.

    Raises:
        TypeError: x holds no numbers.
        ValueError: x holds no sample, or its last dimension is not W's first.

    Source: Goodfellow et al. 2016, Deep Learning, section 6.1.
    """
    x, W, b = float_arrays("fc_forward", x, W, b)
    if x.ndim == 0 or W.ndim != 2:
        raise ValueError(f"fc_forward: takes x (…, in) and W (in, out), got shapes {x.shape} and {W.shape}")
    if x.shape[-1] != W.shape[0]:
        raise ValueError(f"fc_forward: x has {x.shape[-1]} features, W of shape {W.shape} takes {W.shape[0]}")
    if out is not None:
        require_out("fc_forward", out, (*x.shape[:-1], W.shape[1]))
    y = np.matmul(x, W, out=out)
    if b is not None:
        y += b
    return y


def fc_backward(
    dy: ArrayLike, W: ArrayLike, x: ArrayLike, out: tuple[np.ndarray | None, ...] | None = None
) -> tuple[Any, Any, Any]:
    """Gradient of `fc_forward`: ∂L/∂W = xᵀ dy, ∂L/∂b = Σ_n dy_n, ∂L/∂x = dy Wᵀ.

    Args:
        dy: ∂L/∂y, ``(..., out)``.
        W: Weights, ``(in, out)``.
        x: The input of the forward pass, ``(..., in)``.
        out: ``(dW, db, dx)`` to write to; a None among them is not wanted and not computed.

    Returns:
        ``(dW, db, dx)``: ``(in, out)``, ``(out,)``, ``(..., in)``.

    Source: Goodfellow et al. 2016, Deep Learning, section 6.5.
    """
    dy, W, x = float_arrays("fc_backward", dy, W, x)
    require_gradient("fc_backward", dy, (*x.shape[:-1], W.shape[1]))
    shapes = W.shape, W.shape[1:], x.shape
    dW, db, dx = out = outputs("fc_backward", out, shapes, np.result_type(dy, W, x))
    rows = dy.reshape(-1, W.shape[1])
    if dW is not None:
        np.matmul(x.reshape(-1, W.shape[0]).T, rows, out=dW)
    if db is not None:
        column_sums(rows, out=db)
    if dx is not None:
        np.matmul(dy, W.T, out=dx)
    return dW, db, dx


class Linear(Layer):
    """A fully connected layer, y = x W + b, with `fc_forward` and `fc_backward`.

    Args:
        in_features: Size of the input's last dimension.
        out_features: Size of the output's last dimension.
        bias: Whether there is a b.
        initializer: Draws W, and b begins at zero; or "torch" or "keras", to begin as that framework's layer does.
        rng: Draws the weights now; see `Layer`.
        dtype: Of the weights.
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        *,
        initializer: Initializer | str = he_normal,
        rng: np.random.Generator | None = None,
        dtype: Any = np.float32,
    ) -> None:
        self.in_features = require_int("Linear", "in_features", in_features)
        self.out_features = require_int("Linear", "out_features", out_features)
        self.bias = bool(bias)
        params = weight_and_bias("Linear", "W", (self.in_features, self.out_features), self.bias, initializer)
        super().__init__(params=params, rng=rng, dtype=dtype)

    def forward(self, x: np.ndarray, train: bool = False) -> np.ndarray:
        """y = x W + b."""
        self.saved = x = as_floats("Linear", x, self.dtype)
        W = self.params["W"]
        dtype = W.dtype if x.dtype == W.dtype else np.result_type(x, W)
        out = self.buffer("y", (*x.shape[:-1], self.out_features), dtype)
        return fc_forward(x, W, self.params.get("b"), out=out)

    def backward(self, dy: np.ndarray, need_dx: bool = True) -> Any:
        """∂L/∂x = dy Wᵀ; fills the gradients of W and b."""
        x, W = self.saved, self.params["W"]
        dx = self.buffer("dx", x.shape, np.result_type(dy, W)) if need_dx else None
        return fc_backward(dy, W, x, out=(self.grads["W"], self.grads.get("b"), dx))[2]

    def operations(self, x_shape: tuple[int, ...], y_shape: tuple[int, ...], need_dx: bool = True) -> tuple[int, int]:
        """Those of x W; ∂L/∂W = xᵀ dy takes as many, and so does ∂L/∂x = dy Wᵀ if it is needed."""
        product = 2 * math.prod(y_shape[:-1]) * math.prod(self.shapes["W"])
        return product, product * (1 + need_dx)


class Flatten(Layer):
    """Each sample as one row: ``(N, …)`` to ``(N, product of the rest)``, a view; backward gives dy x's shape again.

    Args:
        start_dim: PyTorch's, only 1.
        end_dim: PyTorch's, only −1.
        channels_first: Whether the row of an image, ``(H, W, C)``, has one channel after the other, as PyTorch's
            channels-first images give it, instead of one pixel after the other. This copies them.

    Source: PyTorch's `nn.Flatten`; for a copy in another order the gradient is the copy back.
    """

    not_config = Layer.not_config | {"start_dim", "end_dim"}

    def __init__(self, start_dim: int = 1, end_dim: int = -1, *, channels_first: bool = False) -> None:
        require_only("Flatten", "start_dim", start_dim, 1)
        require_only("Flatten", "end_dim", end_dim, -1)
        self.channels_first = bool(channels_first)
        super().__init__()

    def forward(self, x: np.ndarray, train: bool = False) -> np.ndarray:
        """Reshape to ``(N, -1)``."""
        x = require_samples("Flatten", x, self.dtype)
        self.saved = x.shape
        if self.channels_first and x.ndim == 4:
            by_channel = x.transpose(0, 3, 1, 2)
            x = self.buffer("y", by_channel.shape, x.dtype)
            x[...] = by_channel
        return x.reshape(len(x), math.prod(x.shape[1:]))

    def backward(self, dy: np.ndarray, need_dx: bool = True) -> Any:
        """Reshape back."""
        require_gradient("Flatten", dy, (self.saved[0], math.prod(self.saved[1:])))
        if self.channels_first and len(self.saved) == 4:
            n, height, width, channels = self.saved
            dx = self.buffer("dx", self.saved, dy.dtype)
            dx[...] = dy.reshape(n, channels, height, width).transpose(0, 2, 3, 1)
            return dx
        return dy.reshape(self.saved)


class Unflatten(Layer):
    """Each row as an array: ``(N, product)`` to ``(N, *unflattened_size)``, a view; backward gives dy x's shape again.

    With it a network of images takes rows of pixels, as MNIST comes: ``Unflatten(1, (28, 28, 1))``.

    Args:
        dim: PyTorch's, only 1.
        unflattened_size: The shape of a sample; of an image ``(H, W, C)``, where PyTorch has ``(C, H, W)``.

    Source: PyTorch's `nn.Unflatten`.
    """

    def __init__(self, dim: int, unflattened_size: Sequence[int]) -> None:
        require_only("Unflatten", "dim", dim, 1)
        self.dim = 1
        if not isinstance(unflattened_size, Sequence) or not unflattened_size:
            raise ValueError(f"Unflatten: unflattened_size must be the shape of a sample, got {unflattened_size!r}")
        self.unflattened_size = tuple(require_int("Unflatten", "unflattened_size", size) for size in unflattened_size)
        super().__init__()

    def forward(self, x: np.ndarray, train: bool = False) -> np.ndarray:
        """Reshape to ``(N, *unflattened_size)``."""
        x = require_samples("Unflatten", x, self.dtype)
        size = math.prod(self.unflattened_size)
        if x.ndim != 2 or x.shape[1] != size:
            raise ValueError(f"Unflatten: x has shape {x.shape}; {self.unflattened_size} needs rows of {size} values")
        self.saved = x.shape
        return x.reshape(len(x), *self.unflattened_size)

    def backward(self, dy: np.ndarray, need_dx: bool = True) -> Any:
        """Reshape back."""
        require_gradient("Unflatten", dy, (self.saved[0], *self.unflattened_size))
        return dy.reshape(self.saved)
