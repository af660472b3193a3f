"""Which components of ink are the digit, and which are specks, page edges and other dirt."""

import numpy as np

from nural.data.runs import join_runs, runs_of

_SMALLEST = 0.03  # of the picture's longer side: a digit is larger
_SPECK = 0.04  # of the main component's mass
_NEAR = 0.4  # of the main component's longer side
_MARGIN = 0.06  # of the picture's side: what lies wholly within it is the edge of a page


def keep_digit(ink: np.ndarray, threshold: float) -> np.ndarray:
    """Keep the main component of ink and what belongs to it: components nearby that are not specks.

    Components that touch the picture's border count as dirt if there is another one that is large enough.

    Args:
        ink: uint8 ``(H, W)``, 0 for the ground.
            threshold: The level from which ink counts.

    Returns:
        The digit's ink, uint8 ``(H, W)``, 0 elsewhere; all 0 if no component can be a digit.
    """
    mask = ink >= threshold
    runs = runs_of(mask)
    kept = np.zeros_like(ink)
    if not len(runs.row):
        return kept
    number = join_runs(runs)
    count = int(number.max()) + 1
    total = np.concatenate([[0], np.cumsum(ink, dtype=np.int64)])
    width = ink.shape[1]
    mass = np.bincount(number, total[runs.row * width + runs.stop] - total[runs.row * width + runs.start], count)
    top, left = (_extreme(np.minimum, values, number, count) for values in (runs.row, runs.start))
    bottom, right = (_extreme(np.maximum, values, number, count) for values in (runs.row + 1, runs.stop))
    chosen = _choose(mass, np.stack([top, left, bottom, right]), ink.shape)
    lengths = runs.stop - runs.start
    keep = np.zeros_like(mask)
    keep[mask] = np.repeat(chosen[number], lengths)
    np.copyto(kept, ink, where=keep)
    return kept


def _extreme(extreme: np.ufunc, values: np.ndarray, number: np.ndarray, count: int) -> np.ndarray:
    result = np.full(count, 1 << 30 if extreme is np.minimum else -1, np.int64)
    extreme.at(result, number, values)
    return result


def _choose(mass: np.ndarray, box: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Which components make up the digit: bool ``(P,)`` for masses ``(P,)`` and boxes ``(4, P)``."""
    top, left, bottom, right = box
    height, width = shape
    size = np.maximum(bottom - top, right - left)
    touching = (top == 0) | (left == 0) | (bottom == height) | (right == width)
    margin_rows, margin_columns = _MARGIN * height, _MARGIN * width
    at_edge = touching & (
        (bottom <= margin_rows)
        | (top >= height - margin_rows)
        | (right <= margin_columns)
        | (left >= width - margin_columns)
    )
    possible = ~at_edge & (size >= _SMALLEST * max(shape))
    if not possible.any():
        return possible
    inside = possible & ~touching
    if inside.any() and mass[inside].max() > 0.05 * mass[possible].max():
        possible = inside
    main = int(np.where(possible, mass, 0).argmax())
    candidate = (mass >= _SPECK * mass[main]) & ~at_edge & (~touching | touching[main])
    chosen = np.zeros_like(candidate)
    chosen[main] = True
    while True:  # what is near the digit belongs to it, and may itself be near more
        extent = [int(top[chosen].min()), int(left[chosen].min()), int(bottom[chosen].max()), int(right[chosen].max())]
        gap_rows = np.maximum(top - extent[2], extent[0] - bottom)
        gap_columns = np.maximum(left - extent[3], extent[1] - right)
        reach = _NEAR * max(extent[2] - extent[0], extent[3] - extent[1])
        more = candidate & (np.maximum(gap_rows, gap_columns) <= reach)
        if not (more & ~chosen).any():
            return chosen
        chosen |= more
