"""Mathematical morphology of grey pictures: dilation, erosion and closing by a square or a disc.

Serra, *Image Analysis and Mathematical Morphology*, 1982.
"""

import numpy as np


def closing(levels: np.ndarray, window: int, continued: bool = False) -> np.ndarray:
    """The grey closing by a square: each pixel's least maximum over the windows that hold it.

    Args:
        levels: uint8 ``(H, W)``.
        window: The square's side in pixels.
        continued: Whether the picture is continued beyond its edge by point reflection, ``2 · edge − inside``, so that
            a slope goes on as a slope and a dark strip as a dark field; if not, it is mirrored.

    Returns:
        uint8 ``(H, W)``, nowhere less than ``levels``.
    """
    window = min(window, *levels.shape)
    if continued:
        padded = np.pad(levels.astype(np.int16), window - 1, mode="reflect", reflect_type="odd")
        padded = np.clip(padded, 0, 255).astype(np.uint8)
    else:
        padded = np.pad(levels, window - 1, mode="reflect")
    return _sliding(np.minimum, _sliding(np.maximum, padded, window), window)


def widen(levels: np.ndarray, window: int) -> np.ndarray:
    """The maximum over a square around each pixel, ``(h + window − 1, w + window − 1)``; 0 outside."""
    return _sliding(np.maximum, np.pad(levels, window - 1), window)


def _sliding(extreme: np.ufunc, levels: np.ndarray, window: int) -> np.ndarray:
    """The extreme of every square of ``window`` pixels, in log₂(window) passes, each doubling the width seen."""
    seen = 1
    while seen < window:
        step = min(seen, window - seen)
        levels = extreme(levels[:-step], levels[step:])
        levels = extreme(levels[:, :-step], levels[:, step:])
        seen += step
    return levels


def thicken(ink: np.ndarray, radius: float) -> np.ndarray:
    """Dilate by a disc with a soft edge, so that any radius in pixels is exact.

    Args:
        ink: float32 ``(h, w)`` from 0 to 1, 0 outside.
        radius: How far each edge moves, in pixels.

    Returns:
        float32 of the same shape.
    """
    reach = int(np.ceil(radius))
    padded = np.pad(ink, reach)
    height, width = ink.shape
    result = np.zeros_like(ink)
    for down in range(-reach, reach + 1):
        for right in range(-reach, reach + 1):
            weight = min(1.0, radius + 1 - float(np.hypot(down, right)))
            if weight > 0:
                moved = padded[reach + down : reach + down + height, reach + right : reach + right + width]
                np.maximum(result, moved * np.float32(weight), out=result)
    return result


def thin(ink: np.ndarray, radius: float) -> np.ndarray:
    """Erode by a disc with a soft edge; parts that it would wipe out stay as they are, so that no stroke breaks.

    Those parts lie further from the eroded ink than √2 times the radius, the distance of its corners before; they are
    joined to it again by the ink between. Arguments and result as for ``thicken``.
    """
    reach = int(np.ceil(radius)) + 1
    ground = 1 - np.pad(ink, reach)
    ground[:reach], ground[-reach:], ground[:, :reach], ground[:, -reach:] = 1, 1, 1, 1
    eroded = 1 - thicken(ground, radius)[reach:-reach, reach:-reach]
    far = 1.5 * radius + 1.5
    lost = np.minimum(ink, 1 - thicken(eroded, far))
    return np.maximum(eroded, np.minimum(ink, thicken(lost, far + 1)) if lost.max() > 0.5 else eroded)
