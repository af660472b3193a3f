"""A digit's ink in the form that the network takes."""

import numpy as np

from nural.data.image import centre, scale_to_box

_LARGE = 100  # pixels: larger ink is reduced first


def digit_field(ink: np.ndarray) -> np.ndarray:
    """Scale and centre ink as `nural.data.prepare` does: uint8 ``(28, 28)``.

    Args:
        ink: float32 ``(h, w)`` from 0 to 1, cropped.
    """
    import cv2

    longer = max(ink.shape)
    if longer > _LARGE:
        size = [max(1, round(side * _LARGE / longer)) for side in reversed(ink.shape)]
        ink = cv2.resize(ink, size, interpolation=cv2.INTER_AREA)
    return centre(scale_to_box(np.rint(255 * ink).astype(np.uint8)))
