"""Pooling over windows that slide: the maximum of each channel, or its average."""

from functools import cached_property
from typing import Any

import numpy as np

from nural.layer import Layer
from nural.layers.windows import Windows, image_blocks, require_images, windows_over
from nural.scratch import Scratch, new_array


def max_pool2d_forward(
    x: np.ndarray,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    out: np.ndarray | None = None,
    scratch: Scratch = new_array,
) -> np.ndarray:
    """Max pooling: y_rc = max_ij x_{r·stride + i·dilation − top, c·stride + j·dilation − left}, each channel alone.

    NaN in a window makes its maximum NaN.

    Args:
        x: Images, ``(N, H, W, C)``; outside them x is −∞.
        kernel_size: Size of a window: a number, or a pair (down, across).
        stride: Pixels from one window to the next, likewise; kernel_size unless given.
        padding: Pixels around the image: a number, a pair (down, across), or ((top, bottom), (left, right)); at most
            half of kernel_size.
        dilation: Pixels from one position in a window to the next.
        ceil_mode: Whether windows may reach beyond the padding on the far side, so that no pixel is left over.
        out: Where to write y.
        scratch: Gives y, if not ``out``.

    Returns:
        y, ``(N, oh, ow, C)``; `windows_over` says how many windows there are.

    Raises:
        ValueError: x is no batch of images, the window is larger than the padded image, or a setting makes no sense.

    Source: Goodfellow et al. 2016, Deep Learning, section 9.3.
    """
    require_images("max_pool2d_forward", x)
    windows = _pooling_windows("max_pool2d_forward", x.shape, kernel_size, stride, padding, dilation, ceil_mode)
    y = scratch("y", (len(x), *windows.count, x.shape[3]), x.dtype) if out is None else out
    y[...] = -np.inf
    for _, (r, c), (h, w) in windows.all_taps():
        np.maximum(y[:, r, c], x[:, h, w], out=y[:, r, c])
    return y


def max_pool2d_backward(
    dy: np.ndarray,
    x: np.ndarray,
    y: np.ndarray,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    out: np.ndarray | None = None,
    scratch: Scratch = new_array,
) -> np.ndarray:
    """Gradient of `max_pool2d_forward`: dy_rc goes to the pixel that is the maximum of its window, 0 to the others.

    Of several the first one, row by row, gets it. A pixel adds up what it gets from all its windows.

    Args:
        dy: ∂L/∂y, ``(N, oh, ow, C)``.
        x: The input of the forward pass, ``(N, H, W, C)``.
        y: Its output.
        kernel_size: This and the other settings are those of the forward pass.
        stride: See there.
        padding: See there.
        dilation: See there.
        ceil_mode: See there.
        out: Where to write dx.
        scratch: Gives dx, if not ``out``, and the arrays to work in.

    Returns:
        dx, ``(N, H, W, C)``.

    Source: Goodfellow et al. 2016, Deep Learning, section 9.3.
    """
    windows = _pooling_windows("max_pool2d_backward", x.shape, kernel_size, stride, padding, dilation, ceil_mode)
    dx = scratch("dx", x.shape, dy.dtype) if out is None else out
    dx[...] = 0
    for images in image_blocks(len(dy), dy[0].nbytes):
        remaining = scratch("remaining", dy[images].shape, dy.dtype)  # what no pixel has got yet
        gets = scratch("gets", remaining.shape, dy.dtype)
        np.copyto(remaining, dy[images])
        for _, (r, c), (h, w) in windows.all_taps():
            np.equal(x[images, h, w], y[images, r, c], out=gets[:, r, c])
            gets[:, r, c] *= remaining[:, r, c]
            remaining[:, r, c] -= gets[:, r, c]
            dx[images, h, w] += gets[:, r, c]
    return dx


def avg_pool2d_forward(
    x: np.ndarray,
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

    n is the number of positions of the window that are on the image or, as PyTorch has it, on its padding.

    Args:
        x: Images, ``(N, H, W, C)``; outside them x is 0.
        kernel_size: Size of a window: a number, or a pair (down, across).
        stride: As in `max_pool2d_forward`, also for the two that follow.
        padding: See there.
        ceil_mode: See there; positions beyond the padding count for nothing.
        count_include_pad: Whether n counts padding. Keras counts none.
        divisor_override: n for all windows.
        out: Where to write y.
        scratch: Gives y, if not ``out``.

    Returns:
        y, ``(N, oh, ow, C)``.

    Raises:
        ValueError: x is no batch of images, the window is larger than the padded image, or a setting makes no sense.

    Source: LeCun et al. 1998, Gradient-Based Learning Applied to Document Recognition, section II.A.
    """
    require_images("avg_pool2d_forward", x)
    windows = _pooling_windows("avg_pool2d_forward", x.shape, kernel_size, stride, padding, 1, ceil_mode)
    y = scratch("y", (len(x), *windows.count, x.shape[3]), x.dtype) if out is None else out
    y[...] = 0
    for _, (r, c), (h, w) in windows.all_taps():
        y[:, r, c] += x[:, h, w]
    y /= _divisors("avg_pool2d_forward", windows, count_include_pad, divisor_override, y.dtype)
    return y


def avg_pool2d_backward(
    dy: np.ndarray,
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
        kernel_size: This and the other settings are those of the forward pass.
        stride: See there.
        padding: See there.
        ceil_mode: See there.
        count_include_pad: See there.
        divisor_override: See there.
        out: Where to write dx.
        scratch: Gives dx, if not ``out``, and the array to work in.

    Returns:
        dx, ``(N, H, W, C)``.

    Source: LeCun et al. 1998, Gradient-Based Learning Applied to Document Recognition, section II.A.
    """
    windows = _pooling_windows("avg_pool2d_backward", x_shape, kernel_size, stride, padding, 1, ceil_mode)
    divisors = _divisors("avg_pool2d_backward", windows, count_include_pad, divisor_override, dy.dtype)
    dx = scratch("dx", x_shape, dy.dtype) if out is None else out
    dx[...] = 0
    for images in image_blocks(len(dy), dy[0].nbytes):
        share = np.divide(dy[images], divisors, out=scratch("share", dy[images].shape, dy.dtype))
        for _, (r, c), (h, w) in windows.all_taps():
            dx[images, h, w] += share[:, r, c]
    return dx


class Pooling(Layer):
    """A layer without weights around one pooling pair, to which it passes its arguments."""

    pair: tuple[Any, Any]
    #: Whether backward takes the input and the output of the forward pass, or only the input's shape.
    saves_values = False

    @cached_property
    def arguments(self) -> tuple[Any, ...]:
        """The constructor's arguments, which the pair takes after its arrays."""
        return tuple(self.config().values())

    def forward(self, x: np.ndarray, train: bool = False) -> np.ndarray:
        """The pooled images."""
        y = self.pair[0](x, *self.arguments, scratch=self.buffer)
        self.saved = (x, y) if self.saves_values else (x.shape,)
        return y

    def backward(self, dy: np.ndarray, need_dx: bool = True) -> Any:
        """∂L/∂x."""
        return self.pair[1](dy, *self.saved, *self.arguments, scratch=self.buffer)


class MaxPool2d(Pooling):
    """`max_pool2d_forward` and `max_pool2d_backward` as a layer; see there for the arguments."""

    pair = max_pool2d_forward, max_pool2d_backward
    saves_values = True

    def __init__(
        self, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1, ceil_mode: bool = False
    ) -> None:
        self.kernel_size, self.stride, self.padding = kernel_size, stride, padding
        self.dilation, self.ceil_mode = dilation, ceil_mode
        super().__init__()


class AvgPool2d(Pooling):
    """`avg_pool2d_forward` and `avg_pool2d_backward` as a layer; see there for the arguments."""

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
        self.kernel_size, self.stride, self.padding = kernel_size, stride, padding
        self.ceil_mode, self.count_include_pad, self.divisor_override = ceil_mode, count_include_pad, divisor_override
        super().__init__()


def _pooling_windows(
    name: str,
    x_shape: tuple[int, ...],
    kernel_size: Any,
    stride: Any,
    padding: Any,
    dilation: Any,
    ceil_mode: bool,
) -> Windows:
    """The windows of a pooling: one after another unless ``stride`` is given, and no wider padding than half of one."""
    windows = windows_over(
        name, x_shape, kernel_size, kernel_size if stride is None else stride, padding, dilation, ceil_mode
    )
    for k, both in zip(windows.kernel, windows.sides, strict=True):
        if max(both) > k // 2:
            raise ValueError(f"{name}: padding can be at most half of the kernel size, {k} // 2; got {max(both)}")
    return windows


def _divisors(
    name: str, windows: Windows, count_include_pad: bool, divisor_override: int | None, dtype: Any
) -> np.ndarray:
    """The n of each window, ``(oh, ow, 1)``."""
    if divisor_override is not None:
        if divisor_override == 0:
            raise ValueError(f"{name}: divisor_override must not be 0")
        return np.full((1, 1, 1), divisor_override, dtype)
    counts = []
    for axis, (before, after) in enumerate(windows.sides):
        size = windows.size[axis]
        first = np.arange(windows.count[axis]) * windows.stride[axis] - before
        stop = np.minimum(first + windows.kernel[axis], size + after)
        counts.append(stop - first if count_include_pad else np.minimum(stop, size) - np.maximum(first, 0))
    return np.multiply.outer(counts[0], counts[1])[..., None].astype(dtype)
