"""Shift, rotation, scale and shear: straight lines stay straight."""

from dataclasses import dataclass

import numpy as np

from nural.data.augmentation.draws import Draws
from nural.data.augmentation.require import require_range


@dataclass(frozen=True)
class Affine:
    """Scale, then slant, turn and shift the digit.

    Formula: p → R K S p + b, for p = (y, x) from the picture's centre, y downwards, with

        S = [[s₁, 0], [0, s₂]],  K = [[1, 0], [−k, 1]],  R = [[cos a, −sin a], [sin a, cos a]].

    `shift`, `rotation`, `scale` and `shear` give one of the four alone.

    Args:
        pixels: b is uniform in ±``pixels``, down and to the right; from 0 to 14. MNIST's digits lie in the inner 20×20
            of 28×28: beyond 4, some are cut.
        degrees: The angle a is uniform in ±``degrees``, counter-clockwise as `np.rot90`; from 0 to 180. From about 25
            on, 1 and 7 look alike.
        share: s₁ of the height and s₂ of the width are each uniform in 1 ± ``share``; from 0 to 0.5.
        slope: k, the pixels to the right for each pixel upwards, is uniform in ±``slope``; from 0 to 1.

    Raises:
        ValueError: an argument is out of its range.

    Source: Cireșan et al. 2010, Deep, Big, Simple Neural Nets Excel on Handwritten Digit Recognition, section 3.
    """

    pixels: float = 1.5
    degrees: float = 12.0
    share: float = 0.12
    slope: float = 0.15

    def __post_init__(self) -> None:
        require_range("Affine: pixels", self.pixels, 0, 14)
        require_range("Affine: degrees", self.degrees, 0, 180)
        require_range("Affine: share", self.share, 0, 0.5)
        require_range("Affine: slope", self.slope, 0, 1)

    def inverse(self, draws: Draws) -> np.ndarray:
        """Draw a map for each digit, and return its inverse as `affine_inverse` gives it, ``(2, 3, n)``."""
        drawn = draws.uniform(-1, 1, 6).T
        return affine_inverse(
            self.pixels * drawn[:2], self.degrees * drawn[2], 1 + self.share * drawn[3:5], self.slope * drawn[5]
        )


def shift(pixels: float = 1.5) -> Affine:
    """Only move the digit, by up to ``pixels`` down or up and to either side."""
    return Affine(pixels, 0, 0, 0)


def rotation(degrees: float = 12.0) -> Affine:
    """Only turn the digit, by up to ``degrees``."""
    return Affine(0, degrees, 0, 0)


def scale(share: float = 0.12) -> Affine:
    """Only stretch the digit, height and width independently, by up to ``share`` of them."""
    return Affine(0, 0, share, 0)


def shear(slope: float = 0.15) -> Affine:
    """Only slant the digit, by up to ``slope`` pixels for each pixel of height."""
    return Affine(0, 0, 0, slope)


def affine_inverse(b: np.ndarray, degrees: np.ndarray, s: np.ndarray, k: np.ndarray) -> np.ndarray:
    """From a pixel q of the changed picture back to p = S⁻¹ K⁻¹ R⁻¹ (q − b), for n digits; see `Affine`.

    Args:
        b: Shift down and to the right in pixels, ``(2, n)``.
        degrees: Angle, ``(n,)``.
        s: Factors of height and width, ``(2, n)``.
        k: Slope, ``(n,)``.

    Returns:
        −A b, then the columns of A = S⁻¹ K⁻¹ R⁻¹, for y and for x: ``(2, 3, n)``.
    """
    radians = np.deg2rad(degrees)
    cos, sin = np.cos(radians), np.sin(radians)
    inverse = np.empty((2, 3, len(k)))
    inverse[0, 1], inverse[0, 2] = cos, sin
    inverse[1, 1], inverse[1, 2] = k * cos - sin, k * sin + cos
    inverse[:, 1:] /= s[:, None]
    inverse[:, 0] = -(inverse[:, 1] * b[0] + inverse[:, 2] * b[1])
    return inverse
