"""Strokes of a pen or a finger, drawn as MNIST's digits are."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from nural.data.data_error import DataError
from nural.data.digits import to_float32
from nural.data.image import centre
from nural.data.stroke_width import BOX

_WIDTH = 2.4  # pixels: the median of MNIST's training digits
_SOURCE = "the strokes"


def prepare_strokes(strokes: Sequence[Sequence[tuple[float, float]] | np.ndarray]) -> np.ndarray:
    """Draw strokes as MNIST's makers would have drawn them: what ``prepare`` makes of a picture of them.

    Each pixel of the 20×20 box has as much ink as the stroke covers of it, ``clip(w / 2 + 1/2 − d, 0, 1)`` for a
    stroke of width w whose middle passes at the distance d from the pixel's. Then the centre of mass is put into the
    centre of the field. No picture is drawn in between, so that nothing depends on the points' unit.

    Args:
        strokes: lists of points ``(x, y)`` in the order in which they were drawn, in any unit, y downwards; or arrays
            ``(P, 2)``. A stroke of one point is a dot.

    Returns:
        float32 ``(28, 28)``: 0 for the ground, up to 255/256 for ink.

    Raises:
        DataError: there are no points or only one, or a point is no pair of finite numbers.
    """
    points = [_check(stroke) for stroke in strokes]
    points = [stroke for stroke in points if len(stroke)]
    if not points:
        raise DataError(_SOURCE, "a digit", "no points")
    together = np.concatenate(points)
    corner = together.min(axis=0)
    extent = float((together - corner).max())
    if extent == 0:
        raise DataError(_SOURCE, "a digit", "a single dot")
    scale = (BOX - _WIDTH) / extent
    placed = [(stroke - corner) * scale + _WIDTH / 2 for stroke in points]
    width, height = np.ceil((together.max(axis=0) - corner) * scale + _WIDTH - 1e-6).astype(int)
    rows, columns = np.mgrid[:height, :width] + 0.5
    pixels = np.stack([columns.ravel(), rows.ravel()], axis=1)
    distance = np.min([_distance(pixels, stroke) for stroke in placed], axis=0)
    ink = np.clip(_WIDTH / 2 + 0.5 - distance, 0, 1).reshape(height, width)
    return to_float32(centre(np.rint(255 * ink).astype(np.uint8)))


def _check(stroke: Sequence[tuple[float, float]] | np.ndarray) -> np.ndarray:
    try:
        points = np.asarray(stroke, np.float64)
    except (TypeError, ValueError) as error:
        raise DataError(_SOURCE, "points (x, y)", "something else") from error
    if points.size == 0:
        return np.zeros((0, 2))
    if points.ndim != 2 or points.shape[1] != 2:
        raise DataError(_SOURCE, "points (x, y)", f"an array of shape {points.shape}")
    if not np.isfinite(points).all():
        raise DataError(_SOURCE, "finite numbers", "others")
    return points


def _distance(pixels: np.ndarray, stroke: np.ndarray) -> np.ndarray:
    """From each of ``(N, 2)`` pixels to the nearest point of the polyline ``(P, 2)``."""
    nearest = np.hypot(*(pixels - stroke[0]).T)
    for start, stop in pairwise(stroke):
        along = stop - start
        length = along @ along
        if length > 0:
            part = np.clip((pixels - start) @ along / length, 0, 1)
            nearest = np.minimum(nearest, np.hypot(*(pixels - start - part[:, None] * along).T))
    return nearest
