"""Pooling to a size that is given: over a grid of bins, or over the whole image."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from nural.checks import (
    as_floats,
    float_arrays,
    require_gradient,
    require_only,
    require_out,
    require_samples,
    require_shape,
)
from nural.layers.average_pooling import pixel_sums
from nural.layers.pooling import Pooling
from nural.layers.windows import down_across, require_images
from nural.scratch import Scratch, new_array


def adaptive_avg_pool2d_forward(
    x: ArrayLike, output_size: Any, out: np.ndarray | None = None, scratch: Scratch = new_array
) -> np.ndarray:
    """Adaptive average pooling: y_rc = mean of x over bin rc of a grid of oh · ow bins, each channel alone.

    Bin r takes the rows from ⌊r H / oh⌋ up to, not including, ⌈(r + 1) H / oh⌉, and columns likewise; where oh does
    not divide H, neighbours share rows.

    Args:
        x: Images, ``(N, H, W, C)``.
        output_size: (oh, ow), or one number for both; None stands for the image's own size.
        out: Where to write y.
        scratch: Gives y, if not ``out``, and the array to work in.

    Returns:
        y, ``(N, oh, ow, C)``.

    Raises:
        TypeError: x holds no numbers.
        ValueError: x is not a batch of images, or output_size is not a size.

    Source: He et al. 2014, Spatial Pyramid Pooling in Deep Convolutional Networks, section 2.2, with PyTorch's bins.
    """
    x = as_floats("adaptive_avg_pool2d_forward", x)
    require_images("adaptive_avg_pool2d_forward", x)
    y = _output("adaptive_avg_pool2d_forward", x, output_size, out, scratch)
    for r, c, h, w in _bins(y.shape, x.shape):
        pixel_sums(x[:, h, w], y[:, r, c], scratch)
        y[:, r, c] /= (h.stop - h.start) * (w.stop - w.start)
    return y


def adaptive_avg_pool2d_backward(
    dy: ArrayLike,
    x_shape: tuple[int, ...],
    output_size: Any,
    out: np.ndarray | None = None,
    scratch: Scratch = new_array,
) -> np.ndarray:
    """Gradient of `adaptive_avg_pool2d_forward`: ∂L/∂x_hw = Σ dy_rc / pixels in bin rc, over the bins with this pixel.

    Args:
        dy: ∂L/∂y, ``(N, oh, ow, C)``.
        x_shape: The shape of the forward pass's input, ``(N, H, W, C)``.
        output_size: As in the forward pass; dy's shape has the same numbers.
        out: Where to write dx.
        scratch: Gives dx, if not ``out``, and the array to work in.

    Returns:
        dx, ``(N, H, W, C)``.
    """
    name = "adaptive_avg_pool2d_backward"
    dy = require_samples(name, dy)
    require_gradient(name, dy, _output_shape(name, x_shape, output_size))
    dx = scratch("dx", x_shape, dy.dtype) if out is None else out
    require_out(name, dx, tuple(x_shape))
    dx[...] = 0
    share = scratch("share", (len(dy), dy.shape[3]), dy.dtype)
    for r, c, h, w in _bins(dy.shape, x_shape):
        np.divide(dy[:, r, c], (h.stop - h.start) * (w.stop - w.start), out=share)
        dx[:, h, w] += share[:, None, None]
    return dx


def adaptive_max_pool2d_forward(
    x: ArrayLike, output_size: Any, out: np.ndarray | None = None, scratch: Scratch = new_array
) -> np.ndarray:
    """Adaptive max pooling: y_rc = max of x over bin rc; bins, arguments and result as `adaptive_avg_pool2d_forward`'s.

    Raises:
        TypeError: x holds no numbers.
        ValueError: x is not a batch of images, or output_size is not a size.

    Source: He et al. 2014, Spatial Pyramid Pooling in Deep Convolutional Networks, section 2.2, with PyTorch's bins.
    """
    x = as_floats("adaptive_max_pool2d_forward", x)
    require_images("adaptive_max_pool2d_forward", x)
    y = _output("adaptive_max_pool2d_forward", x, output_size, out, scratch)
    for r, c, h, w in _bins(y.shape, x.shape):
        np.max(x[:, h, w], axis=(1, 2), out=y[:, r, c])
    return y


def adaptive_max_pool2d_backward(
    dy: ArrayLike,
    x: ArrayLike,
    y: ArrayLike,
    output_size: Any,
    out: np.ndarray | None = None,
    scratch: Scratch = new_array,
) -> np.ndarray:
    """Gradient of `adaptive_max_pool2d_forward`: dy_rc goes to the first maximum of bin rc, row by row.

    Args:
        dy: ∂L/∂y, ``(N, oh, ow, C)``.
        x: The input of the forward pass, ``(N, H, W, C)``.
        y: Its output.
        output_size: As in the forward pass; y's shape has the same numbers.
        out: Where to write dx.
        scratch: Gives dx, if not ``out``, and the arrays to work in.

    Returns:
        dx, ``(N, H, W, C)``.
    """
    name = "adaptive_max_pool2d_backward"
    dy, x, y = float_arrays(name, dy, x, y)
    require_images(name, x)
    require_gradient(name, dy, _output_shape(name, x.shape, output_size))
    require_shape(name, "y", y, dy.shape)
    dx = scratch("dx", x.shape, dy.dtype) if out is None else out
    require_out(name, dx, x.shape)
    dx[...] = 0
    remaining = scratch("remaining", (len(dy), dy.shape[3]), dy.dtype)  # what no pixel of the bin has got yet
    gets = scratch("gets", remaining.shape, dy.dtype)
    for r, c, h, w in _bins(y.shape, x.shape):
        np.copyto(remaining, dy[:, r, c])
        for i in range(h.start, h.stop):
            for j in range(w.start, w.stop):
                np.equal(x[:, i, j], y[:, r, c], out=gets)
                gets *= remaining
                remaining -= gets
                dx[:, i, j] += gets
    return dx


def global_avg_pool2d_forward(x: ArrayLike, out: np.ndarray | None = None, scratch: Scratch = new_array) -> np.ndarray:
    """Global average pooling: y = Σ_hw x_hw / (H W), which leaves one number a channel.

    Args:
        x: Images, ``(N, H, W, C)``.
        out: Where to write y.
        scratch: Gives y, if not ``out``, and the array to work in.

    Returns:
        y, ``(N, C)``.

    Raises:
        TypeError: x holds no numbers.
        ValueError: x is not a batch of images.

    Source: Lin et al. 2014, Network In Network, section 3.2.
    """
    x = as_floats("global_avg_pool2d_forward", x)
    require_images("global_avg_pool2d_forward", x)
    shape = len(x), x.shape[3]
    y = scratch("y", shape, x.dtype) if out is None else out
    require_out("global_avg_pool2d_forward", y, shape)
    pixel_sums(x, y, scratch)
    y /= x.shape[1] * x.shape[2]
    return y


def global_avg_pool2d_backward(
    dy: ArrayLike, x_shape: tuple[int, ...], out: np.ndarray | None = None, scratch: Scratch = new_array
) -> np.ndarray:
    """Gradient of `global_avg_pool2d_forward`: ∂L/∂x_hw = dy / (H W) at every pixel.

    Args:
        dy: ∂L/∂y, ``(N, C)``.
        x_shape: The shape of the forward pass's input, ``(N, H, W, C)``.
        out: Where to write dx.
        scratch: Gives dx, if not ``out``.

    Returns:
        dx, ``(N, H, W, C)``.
    """
    dy = require_samples("global_avg_pool2d_backward", dy)
    require_gradient("global_avg_pool2d_backward", dy, (x_shape[0], x_shape[3]))
    dx = scratch("dx", x_shape, dy.dtype) if out is None else out
    require_out("global_avg_pool2d_backward", dx, tuple(x_shape))
    return np.multiply(dy[:, None, None], 1 / (x_shape[1] * x_shape[2]), out=dx)


class AdaptiveAvgPool2d(Pooling):
    """y = mean over a bin, each pixel of which gets ∂L/∂y / pixels: `adaptive_avg_pool2d_forward` and its backward.

    ``(N, H, W, C)`` to ``(N, oh, ow, C)``. The argument is explained there.
    """

    pair = adaptive_avg_pool2d_forward, adaptive_avg_pool2d_backward

    def __init__(self, output_size: Any) -> None:
        _output_shape("AdaptiveAvgPool2d", (1, 1, 1, 1), output_size)  # raises if it is not a size
        self.output_size = output_size
        super().__init__()


class AdaptiveMaxPool2d(Pooling):
    """y = max over a bin, and ∂L/∂y goes to that pixel: `adaptive_max_pool2d_forward` and its backward as a layer.

    ``(N, H, W, C)`` to ``(N, oh, ow, C)``. The argument is explained there; PyTorch's ``return_indices`` can only be
    False.
    """

    pair = adaptive_max_pool2d_forward, adaptive_max_pool2d_backward
    saves = "input and output"
    not_config = Pooling.not_config | {"return_indices"}

    def __init__(self, output_size: Any, return_indices: bool = False) -> None:
        require_only("AdaptiveMaxPool2d", "return_indices", return_indices, False)
        _output_shape("AdaptiveMaxPool2d", (1, 1, 1, 1), output_size)  # raises if it is not a size
        self.output_size = output_size
        super().__init__()


class GlobalAvgPool2d(Pooling):
    """y = mean over the image, each pixel of which gets ∂L/∂y / (H W): `global_avg_pool2d_forward` and its backward.

    ``(N, H, W, C)`` to ``(N, C)``.
    """

    pair = global_avg_pool2d_forward, global_avg_pool2d_backward


def bins(n: int, size: int) -> list[slice]:
    """The pixels of each of ``n`` bins along a side of ``size``: from ⌊i · size / n⌋ to ⌈(i + 1) · size / n⌉."""
    return [slice(i * size // n, -(-(i + 1) * size // n)) for i in range(n)]


def _output(name: str, x: np.ndarray, output_size: Any, out: np.ndarray | None, scratch: Scratch) -> np.ndarray:
    """The array to write y to."""
    shape = _output_shape(name, x.shape, output_size)
    y = scratch("y", shape, x.dtype) if out is None else out
    require_out(name, y, shape)
    return y


def _output_shape(name: str, x_shape: tuple[int, ...], output_size: Any) -> tuple[int, ...]:
    """``(N, oh, ow, C)``, where an oh or ow of None is x's own."""
    wanted = output_size if isinstance(output_size, (tuple, list)) else (output_size, output_size)
    if len(wanted) == 2:
        wanted = [size if given is None else given for given, size in zip(wanted, x_shape[1:3], strict=True)]
    return x_shape[0], *down_across(name, "output_size", wanted), x_shape[3]


def _bins(y_shape: tuple[int, ...], x_shape: tuple[int, ...]) -> Iterator[tuple[int, int, slice, slice]]:
    """Each bin: its row and column in y, its rows and columns in x."""
    down, across = (bins(n, size) for n, size in zip(y_shape[1:3], x_shape[1:3], strict=True))
    for r, h in enumerate(down):
        for c, w in enumerate(across):
            yield r, c, h, w
