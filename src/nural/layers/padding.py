"""Padding of images: with zeros, or with pixels of their own."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from nural.checks import as_floats, require_out
from nural.layers.windows import require_images, sides
from nural.scratch import Scratch, new_array

#: PyTorch's names.
PADDING_MODES = ("zeros", "reflect", "replicate", "circular")


def pad2d_forward(
    x: ArrayLike, padding: Any, mode: str = "zeros", out: np.ndarray | None = None, scratch: Scratch = new_array
) -> np.ndarray:
    """Pad images: y_ij = x_{r(i), c(j)}, where r and c say which row and column each one of y repeats.

    "zeros" puts 0 around the image, "reflect" mirrors it at its outermost pixels without repeating them, "replicate"
    repeats these, "circular" continues at the opposite side.

    Args:
        x: Images, ``(N, H, W, C)``.
        padding: Pixels on each side: a number, a pair (down, across) or ((top, bottom), (left, right)).
        mode: One of the four names above.
        out: Where to write y.
        scratch: Gives y, if not ``out``.

    Returns:
        y, ``(N, top + H + bottom, left + W + right, C)``.

    Raises:
        TypeError: x holds no numbers.
        ValueError: x is not a batch of images, there is no such mode, or the image is too small for it: "reflect" takes
            less than its height and width, "circular" at most these.

    Source: Goodfellow et al. 2016, Deep Learning, section 9.5; the modes are PyTorch's.
    """
    x = as_floats("pad2d_forward", x)
    require_images("pad2d_forward", x)
    (top, bottom), (left, right) = sides("pad2d_forward", padding)
    n, height, width, channels = x.shape
    padded = n, top + height + bottom, left + width + right, channels
    y = scratch("padded", padded, x.dtype) if out is None else out
    require_out("pad2d_forward", y, padded)
    if mode == "zeros":
        y[...] = 0
        y[:, top : top + height, left : left + width] = x
        return y
    rows = _repeated("pad2d_forward", mode, height, top, bottom)
    columns = _repeated("pad2d_forward", mode, width, left, right)
    for i, row in enumerate(rows):
        y[:, i, left : left + width] = x[:, row]
        for j in (*range(left), *range(left + width, len(columns))):
            y[:, i, j] = x[:, row, columns[j]]
    return y


def pad2d_backward(
    dy: ArrayLike, padding: Any, mode: str = "zeros", out: np.ndarray | None = None, scratch: Scratch = new_array
) -> np.ndarray:
    """Gradient of `pad2d_forward`: ∂L/∂x_hw = Σ dy_ij over all i, j that repeat this pixel, r(i) = h and c(j) = w.

    Args:
        dy: ∂L/∂y, ``(N, top + H + bottom, left + W + right, C)``.
        padding: As in the forward pass.
        mode: As in the forward pass.
        out: Where to write dx.
        scratch: Gives dx, if not ``out``.

    Returns:
        dx, ``(N, H, W, C)``.

    Raises:
        ValueError: dy is not a batch of images larger than their padding.
    """
    dy = as_floats("pad2d_backward", dy)
    require_images("pad2d_backward", dy)
    (top, bottom), (left, right) = sides("pad2d_backward", padding)
    height, width = dy.shape[1] - top - bottom, dy.shape[2] - left - right
    if min(height, width) < 1:
        raise ValueError(f"pad2d_backward: nothing of dy, of shape {dy.shape}, is left within its padding {padding}")
    shape = len(dy), height, width, dy.shape[3]
    dx = scratch("unpadded", shape, dy.dtype) if out is None else out
    require_out("pad2d_backward", dx, shape)
    if mode == "zeros":
        dx[...] = dy[:, top : top + height, left : left + width]
        return dx
    dx[...] = 0
    rows = _repeated("pad2d_backward", mode, height, top, bottom)
    columns = _repeated("pad2d_backward", mode, width, left, right)
    for i, row in enumerate(rows):
        dx[:, row] += dy[:, i, left : left + width]
        for j in (*range(left), *range(left + width, len(columns))):
            dx[:, row, columns[j]] += dy[:, i, j]
    return dx


def _repeated(name: str, mode: str, size: int, before: int, after: int) -> list[int]:
    """Which of ``size`` rows (or columns) each row of the padded image repeats."""
    if mode not in PADDING_MODES:
        raise ValueError(f"{name}: there is no mode {mode!r}; choose from {', '.join(PADDING_MODES)}")
    most = {"reflect": size - 1, "circular": size, "replicate": max(before, after)}[mode]
    if max(before, after) > most:
        raise ValueError(
            f"{name}: {mode} padding of {size} pixels can be at most {most} wide, got {before} and {after}"
        )
    if mode == "replicate":
        return np.clip(np.arange(-before, size + after), 0, size - 1).tolist()
    return np.pad(np.arange(size), (before, after), mode="wrap" if mode == "circular" else "reflect").tolist()
