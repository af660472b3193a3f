"""Group norm: groups of a sample's channels shifted and scaled by the mean and variance of their own values."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from nural.checks import as_floats, float_arrays, outputs, require_gradient, require_int, require_shape
from nural.initializers import scale_and_shift
from nural.layer import Layer
from nural.scratch import Scratch, new_array


def group_norm_forward(
    x: ArrayLike,
    num_groups: int,
    gamma: ArrayLike | None = None,
    beta: ArrayLike | None = None,
    eps: float = 1e-5,
    out: tuple[np.ndarray, ...] | None = None,
) -> tuple[np.ndarray, ...]:
    """Group norm: y = γ x̂ + β, x̂ = (x − μ) r, r = 1 / √(σ² + ε), for each sample and each group of channels.

    μ = mean x and σ² = mean (x − μ)² are taken over the positions and the C / G neighbouring channels of a group.

    Args:
        x: Input, ``(N, …, C)``.
        num_groups: G, which divides C: 1 normalises all channels together, C each by itself.
        gamma: γ, ``(C,)``, or None for ones.
        beta: β, ``(C,)``, or None for zeros.
        eps: ε, in squared units of x.
        out: ``(y, mean, inverse_std)`` to write to, contiguous.

    Returns:
        ``(y, mean, inverse_std)``: of x's shape, ``(N, G)`` and ``(N, G)``. The backward pass takes μ and r.

    Raises:
        TypeError: x holds no numbers.
        ValueError: x holds no sample or has no channels, G does not divide C, or γ or β is not of shape ``(C,)``.

    Source: Wu and He 2018, Group Normalization, section 3.1.
    """
    name = "group_norm_forward"
    x, gamma, beta = float_arrays(name, x, gamma, beta)
    num_groups = require_int(name, "num_groups", num_groups)
    if x.ndim < 2 or x.shape[-1] % num_groups:
        raise ValueError(f"{name}: x must be (N, …, C) with {num_groups} groups of equal size in C, got {x.shape}")
    channels = x.shape[-1]
    require_shape(name, "gamma", gamma, (channels,))
    require_shape(name, "beta", beta, (channels,))
    y, mean, inverse_std = outputs(name, out, (x.shape, *[(len(x), num_groups)] * 2), x.dtype)
    centered = _grouped(y, num_groups)
    mean[...] = _grouped(x, num_groups).mean(axis=(1, 3), dtype=np.float64)  # in float32 sums over images lose digits
    np.subtract(_grouped(x, num_groups), _spread(mean), out=centered)
    inverse_std[...] = np.einsum("npgc,npgc->ng", centered, centered, dtype=np.float64)
    inverse_std /= x[0].size // num_groups
    inverse_std += eps
    np.reciprocal(np.sqrt(inverse_std, out=inverse_std), out=inverse_std)
    centered *= _spread(inverse_std)
    if gamma is not None:
        y *= gamma
    if beta is not None:
        y += beta
    return y, mean, inverse_std


def group_norm_backward(
    dy: ArrayLike,
    gamma: ArrayLike | None,
    x: ArrayLike,
    mean: ArrayLike,
    inverse_std: ArrayLike,
    out: tuple[np.ndarray | None, ...] | None = None,
    scratch: Scratch = new_array,
) -> tuple[Any, Any, Any]:
    """Gradient of `group_norm_forward`, with g = γ dy.

    ∂L/∂γ = Σ dy x̂ and ∂L/∂β = Σ dy over samples and positions; ∂L/∂x = r (g − mean g − x̂ mean (g x̂)), with means over
    a group's own values. The last two terms are there because μ and σ² depend on x.

    Args:
        dy: ∂L/∂y, ``(N, …, C)``.
        gamma: γ, ``(C,)``, or None for ones.
        x: The input of the forward pass.
        mean: μ, ``(N, G)``, which the forward pass returned.
        inverse_std: r, ``(N, G)``, which it returned.
        out: ``(dgamma, dbeta, dx)`` to write to, contiguous; a None among them is not wanted.
        scratch: Gives arrays to work in, of x's size.

    Returns:
        ``(dgamma, dbeta, dx)``: of the shapes ``(C,)``, ``(C,)`` and x's.

    Source: Wu and He 2018, Group Normalization, section 3.1, by the chain rule.
    """
    name = "group_norm_backward"
    dy, gamma, x, mean, inverse_std = float_arrays(name, dy, gamma, x, mean, inverse_std)
    require_gradient(name, dy, x.shape)
    channels, groups = x.shape[-1], mean.shape[-1]
    if mean.ndim != 2 or channels % groups:
        raise ValueError(f"{name}: mean of shape {mean.shape} is not (N, G) with G groups of equal size in {channels}")
    require_shape(name, "gamma", gamma, (channels,))
    require_shape(name, "mean", mean, (len(x), groups))
    require_shape(name, "inverse_std", inverse_std, mean.shape)
    dgamma, dbeta, dx = outputs(name, out, ((channels,), (channels,), x.shape), x.dtype)
    normalized = _grouped(scratch("normalized", x.shape, x.dtype) if dx is None else dx, groups)
    np.subtract(_grouped(x, groups), _spread(mean), out=normalized)
    normalized *= _spread(inverse_std)
    positions = len(x), -1, channels
    sums = dy.reshape(positions).sum(axis=1, dtype=np.float64)
    products = np.einsum("npc,npc->nc", dy.reshape(positions), normalized.reshape(positions), dtype=np.float64)
    if dgamma is not None:
        dgamma[...] = products.sum(axis=0)
    if dbeta is not None:
        dbeta[...] = sums.sum(axis=0)
    if dx is not None:
        weights = np.ones(channels, x.dtype) if gamma is None else gamma
        size = x[0].size // groups
        means = ((weights * each).reshape(len(x), groups, -1).sum(axis=2) / size for each in (sums, products))
        mean_g, mean_gx = (each.astype(x.dtype) for each in means)
        normalized *= _spread(mean_gx)
        g = _grouped(np.multiply(dy, weights, out=scratch("g", x.shape, x.dtype)), groups)
        g -= _spread(mean_g)
        np.subtract(g, normalized, out=normalized)
        normalized *= _spread(inverse_std)
    return dgamma, dbeta, dx


class GroupNorm(Layer):
    """Group norm, with `group_norm_forward` and `group_norm_backward`; the same in evaluation.

    Args:
        num_groups: How many groups the channels are divided into.
        num_channels: Size of the input's last dimension, a multiple of it.
        eps: ε, added to the variance.
        affine: Whether there are γ and β, one for each channel.
        bias: Whether there is a β beside γ.
        dtype: Of the parameters.

    Source: Wu and He 2018, Group Normalization.
    """

    operations_per_value = (7, 14)

    def __init__(
        self,
        num_groups: int,
        num_channels: int,
        eps: float = 1e-5,
        affine: bool = True,
        bias: bool = True,
        *,
        dtype: Any = np.float32,
    ) -> None:
        self.num_groups = require_int("GroupNorm", "num_groups", num_groups)
        self.num_channels = require_int("GroupNorm", "num_channels", num_channels)
        if self.num_channels % self.num_groups:
            raise ValueError(f"GroupNorm: {num_channels} channels cannot be divided into {num_groups} equal groups")
        self.eps, self.affine, self.bias = eps, bool(affine), bool(bias)
        params = scale_and_shift((self.num_channels,), self.affine, self.affine and self.bias)
        super().__init__(params=params, dtype=dtype)

    def forward(self, x: np.ndarray, train: bool = False) -> np.ndarray:
        """y = γ x̂ + β."""
        x = as_floats("GroupNorm", x, self.dtype)
        if x.ndim < 2 or x.shape[-1] != self.num_channels:
            raise ValueError(f"GroupNorm takes (N, …, {self.num_channels}); got shape {x.shape}")
        dtype, statistics = np.result_type(x, self.dtype), (len(x), self.num_groups)
        y, mean = self.buffer("y", x.shape, dtype), self.buffer("mean", statistics, dtype)
        inverse_std = self.buffer("inverse_std", statistics, dtype)
        self.saved = x, mean, inverse_std
        gamma, beta = self.params.get("gamma"), self.params.get("beta")
        return group_norm_forward(x, self.num_groups, gamma, beta, self.eps, out=(y, mean, inverse_std))[0]

    def backward(self, dy: np.ndarray, need_dx: bool = True) -> Any:
        """∂L/∂x; fills the gradients of γ and β."""
        x, mean, inverse_std = self.saved
        dx = self.buffer("dx", x.shape, np.result_type(dy, self.dtype)) if need_dx else None
        out = self.grads.get("gamma"), self.grads.get("beta"), dx
        return group_norm_backward(dy, self.params.get("gamma"), x, mean, inverse_std, out, self.buffer)[2]


def _grouped(a: np.ndarray, groups: int) -> np.ndarray:
    """``(N, …, C)`` as ``(N, positions, G, C / G)``: a view if it is contiguous."""
    return a.reshape(len(a), -1, groups, a.shape[-1] // groups)


def _spread(values: np.ndarray) -> np.ndarray:
    """One value for each sample and group, ``(N, G)``, beside `_grouped`."""
    return values[:, np.newaxis, :, np.newaxis]
