"""The connected components of ink on a page."""

from dataclasses import dataclass

import numpy as np

_SPECK = 0.0025  # of the page's longer side: smaller components are dirt
_LARGEST = 0.5  # of the page's sides: larger components are no writing
_AROUND = 3  # pixels from a stroke's edge to where its ink has ended
_SMUDGE = 0.28  # of a component's level: with as much ink around it, it has no edge
_SURE = 1.6  # times the lowest level of ink: a component must reach this level somewhere


@dataclass(frozen=True)
class Boxed:
    """Something in a box on a page.

    Attributes:
        box: Top, left, bottom, right, in pixels; the last two are exclusive.
    """

    box: tuple[int, int, int, int]

    @property
    def height(self) -> int:
        """In pixels, as `width`."""
        return self.box[2] - self.box[0]

    @property
    def width(self) -> int:
        """In pixels."""
        return self.box[3] - self.box[1]


@dataclass(frozen=True)
class Component(Boxed):
    """A component of connected ink.

    Attributes:
        ink: float32 of the box's shape, 0 to 1; 0 where other components are.
        stroke: The width of its strokes in pixels.
    """

    ink: np.ndarray
    stroke: float

    @property
    def middle(self) -> tuple[float, float]:
        """The row and the column of the box's middle."""
        return (self.box[0] + self.box[2]) / 2, (self.box[1] + self.box[3]) / 2


def components_of(levels: np.ndarray, low: float, mask: np.ndarray) -> list[Component]:
    """The components of a page that may be writing: no specks, no smudges, and nothing that spans half the page.

    Args:
        levels: The ink of the page, float32 ``(H, W)`` from 0 to 1.
        low: The level from which ink counts.
        mask: Which pixels are ink, bool ``(H, W)``.
    """
    import cv2

    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    height, width = mask.shape
    speck = max(3.0, _SPECK * max(mask.shape))
    components = []
    for number in range(1, count):
        left, top, w, h, area = (int(value) for value in stats[number])
        if max(w, h) < speck or area < speck or h > _LARGEST * height or w > 2 * _LARGEST * width:
            continue
        here = labels[top : top + h, left : left + w] == number
        own = np.where(here, levels[top : top + h, left : left + w], np.float32(0))
        solid = float(np.percentile(own[here], 90))
        if solid < _SURE * low:
            continue
        if _level_around(here, levels, mask, (top, left)) > _SMUDGE * solid:
            continue
        stroke = 2 * float(cv2.distanceTransform(np.pad(here, 1).astype(np.uint8), cv2.DIST_L2, 3).max())
        components.append(Component((top, left, top + h, left + w), np.minimum(own / np.float32(solid), 1), stroke))
    return components


def _level_around(here: np.ndarray, levels: np.ndarray, mask: np.ndarray, corner: tuple[int, int]) -> float:
    """The mean level a few pixels outside a component, where no other component is."""
    import cv2

    far = _AROUND
    padded = np.pad(here, far).astype(np.uint8)
    outer = cv2.dilate(padded, np.ones((2 * far + 1, 2 * far + 1), np.uint8))
    inner = cv2.dilate(padded, np.ones((2 * far - 1, 2 * far - 1), np.uint8))
    top, left = corner
    rows = slice(max(0, top - far), top + here.shape[0] + far)
    columns = slice(max(0, left - far), left + here.shape[1] + far)
    place = levels[rows, columns]
    ring = (outer > inner)[far - min(far, top) :, far - min(far, left) :][: place.shape[0], : place.shape[1]]
    ring &= ~mask[rows, columns]
    return float(place[ring].mean()) if ring.any() else 0.0
