"""A picture of one digit, brought into the form of MNIST's."""

import io
import os
from pathlib import Path
from typing import IO, TYPE_CHECKING

import numpy as np

from nural.data.data_error import DataError
from nural.data.digits import SIDE, to_float32
from nural.data.image_file import MAX_PIXELS, read_greyscale
from nural.data.source_file import read_file

if TYPE_CHECKING:
    from PIL.Image import Image

_BOX = 20  # MNIST's digits are scaled into 20×20 pixels, then centred by mass in 28×28
_FAINTEST = 24  # the difference from the ground, of 255, below which nothing counts as ink


def prepare(image: "str | os.PathLike[str] | IO[bytes] | Image | np.ndarray") -> np.ndarray:
    """Make of a picture of one digit what MNIST's makers would have made of it.

    The ground is the median of the border; ink is what differs from it, darker or lighter, whichever differs more.
    Noise is cleared, the ink's box is scaled to 20 pixels at its longer side, and its centre of mass is put into the
    centre of the field (LeCun et al., *Gradient-based learning applied to document recognition*, 1998, section III).

    Args:
        image: a path, an open file or Pillow's image, in colour or grey, transparent or not; or an array ``(H, W)``
            of grey levels, uint8 from 0 to 255 or float from 0 to 1.

    Returns:
        float32 ``(28, 28)``: 0 for the ground, up to 255/256 for ink.

    Raises:
        DataError: the picture cannot be read, is too large, or is empty.
    """
    source = _name(image)
    ink = _cut_out_ink(_read(image, source), source)
    return to_float32(_centre(_scale(ink)))


def _name(image: object) -> str:
    if isinstance(image, str | os.PathLike):
        return str(image)
    return str(getattr(image, "filename", "") or getattr(image, "name", "") or "the picture")


def _read(image: "str | os.PathLike[str] | IO[bytes] | Image | np.ndarray", source: str) -> np.ndarray:
    if isinstance(image, np.ndarray):
        return _check_array(image, source)
    if isinstance(image, str | os.PathLike):
        return read_greyscale(io.BytesIO(read_file(Path(image))), source)
    return read_greyscale(image, source)


def _check_array(array: np.ndarray, source: str) -> np.ndarray:
    if array.ndim != 2 or not 0 < array.size <= MAX_PIXELS:
        raise DataError(source, f"an array (H, W) of at most {MAX_PIXELS} pixels", f"the shape {array.shape}")
    if array.dtype == np.uint8:
        return array
    if array.dtype.kind != "f" or not (array.min() >= 0 and array.max() <= 1):
        raise DataError(source, "grey levels, uint8 or float from 0 to 1", f"another {array.dtype} array")
    return np.rint(array * 255).astype(np.uint8)


def _cut_out_ink(grey: np.ndarray, source: str) -> np.ndarray:
    """The box around the ink, uint8 ``(h, w)``: the difference from the ground, 0 where there is no ink."""
    border = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    ground = np.uint8(np.median(border))
    darker = ground - np.minimum(grey, ground)
    lighter = np.maximum(grey, ground) - ground
    ink = darker if darker.max() > lighter.max() else lighter
    strongest = int(ink.max())
    if strongest < _FAINTEST:
        raise DataError(source, "a digit", "an empty picture")

    noise = np.percentile(np.abs(border - np.float32(ground)), 75)  # ink that touches the border must not count
    ink[ink < np.clip(4 * noise, strongest / 5, strongest / 2)] = 0
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _scale(ink: np.ndarray) -> np.ndarray:
    """Scale to 20 pixels at the longer side, and stretch the contrast: float32 ``(h, w)``, 0 to 255."""
    from PIL import Image

    height, width = (max(1, round(side * _BOX / max(ink.shape))) for side in ink.shape)
    picture = Image.fromarray(ink.astype(np.float32))
    scaled = np.asarray(picture.resize((width, height), Image.Resampling.BICUBIC))
    solid = np.percentile(scaled[scaled > 0], 90)  # thin strokes come out pale: MNIST's are solid in their middle
    return np.clip(scaled * (255 / solid), 0, 255)


def _centre(ink: np.ndarray) -> np.ndarray:
    """Put the centre of mass into the middle of the field, to the nearest pixel: uint8 ``(28, 28)``."""
    field = np.zeros((SIDE, SIDE), np.uint8)
    corner = []
    for axis, length in enumerate(ink.shape):
        mass = ink.sum(axis=1 - axis)
        centre = mass @ np.arange(length) / mass.sum()
        corner.append(int(np.clip(round(SIDE / 2 - centre), 0, SIDE - length)))
    top, left = corner
    field[top : top + ink.shape[0], left : left + ink.shape[1]] = np.rint(ink)
    return field
