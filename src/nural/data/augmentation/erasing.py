"""Patches erased: the digit must be recognised from the rest."""

from dataclasses import dataclass

import numpy as np

from nural.data.augmentation.coordinates import SIZE
from nural.data.augmentation.draws import Draws
from nural.data.augmentation.require import require_range


@dataclass(frozen=True)
class Erasing:
    """Set one rectangle to 0, the paper, in some of the digits.

    Height and width are uniform from 1 to ``pixels``; its place is uniform among those inside the picture.

    Args:
        pixels: The longest side, in pixels, from 1 to 28. From about 12 on, a patch can hide what distinguishes digits.
        probability: The probability that a digit gets a patch, from 0 to 1.

    Raises:
        ValueError: an argument is out of its range.

    Source: DeVries and Taylor 2017, Improved Regularization with Cutout; Zhong et al. 2020, Random Erasing.
    """

    pixels: int = 8
    probability: float = 0.5

    def __post_init__(self) -> None:
        require_range("Erasing: pixels", self.pixels, 1, SIZE)
        require_range("Erasing: probability", self.probability, 0, 1)

    def draw(self, draws: Draws) -> np.ndarray:
        """Each digit's patch, ``(n, 4)``: first row and column, then those after the last; empty if it has none."""
        uniform = draws.uniform(0, 1, 5)
        side = 1 + np.floor(uniform[:, 1:3] * self.pixels)
        side *= uniform[:, :1] < self.probability
        first = np.floor(uniform[:, 3:] * (SIZE + 1 - side))
        return np.concatenate([first, first + side], axis=1)

    def apply(self, images: np.ndarray, drawn: np.ndarray, out: np.ndarray) -> None:
        """Write the digits ``(n, 784)`` with their patches set to 0 to ``out``, which may be ``images``."""
        first, end = drawn[:, :2, None], drawn[:, 2:, None]
        outside = (np.arange(SIZE) < first) | (np.arange(SIZE) >= end)  # (n, 2, 28): of the rows, of the columns
        kept = outside[:, 0, :, None] | outside[:, 1, None, :]
        np.multiply(images, kept.reshape(images.shape), out=out)
