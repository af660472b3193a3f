"""Strokes made thicker or thinner, as by another pen."""

from dataclasses import dataclass

import numpy as np

from nural.data.augmentation.buffers import buffer
from nural.data.augmentation.coordinates import SIZE
from nural.data.augmentation.draws import Draws
from nural.data.augmentation.require import require_range

ROWS, COLUMNS = SIZE + 2, 32  # zeros around each digit


@dataclass(frozen=True)
class Thickness:
    """Grow strokes on each side by a number of pixels t uniform in ±``pixels``.

    Formula: y = (1 − |t|) x + |t| D(x), where D is the largest of a pixel and its four neighbours (grey dilation) for
    t > 0, and the smallest (erosion) for t < 0; outside the picture they are 0.

    Args:
        pixels: The most on each side, in pixels, from 0 to 1. MNIST's strokes are about 3 wide; from 0.4 on, thin
            strokes fade.

    Raises:
        ValueError: pixels is out of its range.

    Source: Gonzalez and Woods 2018, Digital Image Processing, section 9.8 (grey-scale dilation and erosion).
    """

    pixels: float = 0.3

    def __post_init__(self) -> None:
        require_range("Thickness: pixels", self.pixels, 0, 1)

    def draw(self, draws: Draws) -> np.ndarray:
        """t of each digit, ``(n,)``."""
        return draws.uniform(-self.pixels, self.pixels)

    def apply(self, images: np.ndarray, drawn: np.ndarray, out: np.ndarray) -> None:
        """Write the digits ``(n, 784)`` with strokes of t more on each side to ``out``, which may be ``images``."""
        n, dtype = len(images), images.dtype
        sign = np.where(drawn < 0, -1, 1).astype(dtype)[:, None]
        signed = np.multiply(images, sign, out=buffer("signed", images.shape, dtype))  # min(x) = −max(−x)
        framed = buffer("framed for neighbours", (n, ROWS, COLUMNS), dtype)  # zeros at first, and its frame stays zero
        framed[:, 1 : SIZE + 1, 1 : SIZE + 1] = signed.reshape(n, SIZE, SIZE)
        flat = framed.ravel()  # a pixel's neighbours are 1 and 32 away; the frame separates one digit from the next
        largest = buffer("largest", framed.shape, dtype)
        inner, middle = largest.ravel()[COLUMNS:-COLUMNS], slice(COLUMNS, len(flat) - COLUMNS)
        np.maximum(flat[middle], flat[: -2 * COLUMNS], out=inner)
        np.maximum(inner, flat[2 * COLUMNS :], out=inner)
        np.maximum(inner, flat[COLUMNS - 1 : -COLUMNS - 1], out=inner)
        np.maximum(inner, flat[COLUMNS + 1 : len(flat) - COLUMNS + 1], out=inner)
        grown = signed  # no longer needed
        grown.reshape(n, SIZE, SIZE)[...] = largest[:, 1 : SIZE + 1, 1 : SIZE + 1]
        grown *= sign
        grown -= images
        grown *= np.abs(drawn).astype(dtype)[:, None]
        np.add(images, grown, out=out)
