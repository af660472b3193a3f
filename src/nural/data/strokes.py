"""Strokes of a pen or a finger, drawn as MNIST's digits are."""

from collections.abc import Sequence

import numpy as np

from nural.data.data_error import DataError
from nural.data.digits import SIDE, to_float32
from nural.data.image import centre as centre_by_mass
from nural.data.stroke_width import BOX, crop

WIDTH = 2.4  # pixels: the median of MNIST's training digits
_SOURCE = "the strokes"
_BLOCK = 32_768  # distances that are computed at once: as many as fit into the cache
_LARGER = 3  # pictures of a whole drawing are this many times larger than the field


def prepare_strokes(
    strokes: Sequence[Sequence[Sequence[float]] | np.ndarray],
    width: float = WIDTH,
    *,
    box: bool = True,
    scale: bool = True,
    centre: bool = True,
) -> np.ndarray:
    """Draw strokes as MNIST's makers would have drawn them, as ``prepare`` does with a picture of them.

    Each pixel of the 20×20 box has as much ink as the stroke covers of it, ``clip(w / 2 + 1/2 − d, 0, 1)`` for a
    stroke of width w whose middle passes at the distance d from the pixel's. Then the centre of mass is put into the
    centre of the field. No picture is drawn in between, so that nothing depends on the points' unit.

    Args:
        strokes: Lists of points ``(x, y)`` in the order in which they were drawn, in any unit, y downwards; or arrays
            ``(P, 2)``. A stroke of one point is a dot.
        width: The width of the strokes, in pixels of the box.
        box: Whether to cut the digit out, as in `prepare_strokes_in_stages`.
        scale: Whether to scale it, as in `prepare_strokes_in_stages`.
        centre: Whether to centre it by mass, as in `prepare_strokes_in_stages`.

    Returns:
        float32 ``(28, 28)``: 0 for the ground, up to 255/256 for ink.

    Raises:
        DataError: there are no points or only one, or a point is no pair of finite numbers.
    """
    return to_float32(_in_field(_scaled(_points(strokes), width, box, scale), centre))


def prepare_strokes_in_stages(
    strokes: Sequence[Sequence[Sequence[float]] | np.ndarray],
    width: float = WIDTH,
    *,
    box: bool = True,
    scale: bool = True,
    centre: bool = True,
) -> dict[str, np.ndarray]:
    """Each picture that `prepare_strokes` makes on its way, in this order, by name; any step may be left out.

    Args:
        strokes: As for `prepare_strokes`, on a square canvas whose sides go from 0 to 1.
        width: The width of the strokes, in pixels of the field; in the drawing, as if the canvas were the field.
        box: Whether to cut the digit out; if not, the whole canvas is used.
        scale: Whether to scale the longer side to 20 pixels; if not, the digit keeps its size on the canvas, which then
            counts 28 pixels.
        centre: Whether to put the centre of mass into the centre of the field; if not, the middle of the picture.

    Returns:
        uint8 arrays, 0 for the ground and 255 for ink. ``ink``: the drawing, 84×84; ``box``: what was cut out;
        ``scaled``: the same in its final size; ``centred``: 28×28, which is what a network sees.

    Raises:
        DataError: as `prepare_strokes`.
    """
    points = _points(strokes)
    side = SIDE * _LARGER
    drawing = _ink([stroke * side for stroke in points], (side, side), width * _LARGER, np.float32)
    scaled = _scaled(points, width, box, scale)
    return {
        "ink": drawing,
        "box": crop(drawing) if box and drawing.any() else drawing,
        "scaled": scaled,
        "centred": _in_field(scaled, centre),
    }


def _points(strokes: Sequence[Sequence[Sequence[float]] | np.ndarray]) -> list[np.ndarray]:
    """The strokes that have points, as arrays."""
    points = [stroke for stroke in map(_check, strokes) if len(stroke)]
    if not points:
        raise DataError(_SOURCE, "a digit", "no points")
    return points


def _check(stroke: Sequence[Sequence[float]] | np.ndarray) -> np.ndarray:
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


def _into_box(points: list[np.ndarray], side: int | None, width: float) -> tuple[list[np.ndarray], tuple[int, int]]:
    """The strokes moved into their bounding box, and its size (height, width) in pixels.

    Args:
        points: The points of each stroke.
        side: Pixels of the longer side, to which they are scaled; None keeps their size on a canvas from 0 to 1.
        width: The width of the strokes.
    """
    together = np.concatenate(points)
    corner = together.min(axis=0)
    extent = together.max(axis=0) - corner
    if side is not None and extent.max() == 0:
        raise DataError(_SOURCE, "a digit", "a single dot")
    scale = SIDE if side is None else (side - width) / float(extent.max())
    across, down = np.minimum(np.ceil(extent * scale + width - 1e-6), SIDE).astype(int)
    return [(stroke - corner) * scale + width / 2 for stroke in points], (down, across)


def _canvas(points: list[np.ndarray], scale: bool) -> tuple[list[np.ndarray], tuple[int, int]]:
    """The strokes with the whole canvas around them, and its size in pixels."""
    side = BOX if scale else SIDE
    return [stroke * side for stroke in points], (side, side)


def _scaled(points: list[np.ndarray], width: float, box: bool, scale: bool) -> np.ndarray:
    """What was cut out of the drawing, in its final size."""
    placed, shape = _into_box(points, BOX if scale else None, width) if box else _canvas(points, scale)
    return _ink(placed, shape, width)


def _in_field(ink: np.ndarray, by_mass: bool) -> np.ndarray:
    """A field with the ink's centre of mass, or with the picture's middle, at its centre."""
    if by_mass:
        return centre_by_mass(ink)
    field = np.zeros((SIDE, SIDE), np.uint8)
    top, left = ((SIDE - length) // 2 for length in ink.shape)
    field[top : top + ink.shape[0], left : left + ink.shape[1]] = ink
    return field


def _ink(strokes: list[np.ndarray], shape: tuple[int, int], width: float, dtype: type = np.float64) -> np.ndarray:
    """How much of each pixel strokes of this width cover: uint8 of this shape."""
    starts = np.concatenate([stroke[: max(1, len(stroke) - 1)] for stroke in strokes]).astype(dtype)
    along = np.concatenate([np.diff(stroke, axis=0) if len(stroke) > 1 else 0 * stroke for stroke in strokes])
    along = along.astype(dtype)
    length = np.maximum((along * along).sum(axis=1), np.finfo(dtype).tiny)
    rows, columns = np.mgrid[: shape[0], : shape[1]].astype(dtype) + dtype(0.5)
    nearest = np.full(rows.size, np.inf, dtype)
    step = max(1, _BLOCK // rows.size)
    for begin in range(0, len(starts), step):  # distances of all pixels from a few segments, squared
        few = slice(begin, begin + step)
        x, y = (side.reshape(-1, 1) - starts[few, axis] for axis, side in enumerate((columns, rows)))
        part = np.clip((x * along[few, 0] + y * along[few, 1]) / length[few], 0, 1)
        x -= part * along[few, 0]
        y -= part * along[few, 1]
        np.minimum(nearest, (x * x + y * y).min(axis=1), out=nearest)
    ink = np.clip(width / 2 + 0.5 - np.sqrt(nearest), 0, 1).reshape(shape)
    return np.rint(255 * ink).astype(np.uint8)
