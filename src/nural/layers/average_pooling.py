"""Average pooling: the mean of each channel under windows that slide."""

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from nural.blocks import image_blocks
from nural.checks import as_floats, require_gradient, require_out, require_samples
from nural.layers.pooling import Pooling, pooling_settings, pooling_windows
from nural.layers.windows import Windows, require_images
from nural.scratch import Scratch, new_array


def avg_pool2d_forward(
    x: ArrayLike,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
    out: np.ndarray | None = None,
    scratch: Scratch = new_array,
) -> np.ndarray:
    """Average pooling: y_rc = 1 / n_rc · Σ_ij x_{r·stride + i − top, c·stride + j − left}, each channel alone.

    n is the number of the window's positions that lie on the image or, as in PyTorch, on its padding.

    Args:
        x: Images, ``(N, H, W, C)``; outside them x is 0.
        kernel_size: Size of a window: a number, or a pair (down, across).
        stride: Pixels from one window to the next, likewise; kernel_size unless given.
        padding: Pixels of padding: a number, a pair (down, across), or ((top, bottom), (left, right)); at most half of
            kernel_size.
        ceil_mode: Whether windows may reach beyond the padding at the bottom and on the right, so that no pixel is left
            over. Positions there are not counted in n.
        count_include_pad: Whether n counts padding. Keras counts none.
        divisor_override: n for all windows.
        out: Where to write y.
        scratch: Gives y, if not ``out``.

    Returns:
        y, ``(N, oh, ow, C)``.

    Raises:
        TypeError: x holds no numbers.
        ValueError: x is not a batch of images, the window is larger than the padded image, or a setting makes no sense.

    Source: LeCun et al. 1998, Gradient-Based Learning Applied to Document Recognition, section II.A.
    """
    x = as_floats("avg_pool2d_forward", x)
    require_images("avg_pool2d_forward", x)
    windows = pooling_windows("avg_pool2d_forward", x.shape, kernel_size, stride, padding, 1, ceil_mode)
    shape = len(x), *windows.count, x.shape[3]
    y = scratch("y", shape, x.dtype) if out is None else out
    require_out("avg_pool2d_forward", y, shape)
    y[...] = 0
    if math.prod(windows.kernel) > math.prod(windows.count):  # fewer windows than positions in each: window by window
        for r, c in np.ndindex(windows.count):
            pixel_sums(x[:, windows.under(0, r), windows.under(1, c)], y[:, r, c], scratch)
    else:
        for _, (r, c), (h, w) in windows.all_positions():
            y[:, r, c] += x[:, h, w]
    y /= pooling_divisors("avg_pool2d_forward", windows, count_include_pad, divisor_override, y.dtype)
    return y


def avg_pool2d_backward(
    dy: ArrayLike,
    x_shape: tuple[int, ...],
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
    out: np.ndarray | None = None,
    scratch: Scratch = new_array,
) -> np.ndarray:
    """Gradient of `avg_pool2d_forward`: ∂L/∂x_hw = Σ dy_rc / n_rc over the windows that hold the pixel.

    Args:
        dy: ∂L/∂y, ``(N, oh, ow, C)``.
        x_shape: The shape of the forward pass's input, ``(N, H, W, C)``.
        kernel_size, stride, padding: As in the forward pass.
        ceil_mode, count_include_pad, divisor_override: As in the forward pass.
        out: Where to write dx.
        scratch: Gives dx, if not ``out``, and the array to work in.

    Returns:
        dx, ``(N, H, W, C)``.

    Source: LeCun et al. 1998, Gradient-Based Learning Applied to Document Recognition, section II.A.
    """
    dy = require_samples("avg_pool2d_backward", dy)
    windows = pooling_windows("avg_pool2d_backward", x_shape, kernel_size, stride, padding, 1, ceil_mode)
    divisors = pooling_divisors("avg_pool2d_backward", windows, count_include_pad, divisor_override, dy.dtype)
    require_gradient("avg_pool2d_backward", dy, (x_shape[0], *windows.count, x_shape[3]))
    dx = scratch("dx", x_shape, dy.dtype) if out is None else out
    require_out("avg_pool2d_backward", dx, tuple(x_shape))
    dx[...] = 0
    for images in image_blocks(len(dy), dy[0].nbytes):
        share = np.divide(dy[images], divisors, out=scratch("share", dy[images].shape, dy.dtype))
        for _, (r, c), (h, w) in windows.all_positions():
            dx[images, h, w] += share[:, r, c]
    return dx


def pixel_sums(x: np.ndarray, out: np.ndarray, scratch: Scratch) -> None:
    """Σ_hw x_hw of each image and channel, into ``out``, ``(N, C)``.

    Row by row first: the error of a sum grows with its number of terms, and H + W are far fewer than H · W.
    """
    n, height, _, channels = x.shape
    rows = scratch("row sums", (n * height * channels,), x.dtype).reshape(n, height, channels)
    np.sum(np.sum(x, axis=2, out=rows), axis=1, out=out)


class AvgPool2d(Pooling):
    """y = mean over a window, each pixel of which gets ∂L/∂y / n: `avg_pool2d_forward` and its backward as a layer.

    The arguments are explained there. ``(N, H, W, C)`` to ``(N, oh, ow, C)``.
    """

    pair = avg_pool2d_forward, avg_pool2d_backward

    def __init__(
        self,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: int | None = None,
    ) -> None:
        pooling_settings("AvgPool2d", kernel_size, stride, padding)
        _require_divisor("AvgPool2d", divisor_override)
        self.kernel_size, self.stride, self.padding = kernel_size, stride, padding
        self.ceil_mode, self.count_include_pad = bool(ceil_mode), bool(count_include_pad)
        self.divisor_override = divisor_override
        super().__init__()


def _require_divisor(name: str, divisor_override: int | None) -> None:
    if divisor_override == 0:
        raise ValueError(f"{name}: divisor_override must not be 0")


def pooling_divisors(
    name: str, windows: Windows, count_include_pad: bool, divisor_override: int | None, dtype: Any
) -> np.ndarray:
    """The n of each window, ``(oh, ow, 1)``."""
    if divisor_override is not None:
        _require_divisor(name, divisor_override)
        return np.full((1, 1, 1), divisor_override, dtype)
    counts = []
    for axis, (before, after) in enumerate(windows.sides):
        size = windows.size[axis]
        first = np.arange(windows.count[axis]) * windows.stride[axis] - before
        stop = np.minimum(first + windows.kernel[axis], size + after)
        counts.append(stop - first if count_include_pad else np.minimum(stop, size) - np.maximum(first, 0))
    return np.multiply.outer(counts[0], counts[1])[..., None].astype(dtype)
