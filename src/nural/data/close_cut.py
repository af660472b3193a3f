"""Pictures that are cut close around a digit, so that its strokes touch the border."""

import numpy as np

_GROUND = 0.12  # of the contrast: within this distance of the ground's level a pixel is ground; beyond half, stroke
_STROKE = 0.03  # of the longer side: a stroke at the border is at least this wide, a ruled line is narrower
_STROKES = 3  # that may touch one side; more are ruled lines
_BETWEEN = 0.3  # the largest share of pixels that may be neither ground nor ink, where edges are soft
_MARGIN = 0.25  # of the longer side, added all around


def framed(grey: np.ndarray) -> np.ndarray:
    """Add ground around a picture that is cut close around its ink; any other stays as it is.

    A picture is cut close if it has two levels, ink and ground, if most of its border is ground, and if wide strokes
    touch the border on opposite sides. Ruled lines are narrower; a shadow is a third level; the strip of a table beside
    the paper covers a whole side with both its corners. Such pictures stay as they are: there, what touches the border
    shows where the ground ends.

    Args:
        grey: uint8 ``(H, W)``.

    Returns:
        uint8 ``(H, W)``, or larger.
    """
    levels = grey.astype(np.int16)
    sides = levels[0], levels[:, -1], levels[-1], levels[:, 0]
    ground = int(np.median(np.concatenate(sides)))
    low, high = np.percentile(levels, (0.5, 99.5))
    contrast = max(high - ground, ground - low)
    away = np.abs(levels - ground)
    ink, clear = away > 0.5 * contrast, away <= _GROUND * contrast
    if contrast < 24 or (~ink & ~clear).mean() > _BETWEEN:
        return grey
    of_sides = [_run_lengths(side) for side in (ink[0], ink[:, -1], ink[-1], ink[:, 0])]
    top, right, bottom, left = (len(lengths) > 0 for lengths in of_sides)
    wide = max(max(lengths, default=0) for lengths in of_sides) >= _STROKE * max(grey.shape)
    many = max(map(len, of_sides)) > _STROKES
    covered = any(side[[0, -1]].all() and side.mean() > 0.9 for side in (ink[0], ink[:, -1], ink[-1], ink[:, 0]))
    if not ((top and bottom) or (left and right)) or not wide or many or covered:
        return grey
    return np.pad(grey, round(_MARGIN * max(grey.shape)), constant_values=ground)


def _run_lengths(mask: np.ndarray) -> list[int]:
    """The lengths of the stretches of set pixels in ``(L,)``."""
    edges = np.flatnonzero(np.diff(mask, prepend=False, append=False))
    return [int(length) for length in edges[1::2] - edges[::2]]
