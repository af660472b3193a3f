"""Augmentation: digits changed at random, as another hand, pen or camera would, so that a network sees more variety."""

from nural.data.augmentation.affine import Affine, rotation, scale, shear, shift
from nural.data.augmentation.augmentation import Augmentation
from nural.data.augmentation.elastic import Elastic
from nural.data.augmentation.erasing import Erasing
from nural.data.augmentation.noise import Noise
from nural.data.augmentation.thickness import Thickness

__all__ = [
    "Affine",
    "Augmentation",
    "Elastic",
    "Erasing",
    "Noise",
    "Thickness",
    "rotation",
    "scale",
    "shear",
    "shift",
]
