"""Long straight lines on a page, ruled, squared or of a table: found and removed, while strokes across them stay.

A line is a long path: a chain of ink from column to column that moves by at most one row per column (path openings:
Heijmans, Buckley and Talbot, *Path openings and closings*, 2005). Paths follow lines that are tilted, seen in
perspective or drawn by hand, and may begin and end anywhere.
"""

from dataclasses import dataclass

import numpy as np

from nural.data.runs import run_lengths

_SHORTEST = 0.09  # of the page's longer side
_THICKEST = 0.008  # of the page's longer side
_SLENDER = 25  # in thicknesses: a line is at least this long; strokes of digits are shorter
_GAP = 9  # pixels for which a line may be interrupted
_STRAIGHT = 0.4  # the share of a path's points that must lie near one smooth curve
_PARTS = 8  # of a path, the best of which determines the line
_ROUNDS = 8
_BEYOND = 30  # pixels beyond its ends in which a line is removed too
_STEEPEST = 0.4  # tangent: the largest slope of a line against level or upright


@dataclass(frozen=True)
class Rule:
    """A straight line on a page that runs from left to right, or down if ``upright``.

    Attributes:
        start: Its first column; its first row if upright.
        curve: Its row in each column from there on; its column in each row if upright.
        thickness: In pixels.
        upright: Whether it runs from top to bottom.
    """

    start: int
    curve: np.ndarray
    thickness: float
    upright: bool

    @property
    def slope(self) -> float:
        """Rows per column, or columns per row if upright."""
        return float((self.curve[-1] - self.curve[0]) / max(1, len(self.curve) - 1))


def remove_rules(levels: np.ndarray, low: float) -> tuple[np.ndarray, list[Rule]]:
    """Remove the lines of a page, level ones first.

    Where the ink across a line is no thicker than the line, it is the line; where it is thicker or darker, a stroke
    crosses and stays. Staff lines are removed from music in this way (Dalitz et al., *A comparative study of staff
    removal algorithms*, 2008).

    Args:
        levels: The ink, float32 ``(H, W)`` from 0 to 1.
        low: The level from which ink counts.

    Returns:
        The ink without lines, and the lines.
    """
    found = []
    for upright in (False, True):
        view = np.ascontiguousarray(levels.T) if upright else levels
        mask = view >= low
        rules = _level_rules(mask, upright)
        if rules:
            erased = _erase(view, mask, rules)
            levels = np.ascontiguousarray(erased.T) if upright else erased
            found += rules
    return levels, found


def _level_rules(mask: np.ndarray, upright: bool) -> list[Rule]:
    import cv2

    shortest = _SHORTEST * max(mask.shape)
    across = np.ascontiguousarray(run_lengths(np.ascontiguousarray(mask.T)).T)
    left = cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((1, _GAP), np.uint8))
    thin = (left > 0) & (across <= _thickest(mask.shape))
    rules = []
    for _ in range(_ROUNDS):  # of lines that are connected by strokes, a round finds one
        before = _path_lengths(left, thin)
        after = _path_lengths(left[:, ::-1], thin[:, ::-1])[:, ::-1]
        total = np.where(thin, before + after - 1, 0)
        long = total >= shortest
        if not long.any():
            break
        for row, column in _longest_of_each_component(total, long):
            if not left[row, column]:
                continue
            start, path = _trace(left, before, after, row, column)
            columns = np.arange(start, start + len(path))
            if left[path, columns].mean() < 0.5:
                continue  # it was already found, from another component
            rule, band = _fit(start, path, across, thin[path, columns], upright)
            if rule is not None:
                rules.append(rule)
                path = np.rint(rule.curve).astype(np.int64)
                columns = np.arange(rule.start, rule.start + len(path))
            left[row, column] = 0
            for offset in range(-band, band + 1):  # so that it is not searched again
                left[np.clip(path + offset, 0, len(left) - 1), columns] = 0
        thin &= left > 0
    return rules


def _thickest(shape: tuple[int, ...]) -> float:
    return max(4.0, _THICKEST * max(shape))


def _longest_of_each_component(total: np.ndarray, long: np.ndarray) -> list[tuple[int, int]]:
    """Row and column of the largest ``total`` in each connected component of ``long``, the largest first."""
    import cv2

    _, labels = cv2.connectedComponents(long.astype(np.uint8), connectivity=8)
    rows, columns = np.nonzero(long)
    number = labels[rows, columns]
    order = np.lexsort((total[rows, columns], number))
    sizes = np.bincount(number)
    last = order[np.cumsum(sizes)[1:] - 1][sizes[1:] >= _GAP]  # the rest are parts of strokes
    last = last[np.argsort(-total[rows[last], columns[last]], kind="stable")]
    return [(int(rows[i]), int(columns[i])) for i in last]


def _path_lengths(mask: np.ndarray, thin: np.ndarray) -> np.ndarray:
    """For each point of the mask, the most thin points on a path from the left that ends there: int32 ``(H, W)``."""
    columns = np.ascontiguousarray(mask.T).astype(np.int32)
    counted = np.ascontiguousarray(thin.T).astype(np.int32)
    lengths = np.zeros((columns.shape[0], columns.shape[1] + 2), np.int32)
    lengths[0, 1:-1] = counted[0]
    for x in range(1, len(columns)):
        last, now = lengths[x - 1], lengths[x, 1:-1]
        np.maximum(last[:-2], last[2:], out=now)
        np.maximum(now, last[1:-1], out=now)
        now += counted[x]
        now *= columns[x]
    return lengths[:, 1:-1].T


def _trace(mask: np.ndarray, before: np.ndarray, after: np.ndarray, row: int, column: int) -> tuple[int, np.ndarray]:
    """The longest path through a point: its first column and its rows. It goes straight where it can."""
    left = _follow(mask, before, row, column, -1)
    right = _follow(mask, after, row, column, 1)
    return column - len(left), np.array([*left[::-1], row, *right])


def _follow(mask: np.ndarray, lengths: np.ndarray, row: int, column: int, step: int) -> list[int]:
    rows = []
    height, width = lengths.shape
    while 0 <= column + step < width:
        column += step
        beside = [r for r in (row, row - 1, row + 1) if 0 <= r < height]
        row = max(beside, key=lambda r: lengths[r, column])
        if not lengths[row, column]:
            break
        rows.append(row)
    return rows


def _fit(start: int, path: np.ndarray, across: np.ndarray, thin: np.ndarray, upright: bool) -> tuple[Rule | None, int]:
    """The line along most of a path, or None if there is none; and how many rows around it were searched."""
    length = len(path)
    runs = across[path, np.arange(start, start + length)][thin]
    thickness = float(np.percentile(runs[runs > 0], 30)) if (runs > 0).any() else 1.0
    band = int(thickness / 2 + 2)
    x, y = np.flatnonzero(thin).astype(np.float64), path[thin].astype(np.float64)
    shortest = _SHORTEST * max(across.shape)
    if length < _SLENDER * thickness or len(x) < shortest:
        return None, band
    near = _agreeing(x, y, thickness / 2 + 5)
    line = np.zeros(2)
    for reach, degree in ((4.0, 1), (3.0, 2), (2.0, 3), (1.5, 3)):
        if near.sum() < max(shortest, _STRAIGHT * len(x)):
            return None, band
        line = np.polyfit(x[near] / length, y[near], degree)
        near = np.abs(np.polyval(line, x / length) - y) <= thickness / 2 + reach
    if near.sum() < max(shortest, _STRAIGHT * len(x)):
        return None, band
    first, last = int(x[near][0]), int(x[near][-1])
    curve = np.polyval(line, np.arange(first, last + 1) / length)
    if abs(curve[-1] - curve[0]) > _STEEPEST * len(curve):
        return None, band
    return Rule(start + first, curve, thickness, upright), band


def _agreeing(x: np.ndarray, y: np.ndarray, reach: float) -> np.ndarray:
    """Which points lie near a straight line: that of the part of the path with which most other points agree.

    A path may change from one line to another along a stroke.
    """
    best = np.zeros(len(x), bool)
    for part_x, part_y in zip(np.array_split(x, _PARTS), np.array_split(y, _PARTS), strict=True):
        half = len(part_x) // 2
        if half == 0:  # a single point has no slope
            continue
        steps = part_x[half:] - part_x[: len(part_x) - half]
        slope = float(np.median((part_y[half:] - part_y[: len(part_y) - half]) / steps))  # Theil and Sen
        near = np.abs(np.median(part_y - slope * part_x) + slope * x - y) <= reach
        if near.sum() > best.sum():
            best = near
    return best


def _erase(levels: np.ndarray, mask: np.ndarray, rules: list[Rule]) -> np.ndarray:
    across = np.ascontiguousarray(run_lengths(np.ascontiguousarray(mask.T)).T)
    erased = levels.copy()
    for rule in rules:
        columns, curve = _continued(rule, levels.shape[1])
        curve, strength = _centred(curve, rule.thickness, levels, columns)
        middle = np.rint(curve).astype(np.int64)
        darker = max(1.6 * strength, strength + 0.12)
        reach = rule.thickness / 2 + 1.5
        for offset in range(int(-reach) - 1, int(reach) + 2):
            rows = middle + offset
            hit = (np.abs(rows - curve) <= reach) & (rows >= 0) & (rows < len(levels))
            at = rows[hit], columns[hit]
            line = (across[at] <= 1.6 * rule.thickness + 2) & (levels[at] < darker)
            erased[at[0][line], at[1][line]] = 0
    return erased


def _continued(rule: Rule, width: int) -> tuple[np.ndarray, np.ndarray]:
    """A line's columns and rows, and a little beyond its ends, where a stroke may have interrupted it."""
    columns = np.arange(rule.start - _BEYOND, rule.start + len(rule.curve) + _BEYOND)
    few = min(40, len(rule.curve) - 1)
    beyond = np.arange(1, _BEYOND + 1)
    before = rule.curve[0] - (rule.curve[few] - rule.curve[0]) / few * beyond[::-1]
    after = rule.curve[-1] + (rule.curve[-1] - rule.curve[-1 - few]) / few * beyond
    inside = (columns >= 0) & (columns < width)
    return columns[inside], np.concatenate([before, rule.curve, after])[inside]


def _centred(curve: np.ndarray, thickness: float, levels: np.ndarray, columns: np.ndarray) -> tuple[np.ndarray, float]:
    """The curve moved to the middle of its line, and the line's level of ink."""
    offsets = np.arange(-int(thickness) - 1, int(thickness) + 2)
    rows = np.clip(np.rint(curve).astype(np.int64) + offsets[:, None], 0, len(levels) - 1)
    profile = np.median(levels[rows, columns], axis=1)
    if not profile.any():
        return curve, 0.0
    return curve + float(profile @ offsets / profile.sum()), float(profile.max())
