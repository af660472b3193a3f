"""Noise of a camera or a scanner."""

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from nural.data.augmentation.buffers import buffer
from nural.data.augmentation.draws import Draws
from nural.data.augmentation.require import require_range

#: Normal numbers: the middles of 256 equally likely parts, scaled to a deviation of 1.
NORMAL = np.array([NormalDist().inv_cdf((i + 0.5) / 256) for i in range(256)])
NORMAL /= NORMAL.std()


@dataclass(frozen=True)
class Noise:
    """Add normal noise to each pixel, and cut at 0 and 1; s is uniform from 0 to ``deviation`` for each digit.

    Formula: y = min(max(x + s ε, 0), 1), ε normal of deviation 1, in 256 equally likely steps: a random byte a pixel.

    Args:
        deviation: The largest deviation, as a share of the way from paper (0) to ink (1), from 0 to 1.

    Raises:
        ValueError: deviation is out of its range.

        Source: Goodfellow et al. 2016, Deep Learning, section 7.5.
    """

    deviation: float = 0.15

    def __post_init__(self) -> None:
        require_range("Noise: deviation", self.deviation, 0, 1)

    def draw(self, draws: Draws) -> tuple[np.ndarray, np.ndarray]:
        """The deviation of each digit, ``(n,)``, and which step each pixel's noise is, ``(n, 784)``."""
        return draws.uniform(0, self.deviation), draws.bytes(784)

    def apply(self, images: np.ndarray, drawn: tuple[np.ndarray, np.ndarray], out: np.ndarray) -> None:
        """Write the digits ``(n, 784)`` with their noise to ``out``, which may be ``images``."""
        deviations, steps = drawn
        index = buffer("steps", images.shape, np.intp)
        np.copyto(index, steps)
        noise = buffer("noise", images.shape, images.dtype)
        np.take(NORMAL.astype(images.dtype), index, out=noise, mode="wrap")
        noise *= deviations.astype(images.dtype)[:, None]
        np.add(images, noise, out=out)
        np.clip(out, 0, 1, out=out)
