"""Batch norm: each channel shifted and scaled by its mean and variance over the batch, or by their running averages."""

from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from nural.checks import as_floats, float_arrays, outputs, require_gradient, require_int, require_out, require_shape
from nural.initializers import scale_and_shift
from nural.layer import Layer
from nural.layers.rows import channel_sums, long_rows, repeated


def batch_norm_forward(
    x: ArrayLike,
    gamma: ArrayLike | None = None,
    beta: ArrayLike | None = None,
    eps: float = 1e-5,
    out: tuple[np.ndarray, ...] | None = None,
) -> tuple[np.ndarray, ...]:
    """Batch norm in training: y = γ x̂ + β, x̂ = (x − μ) / √(σ² + ε), for each channel.

    μ = mean x and σ² = mean (x − μ)² are taken over all dimensions but the last.

    Args:
        x: Input, ``(…, C)``: C channels.
        gamma: γ, ``(C,)``, or None for ones.
        beta: β, ``(C,)``, or None for zeros.
        eps: ε, in squared units of x.
        out: ``(y, mean, variance)`` to write to, y contiguous.

    Returns:
        ``(y, mean, variance)``: of x's shape, ``(C,)``, ``(C,)``. The backward pass takes the last two.

    Raises:
        TypeError: x holds no numbers.
        ValueError: x holds no sample, or one value per channel, which has no variance; or γ or β is not ``(C,)``.

    Source: Ioffe and Szegedy 2015, Batch Normalization, algorithm 1.
    """
    x, gamma, beta = float_arrays("batch_norm_forward", x, gamma, beta)
    _require_channels("batch_norm_forward", x, gamma=gamma, beta=beta)
    n = x.size // x.shape[-1]
    if n == 1:
        raise ValueError(f"batch_norm_forward: x of shape {x.shape} has one value per channel; training needs more")
    y, mean, variance = outputs("batch_norm_forward", out, (x.shape, x.shape[-1:], x.shape[-1:]), x.dtype)
    rows, centered = long_rows(x), long_rows(y)
    np.divide(channel_sums(rows, len(mean)), n, out=mean)
    np.subtract(rows, repeated(mean, rows), out=centered)
    np.divide(channel_sums(centered, len(mean), centered), n, out=variance)
    centered *= repeated(_scale(gamma, variance, eps), rows)
    if beta is not None:
        centered += repeated(beta, rows)
    return y, mean, variance


def batch_norm_backward(
    dy: ArrayLike,
    gamma: ArrayLike | None,
    x: ArrayLike,
    mean: ArrayLike,
    variance: ArrayLike,
    eps: float = 1e-5,
    out: tuple[np.ndarray | None, ...] | None = None,
) -> tuple[Any, Any, Any]:
    """Gradient of `batch_norm_forward`; sums are over the n values of a channel.

    ∂L/∂γ = Σ dy x̂, ∂L/∂β = Σ dy, ∂L/∂x = γ / √(σ² + ε) · (dy − Σ dy / n − x̂ Σ dy x̂ / n). The last two terms are there
    because μ and σ² depend on x: a common shift of a channel changes nothing, and nor does a common factor.

    Args:
        dy: ∂L/∂y, ``(…, C)``.
        gamma: γ, ``(C,)``, or None for ones.
        x: The input of the forward pass.
        mean: μ, which the forward pass returned.
        variance: σ², which it returned.
        eps: ε.
        out: ``(dgamma, dbeta, dx)`` to write to, dx contiguous; a None among them is not wanted.

    Returns:
        ``(dgamma, dbeta, dx)``: ``(C,)``, ``(C,)``, ``(…, C)``.

    Source: Ioffe and Szegedy 2015, Batch Normalization, section 3.
    """
    dy, gamma, x, mean, variance = float_arrays("batch_norm_backward", dy, gamma, x, mean, variance)
    require_gradient("batch_norm_backward", dy, x.shape)
    _require_channels("batch_norm_backward", x, gamma=gamma, mean=mean, variance=variance)
    n = x.size // x.shape[-1]
    dgamma, dbeta, dx = outputs("batch_norm_backward", out, (x.shape[-1:], x.shape[-1:], x.shape), x.dtype)
    rows, dy_rows = long_rows(x), long_rows(dy)
    centered = np.subtract(rows, repeated(mean, rows), out=None if dx is None else long_rows(dx))
    inverse_std = _scale(None, variance, eps)
    sum_dy = channel_sums(dy_rows, len(mean))
    sum_dy_normalized = channel_sums(dy_rows, len(mean), centered) * inverse_std
    if dgamma is not None:
        dgamma[...] = sum_dy_normalized
    if dbeta is not None:
        dbeta[...] = sum_dy
    if dx is not None:
        centered *= repeated(-sum_dy_normalized * inverse_std / n, rows)
        centered += dy_rows
        centered -= repeated(sum_dy / n, rows)
        centered *= repeated(_scale(gamma, variance, eps), rows)
    return dgamma, dbeta, dx


def batch_norm_eval_forward(
    x: ArrayLike,
    mean: ArrayLike,
    variance: ArrayLike,
    gamma: ArrayLike | None = None,
    beta: ArrayLike | None = None,
    eps: float = 1e-5,
    out: np.ndarray | None = None,
) -> np.ndarray:
    """Batch norm in evaluation: y = γ (x − μ) / √(σ² + ε) + β with given μ and σ², so no sample changes another's y.

    It is one multiplication and one addition a value: y = s x + (β − s μ), s = γ / √(σ² + ε).

    Args:
        x: Input, ``(…, C)``.
        mean: μ, ``(C,)``, in general a running average.
        variance: σ², ``(C,)``, likewise.
        gamma: γ, ``(C,)``, or None for ones.
        beta: β, ``(C,)``, or None for zeros.
        eps: ε, in squared units of x.
        out: Where to write y, contiguous.

    Returns:
        y, of x's shape.

    Raises:
        TypeError: x holds no numbers.
        ValueError: x holds no sample, or one of the others is not ``(C,)``.

    Source: Ioffe and Szegedy 2015, Batch Normalization, algorithm 2.
    """
    name = "batch_norm_eval_forward"
    x, mean, variance, gamma, beta = float_arrays(name, x, mean, variance, gamma, beta)
    _require_channels(name, x, mean=mean, variance=variance, gamma=gamma, beta=beta)
    require_out(name, out, x.shape)
    y = np.empty(x.shape, x.dtype) if out is None else out
    scale = _scale(gamma, variance, eps)
    shift = -scale * mean if beta is None else beta - scale * mean
    rows = long_rows(x)
    scaled = np.multiply(rows, repeated(scale, rows), out=long_rows(y))
    scaled += repeated(shift, rows)
    return y


def batch_norm_eval_backward(
    dy: ArrayLike,
    gamma: ArrayLike | None,
    x: ArrayLike,
    mean: ArrayLike,
    variance: ArrayLike,
    eps: float = 1e-5,
    out: tuple[np.ndarray | None, ...] | None = None,
) -> tuple[Any, Any, Any]:
    """Gradient of `batch_norm_eval_forward`, whose μ and σ² are constants.

    ∂L/∂γ = Σ dy (x − μ) / √(σ² + ε), ∂L/∂β = Σ dy, ∂L/∂x = γ / √(σ² + ε) · dy. Arguments and results are those of
    `batch_norm_backward`.

    Source: Ioffe and Szegedy 2015, Batch Normalization, algorithm 2.
    """
    dy, gamma, x, mean, variance = float_arrays("batch_norm_eval_backward", dy, gamma, x, mean, variance)
    require_gradient("batch_norm_eval_backward", dy, x.shape)
    _require_channels("batch_norm_eval_backward", x, gamma=gamma, mean=mean, variance=variance)
    dgamma, dbeta, dx = outputs("batch_norm_eval_backward", out, (x.shape[-1:], x.shape[-1:], x.shape), x.dtype)
    rows, dy_rows = long_rows(x), long_rows(dy)
    dx_rows = None if dx is None else long_rows(dx)
    if dgamma is not None:
        centered = np.subtract(rows, repeated(mean, rows), out=dx_rows)
        np.multiply(channel_sums(dy_rows, len(mean), centered), _scale(None, variance, eps), out=dgamma)
    if dbeta is not None:
        dbeta[...] = channel_sums(dy_rows, len(mean))
    if dx_rows is not None:
        np.multiply(dy_rows, repeated(_scale(gamma, variance, eps), rows), out=dx_rows)
    return dgamma, dbeta, dx


class BatchNorm(Layer):
    """What `BatchNorm1d` and `BatchNorm2d` share: batch statistics in training, running ones in evaluation.

    After each forward pass in training, running ← (1 − momentum) · running + momentum · batch. Where a batch is divided
    over workers or ranks, each normalises its share by the share's own statistics; the running ones are the mean over
    the shares, weighted by their rows (see `nural.parallel.replicas`).

    State: ``running_mean`` and ``running_var``, ``(C,)``; with ``momentum=None`` the count ``num_batches_tracked``.
    """

    operations_per_value = (6, 8)
    #: The shapes of input that the layer takes, by number of dimensions.
    layouts: ClassVar[dict[int, str]]

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        *,
        bias: bool = True,
        correction: int = 1,
        dtype: Any = np.float32,
    ) -> None:
        num_features = require_int(type(self).__name__, "num_features", num_features)
        affine, bias = bool(affine), bool(bias)
        self.num_features, self.eps, self.momentum = num_features, eps, momentum
        self.affine, self.track_running_stats = affine, bool(track_running_stats)
        self.bias, self.correction = bias, correction
        state = {}
        if track_running_stats:
            state = {"running_mean": np.zeros(num_features), "running_var": np.ones(num_features)}
            if momentum is None:
                state["num_batches_tracked"] = np.zeros(1)
        super().__init__(params=scale_and_shift((num_features,), affine, affine and bias), state=state, dtype=dtype)

    def forward(self, x: np.ndarray, train: bool = False) -> np.ndarray:
        """y = γ x̂ + β; in training the running statistics take in the batch's."""
        x = as_floats(type(self).__name__, x, self.dtype)
        if x.ndim not in self.layouts or x.shape[-1] != self.num_features:
            expected = " or ".join(self.layouts.values())
            raise ValueError(f"{self!r} takes {expected} with C = {self.num_features}; got shape {x.shape}")
        gamma, beta = self.params.get("gamma"), self.params.get("beta")
        dtype = np.result_type(x, self.dtype)
        y = self.buffer("y", x.shape, dtype)
        if train or not self.track_running_stats:
            mean, variance = self.buffer("statistics", (2, self.num_features), dtype)
            batch_norm_forward(x, gamma, beta, self.eps, out=(y, mean, variance))
            if train and self.track_running_stats:
                self._track(mean, variance, x.size // self.num_features)
            self.saved = batch_norm_backward, x, mean, variance
        else:
            mean, variance = self.state["running_mean"], self.state["running_var"]
            batch_norm_eval_forward(x, mean, variance, gamma, beta, self.eps, out=y)
            self.saved = batch_norm_eval_backward, x, mean, variance
        return y

    def backward(self, dy: np.ndarray, need_dx: bool = True) -> Any:
        """∂L/∂x; fills the gradients of γ and β."""
        pair_backward, x, mean, variance = self.saved
        dx = self.buffer("dx", x.shape, np.result_type(dy, self.dtype))  # wanted or not, x − μ is computed in it
        out = self.grads.get("gamma"), self.grads.get("beta"), dx
        pair_backward(dy, self.params.get("gamma"), x, mean, variance, self.eps, out=out)
        return dx if need_dx else None

    def _track(self, mean: np.ndarray, variance: np.ndarray, n: int) -> None:
        share = self.momentum
        if share is None:
            self.state["num_batches_tracked"] += 1
            share = 1 / float(self.state["num_batches_tracked"][0])
        for name, batch in (("running_mean", mean), ("running_var", variance * (n / (n - self.correction)))):
            running = self.state[name]
            running[...] = running * (1 - share) + share * batch  # at once, for those who read it meanwhile


class BatchNorm1d(BatchNorm):
    """Batch norm of feature vectors ``(N, C)`` or sequences ``(N, L, C)``, with `batch_norm_forward` in training.

    Args:
        num_features: C.
        eps: ε, added to the variance. Keras: 1e-3.
        momentum: The batch's share in the running statistics (Keras: 1 − its momentum, 0.01), or None for the plain
            average over all batches so far.
        affine: Whether there are γ and β.
        track_running_stats: Without them, evaluation uses the batch's own statistics too.
        bias: Whether there is a β beside γ.
        correction: The running variance divides by n − correction: 1 as in PyTorch, 0 as in Keras.
        dtype: Of parameters and state.

    Source: Ioffe and Szegedy 2015, Batch Normalization.
    """

    layouts: ClassVar = {2: "(N, C)", 3: "(N, L, C)"}


class BatchNorm2d(BatchNorm):
    """Batch norm of images ``(N, H, W, C)``, each channel over all pixels of the batch; arguments as `BatchNorm1d`'s.

    Source: Ioffe and Szegedy 2015, Batch Normalization, section 3.2.
    """

    layouts: ClassVar = {4: "(N, H, W, C)"}


def _require_channels(name: str, x: np.ndarray, **vectors: np.ndarray | None) -> None:
    """Raise ValueError, on behalf of ``name``, unless each of the ``vectors`` has a value for each channel of x."""
    for what, vector in vectors.items():
        require_shape(name, what, vector, x.shape[-1:])


def _scale(gamma: np.ndarray | None, variance: np.ndarray, eps: float) -> np.ndarray:
    """γ / √(σ² + ε)."""
    inverse_std = 1 / np.sqrt(variance + eps)
    return inverse_std if gamma is None else gamma * inverse_std
