"""Coloured ink on coloured paper of the same lightness."""

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from PIL.Image import Image

_LUMA = np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R BT.601, as Pillow converts
_WORTH = 6  # another mixture must have this many times the variance of the lightness


def contrasting_grey(picture: "Image") -> np.ndarray:
    """The grey levels in which the drawing stands out: the lightness, or where that shows little, another mixture.

    The mixture is the first principal component of the colours' local differences. In it, a red digit on green of the
    same lightness becomes dark on light or light on dark.

    Args:
        picture: In mode RGB.

    Returns:
        uint8 ``(H, W)``.
    """
    from PIL import Image, ImageFilter

    small = picture.copy()
    small.thumbnail((96, 96), Image.Resampling.BOX, reducing_gap=None)
    colours = np.asarray(small, np.float32).reshape(-1, 3)
    slow = np.asarray(small.filter(ImageFilter.BoxBlur(12)), np.float32).reshape(-1, 3)
    spread = np.cov((colours - slow).T)
    variances, axes = np.linalg.eigh(spread)
    direction = axes[:, 2].astype(np.float32)
    along_luma = float(_LUMA @ spread @ _LUMA) / float(_LUMA @ _LUMA)
    if variances[2] < _WORTH * along_luma or variances[2] < 16:
        return np.asarray(picture.convert("L"))
    levels = np.asarray(picture, np.float32) @ direction
    middle, reach = np.median(colours @ direction), np.abs(direction).sum()  # the whole range is 255 · reach
    return np.clip(128 + (levels - middle) / max(1.0, reach / 1.5), 0, 255).astype(np.uint8)
