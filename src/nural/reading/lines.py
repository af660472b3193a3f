"""Components of ink put into lines."""

import numpy as np

from nural.reading.components import Component

_LEAST = 9  # pixels: lower components do not begin a line
_SMALLER, _LARGER = 0.45, 1.9  # of the line's height: the heights that components of one line may have
_OFF, _OFF_FAR = 0.45, 0.4  # of its height: how far off the line a component may be; the same after a wide gap
_FAR = 3.0  # in heights: a gap of this width is wide
_NEAR = 0.6  # in heights: how near a digit a small stroke must be to belong to it


def lines_of(components: list[Component]) -> list[list[Component]]:
    """Put components into lines, from top to bottom, each from left to right.

    The tallest component begins a line, which grows on both sides by the next component of similar height that lies
    where the line goes on; then the tallest of the others begins the next. Small strokes are added to the line they lie
    in. The page is upright up to a few degrees.
    """
    order = sorted(range(len(components)), key=lambda i: -components[i].height)
    boxes = np.array([component.box for component in components], float).reshape(-1, 4)
    free = np.ones(len(components), bool)
    lines = []
    for i in order:
        if not free[i] or components[i].height < _LEAST:
            continue
        free[i] = False
        members = [i]
        for side in (1, -1):
            while (found := _next(boxes, free, members, side)) is not None:
                free[found] = False
                members.insert(len(members) if side == 1 else 0, found)
        _add_small(boxes, free, members)
        lines.append(sorted((components[j] for j in members), key=lambda component: component.middle[1]))
    return sorted(lines, key=lambda line: float(np.median([component.middle[0] for component in line])))


def _next(boxes: np.ndarray, free: np.ndarray, members: list[int], side: int) -> int | None:
    """The free component that continues a line to the right (1) or left (-1)."""
    last = members[-6:] if side == 1 else members[:6]
    here = boxes[last]
    height = float(np.median(here[:, 2] - here[:, 0]))
    rows, columns = (here[:, 0] + here[:, 2]) / 2, (here[:, 1] + here[:, 3]) / 2
    spread = columns - columns.mean()
    slope = float(np.clip(spread @ (rows - rows.mean()) / (spread @ spread + (4 * height) ** 2), -0.12, 0.12))
    heights = boxes[:, 2] - boxes[:, 0]
    middle = (boxes[:, 1] + boxes[:, 3]) / 2
    gap = boxes[:, 1] - here[:, 3].max() if side == 1 else here[:, 1].min() - boxes[:, 3]
    beyond = side * (middle - (columns[-1] if side == 1 else columns[0])) > 0
    off = np.abs((boxes[:, 0] + boxes[:, 2]) / 2 - rows.mean() - slope * (middle - columns.mean()))
    fits = free & beyond & (gap > -0.5 * height) & (heights >= _SMALLER * height) & (heights <= _LARGER * height)
    fits &= off <= np.where(gap > _FAR * height, _OFF_FAR, _OFF) * np.maximum(height, heights)
    if not fits.any():
        return None
    return int(np.where(fits, gap, np.inf).argmin())


def _add_small(boxes: np.ndarray, free: np.ndarray, members: list[int]) -> None:
    """Add the small strokes that lie in the line and beside one of its members."""
    own = boxes[members]
    for i in np.flatnonzero(free):
        top, left, bottom, right = boxes[i]
        heights = own[:, 2] - own[:, 0]
        gap = np.maximum(own[:, 1] - right, left - own[:, 3])
        middle = (top + bottom) / 2
        inside = (middle > own[:, 0] - 0.15 * heights) & (middle < own[:, 2] + 0.15 * heights)
        if (inside & (gap <= _NEAR * heights) & (bottom - top < _SMALLER * heights)).any():
            free[i] = False
            members.append(int(i))
