"""A convolution of few channels as a product of whole rows with a banded matrix.

With few channels a row of a window is a few numbers, too few to copy or to multiply at speed. But the outputs along a
stretch of a row are a linear function of the pixels of kh stretches. Its matrix T holds the kernel again and again,
each time one output further, T_(i, j·s + k, channel), (j, out) = K_ik, and zeros around. So one product with T, zeros
included, replaces many small ones, and what is copied are long runs of pixels.

Source: Goodfellow et al. 2016, Deep Learning, section 9.1 (convolution as a Toeplitz matrix).
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from nural.blocks import window_blocks
from nural.layers.padding import pad2d_forward
from nural.layers.windows import Windows
from nural.scratch import Scratch, shaped

MOST_IN, MOST_PAIRS, LEAST_WIDTH = 8, 128, 3  # of channels in, of channels in times out, of the kernel


def toeplitz_suits(K: np.ndarray, windows: Windows, groups: int) -> bool:
    """Whether this form computes the convolution in less time: few channels, and a row that can be cut in stretches.

    Measured for 64 images, on one thread, forward and backward: 28×28×1 to 6 channels, 5×5, 1.7 instead of 2.3 ms (no
    ∂L/∂x); 14×14×6 to 16 channels, 5×5, 2.3 instead of 3.4 ms.
    """
    few = K.shape[2] <= MOST_IN and K.shape[2] * K.shape[3] <= MOST_PAIRS
    plain = groups == 1 and windows.dilation == (1, 1)
    return few and plain and K.shape[1] >= LEAST_WIDTH and _stretch(windows) <= 2 * K.shape[1]


def toeplitz_outputs(
    x: np.ndarray, K: np.ndarray, b: np.ndarray | None, windows: Windows, y: np.ndarray, scratch: Scratch
) -> None:
    """`conv2d_forward`, written to ``y``, ``(N, oh, ow, out)``; x is ``(N, H, W, in)`` and K ``(kh, kw, in, out)``."""
    T = _matrix(K, windows, y.dtype, scratch)
    for (images, rows), columns in _stretches(x, windows, y.dtype, scratch):
        part = y[images, rows].reshape(-1, T.shape[1])
        np.matmul(columns, T, out=part)
        if b is not None:
            part += np.tile(b, T.shape[1] // len(b))


def toeplitz_gradients(
    dy: np.ndarray,
    K: np.ndarray,
    x: np.ndarray,
    windows: Windows,
    out: tuple[np.ndarray | None, np.ndarray | None],
    scratch: Scratch,
) -> None:
    """Gradient of `toeplitz_outputs`, as of a product: ∂L/∂T = columnsᵀ dy, and dy Tᵀ goes back to the pixels.

    ∂L/∂K_ik adds up the entries of ∂L/∂T at which T holds K_ik. ``out`` is ``(dK, dx)``; a None is not wanted.
    """
    dK, dx = out
    kh, _, channels, _ = K.shape
    dtype = np.result_type(dy, K, x)
    T = _matrix(K, windows, dtype, scratch)
    if dK is not None:
        dT, of_block = (scratch(name, T.shape, dtype) for name in ("dT", "dT of a block"))
        dT[...] = 0
        for (images, rows), columns in _stretches(x, windows, dtype, scratch):
            dT += np.matmul(columns.T, dy[images, rows].reshape(-1, T.shape[1]), out=of_block)
        dK[...] = sum(place for place in _places(dT, K, windows))
    if dx is None:
        return
    (top, bottom), (left, right) = windows.sides
    height, width = windows.size
    (down, across), stretch = windows.stride, _stretch(windows)
    reach = len(T) // kh  # of a stretch's pixels, as numbers in a row of the image
    shape = top + height + bottom, (left + width + right) * channels
    for images, bands in window_blocks(windows.count, len(x), len(T) * T.itemsize // stretch):
        padded = scratch("dx of a block", (len(dy[images]), *shape), dtype)
        padded[...] = 0
        for rows in bands:
            part = dy[images, rows]
            sent = shaped("sent", (len(part) * part.shape[1] * part.shape[2] // stretch, len(T)), dtype, scratch)
            np.matmul(part.reshape(-1, T.shape[1]), T.T, out=sent)
            sent = sent.reshape(len(part), part.shape[1], -1, kh, reach)
            for i in range(kh):
                first = rows.start * down + i
                goal = padded[:, first : first + (part.shape[1] - 1) * down + 1 : down]
                for t in range(sent.shape[2]):
                    begin = t * stretch * across * channels
                    goal[:, :, begin : begin + reach] += sent[:, :, t, i]
        inner = padded[:, top : top + height, left * channels : (left + width) * channels]
        dx[images] = inner.reshape(-1, height, width, channels)


def _stretch(windows: Windows) -> int:
    """How many outputs of a row are computed at once: the least divisor of their number that is at least the kernel."""
    count = windows.count[1]
    return next((n for n in range(min(windows.kernel[1], count), count) if count % n == 0), count)


def _matrix(K: np.ndarray, windows: Windows, dtype: Any, scratch: Scratch) -> np.ndarray:
    """T, ``(kh · pixels · in, stretch · out)``."""
    kh, kw, channels, out = K.shape
    stretch = _stretch(windows)
    pixels = (stretch - 1) * windows.stride[1] + kw
    T = scratch("T", (kh * pixels * channels, stretch * out), dtype)
    T[...] = 0
    for place in _places(T, K, windows):
        place[...] = K
    return T


def _places(T: np.ndarray, K: np.ndarray, windows: Windows) -> Iterator[np.ndarray]:
    """Views of T where the kernel stands, one for each output of a stretch."""
    kh, kw, channels, out = K.shape
    by_output = T.reshape(kh, -1, channels, _stretch(windows), out)
    for j in range(by_output.shape[3]):
        first = j * windows.stride[1]
        yield by_output[:, first : first + kw, :, j]


def _stretches(
    x: np.ndarray, windows: Windows, dtype: Any, scratch: Scratch
) -> Iterator[tuple[tuple[slice, slice], np.ndarray]]:
    """The pixels that each stretch of outputs is computed from, block by block: (images, rows of outputs), columns."""
    (down, across), stretch, channels = windows.stride, _stretch(windows), x.shape[3]
    reach = ((stretch - 1) * across + windows.kernel[1]) * channels
    in_stretch = windows.kernel[0] * reach
    for images, bands in window_blocks(windows.count, len(x), in_stretch * np.dtype(dtype).itemsize // stretch):
        image = x[images]
        if windows.padded:
            image = pad2d_forward(image, windows.sides, scratch=scratch)
        lines = image.reshape(*image.shape[:2], -1)
        view = sliding_window_view(lines, (windows.kernel[0], reach), axis=(1, 2))
        view = view[:, ::down, :: stretch * across * channels]
        for rows in bands:
            part = view[:, rows]
            columns = shaped("columns", part.shape, dtype, scratch)
            np.copyto(columns, part)
            yield (images, rows), columns.reshape(-1, in_stretch)
