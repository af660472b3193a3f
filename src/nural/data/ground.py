"""Ink told from the ground it lies on, in even and uneven light."""

import numpy as np

from nural.data.morphology import closing

_FAINTEST = 24  # the difference from the ground, of 255, below which nothing counts as ink
_WINDOW = 0.25  # of the picture's shorter side: wider than any stroke, narrower than changes of light
_LINE = 0.04  # of the shorter side: wider than a ruled line
_DARKEST_GROUND = 48  # below it, noise would be taken for differences of light


def ink_on_ground(grey: np.ndarray) -> tuple[np.ndarray, float]:
    """How much darker or lighter each pixel is than the ground would be there.

    Where the picture's border is even, the ground is its median, and ink is what differs from it, darker or lighter,
    whichever differs more. Otherwise the light is uneven: the ground is the grey closing of the picture by a square
    wider than a stroke (Serra, *Image Analysis and Mathematical Morphology*, 1982), which fills strokes and keeps
    the edges of shadows; ink is ``1 − grey / ground``, which is the same in light and shadow.

    Args:
        grey: uint8 ``(H, W)``.

    Returns:
        The ink, uint8 ``(H, W)`` with 0 for the ground, and the level from which it counts. A picture without ink
        gives a level of 256.
    """
    border = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    ground = np.uint8(np.median(border))
    darker = ground - np.minimum(grey, ground)
    lighter = np.maximum(grey, ground) - ground
    ink = darker if darker.max() > lighter.max() else lighter
    strongest = float(ink.max())
    unevenness = float(np.percentile(np.abs(border - np.float32(ground)), 90))
    if unevenness > 0.1 * strongest and min(grey.shape) > 8:
        return _ink_in_uneven_light(grey)
    if strongest < _FAINTEST:
        return ink, 256.0
    noise = float(np.percentile(np.abs(border - np.float32(ground)), 75))
    return ink, float(np.clip(4 * noise, strongest / 5, strongest / 2))


def _ink_in_uneven_light(grey: np.ndarray) -> tuple[np.ndarray, float]:
    smooth = _smooth(grey)
    if _ink_is_lighter(smooth):
        smooth = 255 - smooth
    without_lines = closing(smooth, max(3, round(_LINE * min(grey.shape))))  # or they would continue as bright lines
    ground = closing(without_lines, max(3, round(_WINDOW * min(grey.shape))), continued=True).astype(np.float32)
    ground -= np.median(ground - smooth)  # the closing takes the lightest grain for the ground
    ink = 255 * (ground - smooth) / np.maximum(ground, _DARKEST_GROUND)
    noise = 1.5 * float(np.median(np.abs(ink)))  # the standard deviation if noise is normal; most pixels are ground
    ink = ink.clip(0, 255)
    strongest = float(ink.max())
    if strongest < max(_FAINTEST, 7 * noise):
        return ink.astype(np.uint8), 256.0
    typical = float(np.percentile(ink[ink > strongest / 3], 75))
    return ink.astype(np.uint8), float(np.clip(4 * noise, 0.35 * typical, 0.5 * typical))


def _smooth(grey: np.ndarray) -> np.ndarray:
    from PIL import Image, ImageFilter

    radius = float(np.clip(min(grey.shape) / 300, 0.3, 2))
    return np.asarray(Image.fromarray(grey).filter(ImageFilter.GaussianBlur(radius)))


def _ink_is_lighter(smooth: np.ndarray) -> bool:
    """Strokes are few and differ much from the ground, so what remains without slow changes is skewed towards them."""
    from PIL import Image, ImageFilter

    small = Image.fromarray(smooth)
    small.thumbnail((96, 96), Image.Resampling.BOX)
    detail = np.asarray(small, np.float32) - np.asarray(small.filter(ImageFilter.BoxBlur(24)), np.float32)
    top, left = (side // 12 for side in detail.shape)  # what lies at the picture's edge is rarely the digit
    return float((detail[top : detail.shape[0] - top, left : detail.shape[1] - left] ** 3).mean()) > 0
