"""Max pooling: the largest value of each channel under windows that slide."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from nural.blocks import image_blocks
from nural.checks import as_floats, float_arrays, require_gradient, require_only, require_out, require_shape
from nural.layer import Layer
from nural.layers.pooling import Pooling, pooling_settings, pooling_windows
from nural.layers.windows import Windows, require_images
from nural.scratch import Scratch, new_array


def max_pool2d_forward(
    x: ArrayLike,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    out: np.ndarray | None = None,
    scratch: Scratch = new_array,
) -> np.ndarray:
    """Max pooling: y_rc = max_ij x_{r·stride + i·dilation − top, c·stride + j·dilation − left}, each channel alone.

    It is the maximum across of the maxima down: kh + kw comparisons, not kh · kw, and those down are of whole rows.
    NaN in a window makes its maximum NaN.

    Args:
        x: Images, ``(N, H, W, C)``; outside them x is −∞.
        kernel_size: Size of a window: a number, or a pair (down, across).
        stride: Pixels from one window to the next, likewise; kernel_size unless given.
        padding: Pixels of padding: a number, a pair (down, across), or ((top, bottom), (left, right)); at most
            half of kernel_size.
        dilation: Pixels from one position in a window to the next.
        ceil_mode: Whether windows may reach beyond the padding at the bottom and on the right, so that no pixel is left
            over.
        out: Where to write y.
        scratch: Gives y, if not ``out``, and the array to work in.

    Returns:
        y, ``(N, oh, ow, C)``; `windows_over` says how many windows there are.

    Raises:
        TypeError: x holds no numbers.
        ValueError: x is not a batch of images, the window is larger than the padded image, or a setting makes no sense.

    Source: Goodfellow et al. 2016, Deep Learning, section 9.3.
    """
    x = as_floats("max_pool2d_forward", x)
    require_images("max_pool2d_forward", x)
    windows = pooling_windows("max_pool2d_forward", x.shape, kernel_size, stride, padding, dilation, ceil_mode)
    shape = len(x), *windows.count, x.shape[3]
    y = scratch("y", shape, x.dtype) if out is None else out
    require_out("max_pool2d_forward", y, shape)
    for images in image_blocks(len(x), x[0].nbytes):
        part = x[images]
        maxima_down = scratch("maxima down", (len(part), y.shape[1], *part.shape[2:]), x.dtype)
        _maxima(part, windows, 0, out=maxima_down)
        _maxima(maxima_down, windows, 1, out=y[images])
    return y


def _maxima(x: np.ndarray, windows: Windows, axis: int, out: np.ndarray) -> None:
    """The maxima of images, or of rows of windows, down (axis 0) or across (axis 1)."""
    before = (slice(None),) * (axis + 1)
    every = slice(0, windows.count[axis])
    positions = list(windows.along(axis, every))
    if positions and positions[0][1] == every:
        _, _, pixels = positions.pop(0)
        np.copyto(out, x[(*before, pixels)])
    else:
        out[...] = -np.inf
    for _, reading, pixels in positions:
        part = out[(*before, reading)]
        np.maximum(part, x[(*before, pixels)], out=part)


def max_pool2d_backward(
    dy: ArrayLike,
    x: ArrayLike,
    y: ArrayLike,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    out: np.ndarray | None = None,
    scratch: Scratch = new_array,
) -> np.ndarray:
    """Gradient of `max_pool2d_forward`: dy_rc goes to the pixel that is the maximum of its window, 0 to the others.

    If several are the maximum, the first one, row by row, gets it. A pixel adds up what it gets from all its windows.

    Args:
        dy: ∂L/∂y, ``(N, oh, ow, C)``.
        x: The input of the forward pass, ``(N, H, W, C)``.
        y: Its output.
        kernel_size, stride, padding, dilation, ceil_mode: As in the forward pass.
        out: Where to write dx.
        scratch: Gives dx, if not ``out``, and the arrays to work in.

    Returns:
        dx, ``(N, H, W, C)``.

    Source: Goodfellow et al. 2016, Deep Learning, section 9.3.
    """
    dy, x, y = float_arrays("max_pool2d_backward", dy, x, y)
    require_images("max_pool2d_backward", x)
    windows = pooling_windows("max_pool2d_backward", x.shape, kernel_size, stride, padding, dilation, ceil_mode)
    require_gradient("max_pool2d_backward", dy, (len(x), *windows.count, x.shape[3]))
    require_shape("max_pool2d_backward", "y", y, dy.shape)
    dx = scratch("dx", x.shape, dy.dtype) if out is None else out
    require_out("max_pool2d_backward", dx, x.shape)
    alone, positions = windows.tile(), list(windows.all_positions())
    if not positions:  # the windows see padding alone
        dx[...] = 0
        return dx
    *positions, last = positions
    for images in image_blocks(len(dy), x[0].nbytes):
        remaining, gets = (scratch(name, dy[images].shape, dy.dtype) for name in ("remaining", "gets"))
        np.copyto(remaining, dy[images])  # what no pixel has got yet
        if not alone:
            dx[images] = 0
        for _, (r, c), (h, w) in positions:
            part = np.equal(x[images, h, w], y[images, r, c], out=gets[:, r, c])
            part *= remaining[:, r, c]
            remaining[:, r, c] -= part
            if alone:
                dx[images, h, w] = part
            else:
                dx[images, h, w] += part
        _, (r, c), (h, w) = last  # no other can be the maximum of the windows that still have something
        if alone:
            dx[images, h, w] = remaining[:, r, c]
        else:
            dx[images, h, w] += remaining[:, r, c]
    return dx


class MaxPool2d(Pooling):
    """y = max over a window, and ∂L/∂y goes to that pixel: `max_pool2d_forward` and `max_pool2d_backward` as a layer.

    The arguments are explained there; PyTorch's ``return_indices`` can only be False. ``(N, H, W, C)`` to
    ``(N, oh, ow, C)``.
    """

    pair = max_pool2d_forward, max_pool2d_backward
    saves = "input and output"
    not_config = Layer.not_config | {"return_indices"}

    def __init__(
        self,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        dilation: Any = 1,
        return_indices: bool = False,
        ceil_mode: bool = False,
    ) -> None:
        require_only("MaxPool2d", "return_indices", return_indices, False)
        pooling_settings("MaxPool2d", kernel_size, stride, padding, dilation)
        self.kernel_size, self.stride, self.padding = kernel_size, stride, padding
        self.dilation, self.ceil_mode = dilation, bool(ceil_mode)
        super().__init__()
