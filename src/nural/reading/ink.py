"""Ink told from the ground of a whole page, in even and uneven light, also faint ink beside strong."""

from dataclasses import dataclass

import numpy as np

_WINDOW = 0.06  # of the page's longer side: wider than any stroke, narrower than changes of light
_NEAR = 0.012  # of the longer side: how far strong ink determines what counts as ink
_SHARE = 0.42  # of the strongest ink nearby: paler ink is the blur of an edge, or a ruled line
_FAINTEST, _LEAST_CERTAIN = 0.06, 0.3  # bounds of the level from which ink counts
_COARSE = 600  # pixels of the longer side when deciding whether the ink is lighter
_AROUND = 61  # of these pixels: a window, most of which is ground
_DARKEST_GROUND = 40  # below it, noise would be taken for differences of light


@dataclass(frozen=True)
class Ink:
    """How much darker than its ground each point of a page is.

    Attributes:
        levels: float32 ``(H, W)``, ``1 − light / ground``, from 0 to 1.
        low: The level from which anything counts as ink.
        ground: The light of the ground, float32 ``(H, W)`` from 0 to 255.
    """

    levels: np.ndarray
    low: float
    ground: np.ndarray


def ink_is_lighter(grey: np.ndarray) -> bool:
    """Whether a page is light on dark, compared with the ground, which is the median around each point.

    Args:
        grey: uint8 ``(H, W)``.
    """
    import cv2

    scale = min(1.0, _COARSE / max(grey.shape))
    small = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    difference = small - cv2.medianBlur(small, _AROUND).astype(np.float32)
    return float((difference.clip(0, None) ** 2).mean()) > float((difference.clip(None, 0) ** 2).mean())


def page_ink(grey: np.ndarray, lighter: bool) -> Ink:
    """Tell ink from the ground, which is the grey closing of the page by a square wider than a stroke.

    The closing fills strokes and keeps the edges of shadows (Serra, *Image Analysis and Mathematical Morphology*,
    1982); the quotient is the same in light and shadow.

    Args:
        grey: uint8 ``(H, W)``.
        lighter: Whether the ink is lighter than its ground.
    """
    import cv2

    if lighter:
        grey = 255 - grey
    smooth = cv2.GaussianBlur(grey, (0, 0), 0.8)
    ground = (255 - _opened(255 - cv2.medianBlur(smooth, 5))).astype(np.float32)
    difference = ground - smooth
    difference -= float(np.median(difference[::4, ::4]))  # the closing is as light as the lightest grain
    levels = np.clip(difference / np.maximum(ground, _DARKEST_GROUND), 0, 1)
    fine = levels - cv2.blur(levels, (5, 5))
    noise = 1.5 * float(np.median(np.abs(fine[::4, ::4])))
    return Ink(levels, float(np.clip(5 * noise, _FAINTEST, _LEAST_CERTAIN)), ground)


def marks(levels: np.ndarray, low: float) -> np.ndarray:
    """Which pixels are ink, bool ``(H, W)``: at least ``low``, and not much paler than the strongest ink nearby."""
    import cv2

    window = 2 * max(3, round(_NEAR * max(levels.shape) / 2)) + 1
    strongest = cv2.dilate(cv2.blur(levels, (3, 3)), np.ones((window, window), np.uint8))
    return levels >= np.maximum(low, _SHARE * strongest)


def _opened(levels: np.ndarray) -> np.ndarray:
    """The grey opening by a square; beyond its edge the page is continued by its last pixels."""
    import cv2

    window = 2 * max(1, round(_WINDOW * max(levels.shape) / 2)) + 1  # odd: an even one would shift the page
    padded = cv2.copyMakeBorder(levels, window, window, window, window, cv2.BORDER_REPLICATE)
    opened = cv2.morphologyEx(padded, cv2.MORPH_OPEN, np.ones((window, window), np.uint8))
    return opened[window:-window, window:-window]
