"""The angle by which the lines of a page are tilted."""

import numpy as np

from nural.reading.components import Component
from nural.reading.ruling import Rule

_STEEPEST = 20.0  # degrees
_FEWEST = 4  # components that are needed to measure a tilt


def tilt_of_rules(rules: list[Rule]) -> float | None:
    """The angle of a page's ruled lines in degrees, clockwise; None if there are too few."""
    level = [rule for rule in rules if not rule.upright]
    upright = [rule for rule in rules if rule.upright]
    if len(level) < 3:
        return None
    slopes = [rule.slope for rule in level] + [-rule.slope for rule in upright]
    lengths = [len(rule.curve) for rule in level] + [len(rule.curve) for rule in upright]
    order = np.argsort(slopes)
    half = np.cumsum(np.array(lengths)[order])
    return float(np.degrees(np.arctan(slopes[order[int(np.searchsorted(half, half[-1] / 2))]])))


def tilt_of_components(components: list[Component]) -> float:
    """The angle in degrees, clockwise, along which the ink's projection is sharpest.

    Each component counts as a bar from its top to its bottom. Without enough components the angle is 0.
    """
    if len(components) < _FEWEST:
        return 0.0
    boxes = np.array([component.box for component in components], float)
    heights = boxes[:, 2] - boxes[:, 0]
    bin_height = max(1.0, float(np.median(heights)) / 6)
    parts = np.linspace(0, 1, 9)
    rows = (boxes[:, :1] + heights[:, None] * parts).ravel()
    columns = np.repeat((boxes[:, 1] + boxes[:, 3]) / 2, len(parts))
    weights = np.repeat(np.minimum(heights, 2 * np.median(heights)), len(parts))

    def sharpness(angle: float) -> float:
        turned = np.cos(np.radians(angle)) * rows - np.sin(np.radians(angle)) * columns
        bins = ((turned - turned.min()) / bin_height).astype(np.int64)
        profile = np.bincount(bins, weights)
        return float(profile @ profile) * (1 - 0.0003 * angle**2)

    coarse = max(np.arange(-_STEEPEST, _STEEPEST + 0.1, 0.5), key=sharpness)
    fine = max(coarse + np.arange(-0.5, 0.51, 0.1), key=sharpness)
    return float(fine) if sharpness(fine) > 1.03 * sharpness(0.0) else 0.0


def turn(picture: np.ndarray, degrees: float) -> tuple[np.ndarray, np.ndarray]:
    """A picture turned anticlockwise by ``degrees``, and the ``(2, 3)`` matrix that maps its points back."""
    import cv2

    height, width = picture.shape
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
    new_width = int(height * abs(matrix[0, 1]) + width * abs(matrix[0, 0])) + 1
    new_height = int(height * abs(matrix[0, 0]) + width * abs(matrix[0, 1])) + 1
    matrix[:, 2] += (new_width - width) / 2, (new_height - height) / 2
    turned = cv2.warpAffine(picture, matrix, (new_width, new_height), flags=cv2.INTER_LINEAR)
    return turned, cv2.invertAffineTransform(matrix)
