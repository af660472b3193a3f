"""The width of a digit's strokes, measured and brought near the width of MNIST's."""

import numpy as np

from nural.data.morphology import thicken, thin, widen

BOX = 20  # MNIST's digits are scaled into 20×20 pixels, then centred by mass in 28×28
THINNEST, THICKEST = 1.8, 3.6  # pixels of that box; nine in ten of MNIST's training digits lie between 1.7 and 3.8
_TRACE = 0.1  # less ink than this at an edge does not count for the box
_DETAIL = 5  # strokes are changed in a drawing with this many pixels for each pixel of the box


def stroke_width(ink: np.ndarray) -> float:
    """The mean width of the strokes, in pixels: twice the area over the outline's length, ``2 Σ ink / Σ |∇ink|``.

    Both sums hold for soft edges too: the second is the length of all contours, averaged over the levels (Federer's
    coarea formula). A long bar of width w and length l has the area w·l and an outline of 2·l.

    Args:
        ink: float ``(h, w)``, 0 for the ground and 1 for ink.
    """
    padded = np.pad(ink, 1)
    down = padded[1:, 1:] - padded[:-1, :-1]  # Roberts' cross: both differences belong to one point
    up = padded[:-1, 1:] - padded[1:, :-1]
    outline = np.sqrt((down * down + up * up) / 2).sum()
    return float(2 * ink.sum() / outline) if outline else 0.0


def adjust_width(ink: np.ndarray) -> np.ndarray:
    """Thicken hairlines, and thin wide strokes, to the nearest width that is usual in MNIST; leave others alone.

    Args:
        ink: float32 ``(h, w)`` from 0 to 1, cropped to the digit; its longer side becomes that of the box.

    Returns:
        float32, cropped again, perhaps of another scale.
    """
    from PIL import Image

    width = stroke_width(ink)
    box = width * BOX / max(ink.shape)
    if THINNEST <= box <= THICKEST:
        return ink
    factor = max(ink.shape) / (BOX * _DETAIL)
    if width < 2 * factor:  # too fine for the scale below, where it would fade
        ink = widen(ink, int(np.ceil(2 * factor - width)) + 1)
        factor = max(ink.shape) / (BOX * _DETAIL)
    size = [max(1, round(side / factor)) for side in reversed(ink.shape)]
    ink = np.clip(np.asarray(Image.fromarray(ink).resize(size, Image.Resampling.BICUBIC)), 0, 1)
    width = stroke_width(ink)
    target = np.clip(width, THINNEST * _DETAIL, THICKEST * _DETAIL)
    radius = (target - width) / 2 / (1 - target / max(ink.shape))  # the box grows with the strokes
    if radius > 0:
        ink = thicken(np.pad(ink, int(np.ceil(radius)) + 1), radius)
    elif radius < 0:
        ink = thin(ink, -radius)
    return crop(np.where(ink > _TRACE, ink, np.float32(0)))


def crop(ink: np.ndarray) -> np.ndarray:
    """The box that holds all ink."""
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
