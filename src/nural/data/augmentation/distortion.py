"""Distortions of the plane, one after another, with one resampling for all."""

from collections.abc import Sequence

import numpy as np

from nural.data.augmentation.affine import Affine
from nural.data.augmentation.coordinates import affine_fields, composed, identity_map
from nural.data.augmentation.draws import Draws
from nural.data.augmentation.elastic import Elastic
from nural.data.augmentation.resampling import resample


class Distortion:
    """Maps of the plane composed, then one bilinear interpolation.

    Args:
        parts: Affine maps in the order in which they change the picture, and elastic ones.
    """

    def __init__(self, parts: Sequence[Affine | Elastic]) -> None:
        self._affine = [part for part in parts if isinstance(part, Affine)]
        elastic = [part.fields() for part in parts if isinstance(part, Elastic)]
        self._fields = np.concatenate([affine_fields(), *elastic]).astype(np.float32)

    def draw(self, draws: Draws) -> np.ndarray:
        """Coefficients of each digit's coordinates, ``(n, 2, fields)``."""
        maps = identity_map(draws.n)
        for part in self._affine:
            maps = composed(maps, part.inverse(draws))
        drawn = draws.normal(2, len(self._fields))  # the first three are replaced by the affine map
        drawn[:, :, : maps.shape[1]] = maps.transpose(2, 0, 1)
        return drawn

    def apply(self, images: np.ndarray, drawn: np.ndarray, out: np.ndarray) -> None:
        """Write the digits ``(n, 784)`` distorted by their maps to ``out``, which may be ``images``."""
        resample(images, drawn, self._fields, out)
