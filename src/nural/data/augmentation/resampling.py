"""Bilinear interpolation of many digits, each at coordinates of its own."""

import numpy as np

from nural.data.augmentation.buffers import buffer
from nural.data.augmentation.coordinates import SIZE

# A digit is framed by zeros: one pixel before it, two after it, and rows of 32 for round addresses. A coordinate
# outside, clipped to the frame, lies among zeros.
ROWS, COLUMNS = SIZE + 3, 32
LAST = SIZE + 1


def resample(images: np.ndarray, maps: np.ndarray, fields: np.ndarray, out: np.ndarray) -> None:
    """Give each pixel p the value of the image at source(p), by bilinear interpolation.

    With (i, j) the whole part and (v, u) the fraction of the source's row and column,

        y = (1 − v) [(1 − u) x(i, j) + u x(i, j+1)] + v [(1 − u) x(i+1, j) + u x(i+1, j+1)],

    where x is 0 outside the picture.

    All coordinates come from one matrix product. The four neighbours are read with one array of flat indices, from four
    views of the digits that each begin a pixel or a row further on, which halves the time of reading.

    Args:
        images: ``(n, 784)``; few enough that intermediate arrays stay in the cache.
        maps: Coefficients, ``(n, 2, k)``: rows, then columns.
        fields: What they multiply, ``(k, 784)``, in pixels from the centre; the first is 1.
        out: Where to write y, ``(n, 784)`` of the type of ``images``, which is also the type of the computation; may be
            ``images``.
    """
    n, dtype = len(images), images.dtype
    framed = buffer("framed", (n, ROWS, COLUMNS), dtype)  # zeros at first, and its frame stays zero
    framed[:, 1 : SIZE + 1, 1 : SIZE + 1] = images.reshape(n, SIZE, SIZE)
    pixels = framed.ravel()

    coefficients = maps.swapaxes(0, 1).astype(dtype)  # rows of all digits, then columns of all: contiguous planes
    coefficients[:, :, 0] += 1  # the frame
    source = buffer("source", (2 * n, SIZE * SIZE), dtype)
    np.matmul(coefficients.reshape(2 * n, -1), fields.astype(dtype, copy=False), out=source)
    np.clip(source, 0, LAST, out=source)
    whole = np.floor(source, out=buffer("whole", source.shape, dtype))
    source -= whole
    (i, j), (v, u) = whole.reshape(2, n, -1), source.reshape(2, n, -1)

    i *= COLUMNS
    i += j
    i += np.arange(0, n * ROWS * COLUMNS, ROWS * COLUMNS, dtype=dtype)[:, None]  # exact: all is below 2²⁴
    near = buffer("near", i.shape, np.int32)  # converting floats to int32 is faster than to int64
    np.copyto(near, i, casting="unsafe")
    index = buffer("index", i.shape, np.intp)
    np.copyto(index, near)

    lower, right = i, j  # their values are in the index now
    _between(pixels, index, u, right, out)
    _between(pixels[COLUMNS:], index, u, right, lower)
    lower -= out
    lower *= v
    out += lower


def _between(pixels: np.ndarray, index: np.ndarray, u: np.ndarray, right: np.ndarray, out: np.ndarray) -> None:
    """Write (1 − u) x(i) + u x(i+1), as x(i) + u (x(i+1) − x(i)), to ``out``; ``right`` is overwritten."""
    np.take(pixels, index, out=out, mode="wrap")  # every index is valid: "raise" would make a copy first
    np.take(pixels[1:], index, out=right, mode="wrap")
    right -= out
    right *= u
    out += right
