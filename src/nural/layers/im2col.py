"""The pixels under each window of an image, side by side in a row ("im2col"), a few windows at a time."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from nural.blocks import window_blocks
from nural.layers.padding import pad2d_forward
from nural.layers.windows import Windows
from nural.scratch import Scratch


def by_group(a: np.ndarray, groups: int) -> np.ndarray:
    """``(…, groups · c)`` as ``(groups, product of …, c)``; a view of a contiguous array."""
    return a.reshape(-1, groups, a.shape[-1] // groups).transpose(1, 0, 2)


def window_columns(
    x: np.ndarray, windows: Windows, groups: int, dtype: Any, scratch: Scratch
) -> Iterator[tuple[tuple[slice, slice], np.ndarray]]:
    """The pixels under the windows side by side, block by block: (images, rows of windows), and its columns.

    Columns are ``(groups, windows, kh · kw · in / groups)`` and live until the next block.
    """
    channels = x.shape[-1] // groups
    in_window = windows.kernel[0] * windows.kernel[1] * channels
    extent = tuple(d * (k - 1) + 1 for k, d in zip(windows.kernel, windows.dilation, strict=True))
    (down, across), (apart_down, apart_across) = windows.stride, windows.dilation
    for images, bands in window_blocks(windows.count, len(x), in_window * groups * np.dtype(dtype).itemsize):
        image = x[images]
        if windows.padded:
            image = pad2d_forward(image, windows.sides, scratch=scratch)
        view = sliding_window_view(image, extent, axis=(1, 2))
        view = view[:, ::down, ::across, :, ::apart_down, ::apart_across]
        view = view.reshape(*view.shape[:3], groups, channels, *windows.kernel)
        view = view.transpose(3, 0, 1, 2, 5, 6, 4)  # (groups, image, row, column of windows, i, j, channel)
        for rows in bands:
            columns = view[:, :, rows]
            if windows.kernel != (1, 1) or windows.stride != (1, 1):  # else each pixel is a window: nothing to copy
                columns = _copy(columns, scratch("columns", (columns.size,), dtype))
            yield (images, rows), columns.reshape(groups, -1, in_window)


def _copy(columns: np.ndarray, memory: np.ndarray) -> np.ndarray:
    """A copy in ``memory``, in the order in which long runs of pixels are copied at once."""
    groups, images, rows, across, i, j, channels = columns.shape
    if channels > 1:
        copied = memory.reshape(columns.shape)
    else:  # with one channel a run is a row of windows; with several it is a row of a window
        copied = memory.reshape(groups, i, j, channels, images, rows, across).transpose(0, 4, 5, 6, 1, 2, 3)
    np.copyto(copied, columns)
    return copied
