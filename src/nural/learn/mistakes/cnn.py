"""Mistakes of windows that are taken as rows, and added up again."""

from typing import Any

import numpy as np

from nural.learn.functions.cnn import col2im, im2col
from nural.learn.mistakes.mistake import instead
from nural.reference import pad2d_backward


def _near(x: Any, kh: int, kw: int, stride: int = 1, padding: int = 0) -> Any:
    """As many windows as there are with the stride, but one pixel apart."""
    rows, columns = im2col(x, kh, kw, stride, padding).shape[1:3]
    return im2col(x, kh, kw, 1, padding)[:, :rows, :columns]


def _by_channel(x: Any, kh: int, kw: int, stride: int = 1, padding: int = 0) -> Any:
    """Each row with its channels first, (C, kh, kw), as PyTorch has them."""
    columns = im2col(x, kh, kw, stride, padding)
    parts = columns.reshape(*columns.shape[:3], kh, kw, x.shape[3])
    return np.moveaxis(parts, 5, 3).reshape(columns.shape)


def _overwritten(columns: Any, x_shape: Any, kh: int, kw: int, stride: int = 1, padding: int = 0) -> Any:
    """dx of a loop over the places of the kernel with `=`."""
    n, h, w, c = x_shape
    dx = np.zeros((n, h + 2 * padding, w + 2 * padding, c))
    rows, across = columns.shape[1:3]
    parts = columns.reshape(n, rows, across, kh, kw, c)
    for i, j in np.ndindex(kh, kw):
        dx[:, i : i + stride * rows : stride, j : j + stride * across : stride] = parts[:, :, :, i, j]
    return pad2d_backward(dx, padding)


def _last_window(columns: Any, x_shape: Any, kh: int, kw: int, stride: int = 1, padding: int = 0) -> Any:
    """dx of a loop over the windows with `=`."""
    n, h, w, c = x_shape
    dx = np.zeros((n, h + 2 * padding, w + 2 * padding, c))
    for i, j in np.ndindex(columns.shape[1:3]):
        r, s = i * stride, j * stride
        dx[:, r : r + kh, s : s + kw] = columns[:, i, j].reshape(n, kh, kw, c)
    return pad2d_backward(dx, padding)


def _not_cut(columns: Any, x_shape: Any, kh: int, kw: int, stride: int = 1, padding: int = 0) -> Any:
    n, h, w, c = x_shape
    return col2im(columns, (n, h + 2 * padding, w + 2 * padding, c), kh, kw, stride)


def _together(columns: Any, x_shape: Any, kh: int, kw: int, stride: int = 1, padding: int = 0) -> Any:
    """dx of windows one pixel apart."""
    n, h, w, _ = x_shape
    rows, across = (size + 2 * padding - k + 1 for size, k in ((h, kh), (w, kw)))
    near = np.zeros((n, rows, across, columns.shape[3]))
    near[:, : columns.shape[1], : columns.shape[2]] = columns
    return col2im(near, x_shape, kh, kw, 1, padding)


MISTAKES = [
    instead("stride-ignored", "im2col")(_near),
    instead("stride-ignored", "im2col")(lambda x, kh, kw, stride=1, padding=0: im2col(x, kh, kw, 1, padding)),
    instead("reshape-for-transpose", "im2col")(_by_channel),
    instead("windows-overwrite", "col2im")(_overwritten),
    instead("windows-overwrite", "col2im")(_last_window),
    instead("padding-not-cut", "col2im")(_not_cut),
    instead("stride-ignored", "col2im")(_together),
]
