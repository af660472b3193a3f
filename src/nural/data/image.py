"""A picture of one digit, brought into the form of MNIST's."""

import io
import os
from pathlib import Path
from typing import IO, TYPE_CHECKING

import numpy as np

from nural.data.close_cut import framed
from nural.data.components import keep_digit
from nural.data.data_error import DataError
from nural.data.digits import SIDE, to_float32
from nural.data.ground import ink_on_ground
from nural.data.image_file import MAX_PIXELS, read_contrast, reduced
from nural.data.mnist_form import in_mnist_form
from nural.data.ruled_lines import remove_lines
from nural.data.source_file import read_file
from nural.data.stroke_width import BOX, adjust_width, crop

if TYPE_CHECKING:
    from PIL.Image import Image

_ENOUGH = 640  # pixels of the longer side: a picture twice as large or more is reduced first


def prepare(image: "str | os.PathLike[str] | IO[bytes] | Image | np.ndarray") -> np.ndarray:
    """Turn a picture of one digit into what MNIST's makers would have made of it.

    Ink is told from the ground in even and uneven light, darker or lighter, in grey or colour; ruled lines, specks
    and page edges are removed, the ink's box is scaled to 20 pixels at its longer side, strokes far from MNIST's
    width are brought near it, and the centre of mass is put into the centre of the field (LeCun et al.,
    *Gradient-based learning applied to document recognition*, 1998, section III). A picture of 28×28 pixels that is in
    this form already, as MNIST's own are, stays as it is.

    Args:
        image: A path, an open file or Pillow's image, in colour or grey, transparent or not; or an array ``(H, W)``
            of grey levels, uint8 from 0 to 255 or float from 0 to 1. A file of several pages is taken page by page, by
            `nural.data.pages`; of Pillow's image, the page at which it stands is read.

    Returns:
        float32 ``(28, 28)``: 0 for the ground, up to 255/256 for ink.

    Raises:
        DataError: the picture cannot be read, is too large, has several pages, or is empty.
    """
    return to_float32(prepare_in_stages(image)["centred"])


def prepare_in_stages(image: "str | os.PathLike[str] | IO[bytes] | Image | np.ndarray") -> dict[str, np.ndarray]:
    """Each picture that ``prepare`` makes on its way, in this order, by name.

    Args:
        image: As for ``prepare``.

    Returns:
        uint8 arrays. ``upright``: grey levels ``(H, W)``, 0 for black. In all others 0 is the ground and 255 the
        darkest ink: ``ink`` and ``digit``, ``(H, W)``, with all ink and without lines and dirt; ``box``, the digit cut
        out; ``scaled``, at most 20×20; ``centred``, 28×28, which is what a network sees.

    Raises:
        DataError: as ``prepare``.
    """
    source = name_of(image)
    upright = _read(image, source)
    if upright.shape == (SIDE, SIDE) and in_mnist_form(upright).all():
        box = crop(upright)
        return {"upright": upright, "ink": upright, "digit": upright, "box": box, "scaled": box, "centred": upright}
    ink, threshold = ink_on_ground(framed(upright))
    digit = keep_digit(remove_lines(ink, threshold), threshold)
    if not digit.any():
        raise DataError(source, "a digit", "an empty picture")
    box = crop(digit)
    scaled = scale_to_box(box)
    return {"upright": upright, "ink": ink, "digit": digit, "box": box, "scaled": scaled, "centred": centre(scaled)}


def name_of(image: object) -> str:
    """The name of a picture in errors."""
    if isinstance(image, str | os.PathLike):
        return str(image)
    return str(getattr(image, "filename", "") or getattr(image, "name", "") or "the picture")


def _read(image: "str | os.PathLike[str] | IO[bytes] | Image | np.ndarray", source: str) -> np.ndarray:
    if isinstance(image, np.ndarray):
        return reduced(_check_array(image, source), _ENOUGH)
    if isinstance(image, str | os.PathLike):
        return read_contrast(io.BytesIO(read_file(Path(image))), source, _ENOUGH)
    return read_contrast(image, source, _ENOUGH)


def _check_array(array: np.ndarray, source: str) -> np.ndarray:
    if array.ndim != 2 or not 0 < array.size <= MAX_PIXELS:
        raise DataError(source, f"an array (H, W) of at most {MAX_PIXELS} pixels", f"the shape {array.shape}")
    if array.dtype == np.uint8:
        return array
    if array.dtype.kind != "f" or not (array.min() >= 0 and array.max() <= 1):
        raise DataError(source, "grey levels, uint8 or float from 0 to 1", f"another {array.dtype} array")
    return np.rint(array * 255).astype(np.uint8)


def scale_to_box(ink: np.ndarray) -> np.ndarray:
    """Scale the longer side to 20 pixels, and stretch the contrast: uint8 ``(h, w)``."""
    from PIL import Image

    levels = adjust_width(ink / np.float32(ink.max()))
    height, width = (max(1, round(side * BOX / max(levels.shape))) for side in levels.shape)
    scaled = np.asarray(Image.fromarray(levels).resize((width, height), Image.Resampling.BICUBIC))
    solid = np.percentile(scaled[scaled > 0], 90)  # thin strokes come out pale: MNIST's are solid in their middle
    return np.rint(np.clip(scaled * (255 / solid), 0, 255)).astype(np.uint8)


def centre(ink: np.ndarray) -> np.ndarray:
    """Put the centre of mass into the middle of the field, to the nearest pixel: uint8 ``(28, 28)``."""
    field = np.zeros((SIDE, SIDE), np.uint8)
    corner = []
    for axis, length in enumerate(ink.shape):
        mass = ink.sum(axis=1 - axis)
        middle = mass @ np.arange(length) / mass.sum()
        corner.append(int(np.clip(round(SIDE / 2 - middle), 0, SIDE - length)))
    top, left = corner
    field[top : top + ink.shape[0], left : left + ink.shape[1]] = ink
    return field
