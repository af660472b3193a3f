"""Ruled and squared paper: its lines are found and removed, the strokes across them stay."""

import numpy as np

from nural.data.runs import run_lengths

_STEEPEST = 0.27  # tangent of 15 degrees
_COARSE = 200  # pixels of the longer side in the first look for the lines' slope
_THICKEST = 0.03  # of the picture's shorter side


def remove_lines(ink: np.ndarray, threshold: float) -> np.ndarray:
    """Remove straight lines that cross the whole picture, level or upright, tilted up to 15 degrees.

    Lines have the slope along which the ink's projection has its sharpest peaks. A peak is a line if it is thin,
    reaches the picture's border and has few gaps. Where the ink across a line is no thicker than the line, it is the
    line; where it is thicker or darker, a stroke crosses and stays. Staff lines are removed from music in this way
    (Dalitz et al., *A comparative study of staff removal algorithms*, 2008).

    Args:
        ink: uint8 ``(H, W)``, 0 for the ground.
        threshold: The level from which ink counts.

    Returns:
        The ink without lines, uint8 ``(H, W)``: the argument itself if there are none.
    """
    low = threshold / 2
    if max(edge.max() for edge in (ink[0], ink[-1], ink[:, 0], ink[:, -1])) < low:
        return ink  # lines touch a border
    for turn in (False, True):
        view = ink.T if turn else ink
        cleaned = _remove_level_lines(view, low)
        ink = cleaned.T if turn else cleaned
    return ink


def _remove_level_lines(ink: np.ndarray, low: float) -> np.ndarray:
    mask = ink >= low
    slope = _slope(mask)
    width = mask.shape[1]
    rows, columns = np.nonzero(mask)
    if not len(rows):
        return ink
    offset = np.floor(rows - slope * (columns - width / 2) + 0.5).astype(np.int64)
    first = int(offset.min())
    profile = np.bincount(offset - first)
    candidates = _peaks(profile, 0.4 * width)
    if not len(candidates):
        return ink
    across = np.ascontiguousarray(run_lengths(np.ascontiguousarray(mask.T)).T)
    order = np.argsort(offset, kind="stable")  # so that points near a line come one after another
    rows, columns = rows[order], columns[order]
    until = np.concatenate([[0], np.cumsum(profile)])
    reach = int(2 + 0.004 * width)
    thickest = max(1.5, _THICKEST * min(mask.shape))
    on_line = np.zeros_like(mask)
    found = []
    for candidate in candidates:
        near = slice(until[max(0, candidate - reach)], until[min(len(profile), candidate + reach + 1)])
        line = _fit(rows[near], columns[near], across[rows[near], columns[near]], thickest, mask.shape)
        if line is not None:
            curve, thickness = line
            found.append(thickness)
            _mark(on_line, curve, thickness / 2 + 1.5)
    return _erase(ink, mask, on_line, across, float(np.median(found))) if found else ink


def _mark(on_line: np.ndarray, curve: np.ndarray, reach: float) -> None:
    """Set what lies within ``reach`` rows of the curve ``(W,)``."""
    for row in range(int(-reach) - 1, int(reach) + 2):
        rows = np.rint(curve).astype(np.int64) + row
        hit = (np.abs(rows - curve) <= reach) & (rows >= 0) & (rows < len(on_line))
        on_line[rows[hit], np.flatnonzero(hit)] = True


def _erase(ink: np.ndarray, mask: np.ndarray, on_line: np.ndarray, across: np.ndarray, thickness: float) -> np.ndarray:
    thin = on_line & (across <= 1.6 * thickness + 1.5)
    erased = thin
    strokes = mask & ~on_line
    plain = thin & mask
    if strokes.any() and plain.any():
        line_level = np.percentile(ink[plain], 90)
        if np.percentile(ink[strokes], 80) > 1.5 * line_level:  # a dark stroke: paler pixels are the line's
            erased = thin | (on_line & (ink <= 1.2 * line_level))
    return np.where(erased, np.uint8(0), ink)


def _slope(mask: np.ndarray) -> float:
    """The slope, in rows per column, along which the projection is sharpest."""
    factor = max(1, -(-max(mask.shape) // _COARSE))
    height, width = (side // factor * factor for side in mask.shape)
    blocks = mask[:height, :width].reshape(height // factor, factor, width // factor, factor)
    small = np.any(blocks, axis=(1, 3))
    coarse = _sharpest(np.asarray(small), np.linspace(-_STEEPEST, _STEEPEST, 55))
    return _sharpest(mask, coarse + np.linspace(-0.01, 0.01, 21))


def _sharpest(mask: np.ndarray, slopes: np.ndarray) -> float:
    rows, columns = (axis.astype(np.float32) for axis in np.nonzero(mask))
    if len(rows) > 20_000:  # enough to tell a slope
        rows, columns = rows[:: len(rows) // 20_000], columns[:: len(columns) // 20_000]
    columns -= mask.shape[1] / 2
    room = int(mask.shape[1] * _STEEPEST) + 4
    scores = []
    for slope in slopes:
        profile = np.bincount((rows - np.float32(slope) * columns + room).astype(np.int64)).astype(np.float64)
        scores.append(float(profile @ profile))
    return float(slopes[int(np.argmax(scores))])


def _peaks(profile: np.ndarray, least: float) -> np.ndarray:
    """Where the projection, summed over three rows, has a maximum of at least ``least``."""
    summed = np.convolve(profile, [1, 1, 1], mode="same")
    padded = np.concatenate([[0], summed, [0]])
    return np.flatnonzero((summed >= padded[:-2]) & (summed > padded[2:]) & (summed >= least))


def _fit(
    rows: np.ndarray, columns: np.ndarray, across: np.ndarray, thickest: float, shape: tuple[int, ...]
) -> tuple[np.ndarray, float] | None:
    """The line's row in each column, ``(W,)``, and its thickness; None if it is too thick or has too many gaps."""
    width = shape[1]
    thickness = float(np.percentile(across, 25))  # where strokes run along the line, many pixels are thicker
    if thickness > thickest:
        return None
    thin = across <= 1.6 * thickness + 1
    x = 2 * columns[thin] / width - 1
    y = rows[thin].astype(np.float64)
    if np.ptp(x) < 1:
        return None
    coefficients = np.polyfit(x, y, 2)
    for _ in range(2):
        close = np.abs(np.polyval(coefficients, x) - y) <= thickness / 2 + 1.5
        if np.count_nonzero(close) < 10 or np.ptp(x[close]) < 1:
            return None
        coefficients = np.polyfit(x[close], y[close], 2)
    curve = np.polyval(coefficients, 2 * np.arange(width) / width - 1)
    close = np.abs(curve[columns] - rows) <= thickness / 2 + 1.5
    covered = np.zeros(width, bool)
    covered[columns[close]] = True
    inside = (curve >= 0) & (curve < shape[0])
    covered = covered[inside]
    if len(covered) < 0.3 * width:
        return None
    end = max(1, len(covered) // 12)
    ends = (covered[:end].mean() > 0.5) + (covered[-end:].mean() > 0.5)
    if covered.mean() < (1.0, 0.7, 0.5)[int(ends)]:
        return None
    return curve, thickness
