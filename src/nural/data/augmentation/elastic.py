"""Elastic distortion: each pixel is moved by a smooth random field, as the muscles of a hand would."""

import math
from dataclasses import dataclass

import numpy as np

from nural.data.augmentation.coordinates import SIZE
from nural.data.augmentation.require import require_range

LEAST = 0.1  # waves that the filter damps below this are left out: 1% of the variance


@dataclass(frozen=True)
class Elastic:
    """Move each pixel by α (G * u): uniform noise in ±1, one for y and one for x, smoothed by a Gaussian of width σ.

    Smoothing is diagonal in cosine waves: with a reflecting border, G * φ = g_m g_n φ for

        φ(y, x) = w_m w_n cos(π m (y + ½) / 28) cos(π n (x + ½) / 28),  g_m = exp(−(π m σ / 28)² / 2),

    where w makes the waves' squares add up to 1. So the field is Σ z g_m g_n φ · α / √3, with z normal: 22 numbers at
    σ = 4 instead of 784 numbers that are smoothed. Its deviation is α / (2 σ √(3 π)) pixels, 0.8 at the defaults, and
    √2 times that at the border, where the field is reflected.

    The displacement is added to the coordinates of the affine maps beside it, whatever their order: a random field that
    is turned or moved a little is as likely as the field itself.

    Args:
        alpha: α, the strength, in pixels, from 0 to 100. At 34 and σ = 4, the paper's values, some digits fold and
            smear.
        sigma: σ, how smooth, in pixels, from 2 to 14; smaller values need more waves and time.

    Raises:
        ValueError: an argument is out of its range.

    Source: Simard et al. 2003, section 2.
    """

    alpha: float = 20.0
    sigma: float = 4.0

    def __post_init__(self) -> None:
        require_range("Elastic: alpha", self.alpha, 0, 100)
        require_range("Elastic: sigma", self.sigma, 2, 14)

    def fields(self) -> np.ndarray:
        """The waves that smoothing leaves, each times its strength α g_m g_n / √3: ``(waves, 784)``, in pixels."""
        order = np.arange(SIZE)
        waves = np.cos(np.pi * order[:, None] * (order + 0.5) / SIZE) * math.sqrt(2 / SIZE)
        waves[0] /= math.sqrt(2)
        left = np.exp(-((np.pi * order * self.sigma / SIZE) ** 2) / 2)
        m, n = np.nonzero(np.outer(left, left) >= LEAST)
        strength = self.alpha / math.sqrt(3) * left[m] * left[n]
        return np.einsum("k,ky,kx->kyx", strength, waves[m], waves[n]).reshape(len(m), -1)
