"""Windows that slide over images: how many there are, and which pixels each of their positions reads."""

import math
import operator
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from nural.checks import require_samples

Pair = tuple[int, int]
Sides = tuple[Pair, Pair]


@dataclass(frozen=True)
class Windows:
    """Windows over images of one size. Pairs are (down, across).

    Position (i, j) of the window in row r and column c is the pixel in row r · stride + i · dilation − top and column
    c · stride + j · dilation − left; outside the image it is padding.
    """

    size: Pair  # of the image
    kernel: Pair  # positions in a window
    stride: Pair
    dilation: Pair
    sides: Sides  # padding: ((top, bottom), (left, right))
    count: Pair  # windows

    @property
    def padded(self) -> bool:
        """Whether there is padding on some side."""
        return self.sides != ((0, 0), (0, 0))

    def positions(self, rows: slice) -> Iterator[tuple[Pair, tuple[slice, slice], tuple[slice, slice]]]:
        """For each position (i, j) of the kernel, row by row: the windows that read a pixel there, and these pixels.

        ``rows`` restricts it to these rows of windows, and they are counted from its start. Positions at which every
        window reads padding are left out.
        """
        across = list(self.along(1, slice(0, self.count[1])))
        for i, reading, pixels in self.along(0, rows):
            for j, reading_across, pixels_across in across:
                yield (i, j), (reading, reading_across), (pixels, pixels_across)

    def along(self, axis: int, windows: slice) -> Iterator[tuple[int, slice, slice]]:
        """`positions` along one axis, down (0) or across (1): position, ``windows`` that read a pixel there, pixels."""
        first = windows.start * self.stride[axis] - self.sides[axis][0]
        for i in range(self.kernel[axis]):
            offset = first + i * self.dilation[axis]
            reached = _reach(offset, self.stride[axis], self.size[axis], windows.stop - windows.start)
            if reached:
                yield i, *reached

    def tile(self) -> bool:
        """Whether every pixel is under one window and no other."""
        covered = tuple(n * k for n, k in zip(self.count, self.kernel, strict=True))
        touching = self.stride == self.kernel and self.dilation == (1, 1) and not self.padded
        return touching and covered == self.size

    def under(self, axis: int, window: int) -> slice:
        """The rows (axis 0) or columns (axis 1) of the image under one window; for a dilation of 1."""
        first = window * self.stride[axis] - self.sides[axis][0]
        return slice(max(first, 0), min(first + self.kernel[axis], self.size[axis]))

    def all_positions(self) -> Iterator[tuple[Pair, tuple[slice, slice], tuple[slice, slice]]]:
        """`positions` of all windows."""
        return self.positions(slice(0, self.count[0]))


def windows_over(
    name: str,
    x_shape: tuple[int, ...],
    kernel_size: Any,
    stride: Any,
    padding: Any,
    dilation: Any = 1,
    ceil_mode: bool = False,
) -> Windows:
    """The windows over images of shape ``(N, H, W, C)``: ⌊(H + top + bottom − extent) / stride⌋ + 1 of them down.

    Here extent = dilation · (kernel − 1) + 1. ``ceil_mode`` rounds up, but a window still begins on the image or on
    the padding before it.

    Raises:
        ValueError: a setting makes no sense, or not one window fits; the message begins with ``name``.

    Source: Dumoulin and Visin 2016, A guide to convolution arithmetic for deep learning, sections 2 and 5.1.
    """
    size = x_shape[1], x_shape[2]
    kernel = down_across(name, "kernel_size", kernel_size)
    stride, dilation = down_across(name, "stride", stride), down_across(name, "dilation", dilation)
    padding = sides(name, padding, kernel, stride, dilation)
    return _windows(name, size, kernel, stride, dilation, padding, ceil_mode)


@lru_cache(maxsize=256)  # each forward and backward asks for the same ones
def _windows(
    name: str, size: Pair, kernel: Pair, stride: Pair, dilation: Pair, padding: Sides, ceil_mode: bool
) -> Windows:
    """`windows_over` with each setting as a pair."""
    counts = []
    for length, k, s, d, (before, after) in zip(size, kernel, stride, dilation, padding, strict=True):
        free = length + before + after - d * (k - 1) - 1
        count = (free + s - 1 if ceil_mode else free) // s + 1
        if ceil_mode and (count - 1) * s >= length + before:
            count -= 1
        counts.append(count)
    if min(counts) < 1:
        padded = tuple(length + sum(both) for length, both in zip(size, padding, strict=True))
        extent = tuple(d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True))
        raise ValueError(
            f"{name}: a kernel that extends over {extent} pixels is larger than the padded image, {padded}"
        )
    return Windows(size, kernel, stride, dilation, padding, (counts[0], counts[1]))


def same_padding(image_size: Any, kernel_size: Any, stride: Any = 1, dilation: Any = 1) -> Sides:
    """The padding that gives ⌈size / stride⌉ windows, TensorFlow's and Keras's "same": ((top, bottom), (left, right)).

    If the total is odd, the larger half comes after the image. With stride 1 it is the same for images of all sizes
    and is PyTorch's "same", which allows no other stride.

    Args:
        image_size: (H, W), or one number for both.
        kernel_size, stride, dilation: Those of the layer.

    Source: Dumoulin and Visin 2016, section 2.3; TensorFlow's notes on tf.nn padding.
    """
    settings = {"image_size": image_size, "kernel_size": kernel_size, "stride": stride, "dilation": dilation}
    found = []
    for length, k, s, d in zip(
        *(down_across("same_padding", what, value) for what, value in settings.items()), strict=True
    ):
        total = max((math.ceil(length / s) - 1) * s + d * (k - 1) + 1 - length, 0)
        found.append((total // 2, total - total // 2))
    return found[0], found[1]


def sides(name: str, padding: Any, kernel: Pair = (1, 1), stride: Pair = (1, 1), dilation: Pair = (1, 1)) -> Sides:
    """((top, bottom), (left, right)) of a padding: a number, a pair (down, across), such sides, "same" or "valid"."""
    if isinstance(padding, str) and padding == "valid":
        return (0, 0), (0, 0)
    if isinstance(padding, str) and padding == "same":
        if stride != (1, 1):
            raise ValueError(
                f'{name}: padding="same" means one output for each input and needs stride 1, got {stride}; '
                "for Keras's meaning pass padding=same_padding(image_size, kernel_size, stride)"
            )
        return same_padding(1, kernel, 1, dilation)
    if isinstance(padding, (tuple, list)) and len(padding) == 2 and all(isinstance(p, (tuple, list)) for p in padding):
        down, across = (down_across(name, "padding", both, least=0) for both in padding)
        return down, across
    down, across = down_across(name, "padding", padding, least=0)
    return (down, down), (across, across)


def down_across(name: str, what: str, value: Any, least: int = 1) -> Pair:
    """``value`` as (down, across): itself if it is two whole numbers, twice itself if it is one, alone or in a list."""
    found: Pair | None = None
    if isinstance(value, int):  # these two first, since every forward and backward asks
        found = value, value
    elif isinstance(value, tuple) and len(value) == 2 and isinstance(value[0], int) and isinstance(value[1], int):
        found = value[0], value[1]
    else:
        with suppress(TypeError, ValueError):
            values: list[Any] = list(value) if np.ndim(value) else [value]
            down, across = values * 2 if len(values) == 1 else values
            found = operator.index(down), operator.index(across)
    if found is None or min(found) < least:
        raise ValueError(f"{name}: {what} must be a whole number, at least {least}, or two of them; got {value!r}")
    return found


def require_images(name: str, x: np.ndarray) -> None:
    """Raise ValueError, on behalf of ``name``, unless x is a batch of images with at least one in it."""
    if x.ndim != 4:
        raise ValueError(f"{name}: images are channels-last in nural, (N, H, W, C); got an array of shape {x.shape}")
    require_samples(name, x)


def _reach(offset: int, stride: int, size: int, count: int) -> tuple[slice, slice] | None:
    """Of ``count`` windows that read pixel ``offset + r · stride``: those with 0 ≤ pixel < size, and their pixels."""
    first = max(0, -(offset // stride))
    stop = min(count, (size - 1 - offset) // stride + 1)
    if stop <= first:
        return None
    return slice(first, stop), slice(first * stride + offset, (stop - 1) * stride + offset + 1, stride)
