"""Grey levels of more or fewer than eight bits."""

import os

import numpy as np

from nural.data.data_error import DataError

_WHITES = (255, 4095, 65535)  # of 8, 12 and 16 bits
_OVER = 2  # resampling can leave floats up to 1 a little above it


def eight_bits(levels: np.ndarray, source: str | os.PathLike[str]) -> np.ndarray:
    """Grey levels as uint8, from 0 for black to 255 for white.

    The type does not say which level is white: cameras and scanners leave 8 or 12 bits in files of 16, and floats end
    at 1 or 255. White is the least of 255, 4095 and 65535 that no level exceeds; for floats up to about 1, it is 1.
    Levels with another end, or that begin below 0, are stretched over the whole range.

    Args:
        levels: Integers or floats, ``(H, W)``.
        source: The file's name in an error.

    Raises:
        DataError: a level is not finite.
    """
    low, high = float(levels.min()), float(levels.max())
    if not np.isfinite([low, high]).all():
        raise DataError(source, "finite grey levels", "NaN or infinity among them")
    if low < 0 or high > _WHITES[-1]:
        black, white = low, high
    elif levels.dtype.kind == "f" and high < _OVER:
        black, white = 0, 1
    else:
        black, white = 0, next(white for white in _WHITES if high <= white)
    scaled = (levels.astype(np.float32) - black) * (255 / (white - black or 1))
    return np.clip(np.rint(scaled, out=scaled), 0, 255).astype(np.uint8)
