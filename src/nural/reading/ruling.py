"""Long straight lines on a page, ruled, squared or of a table: found and taken away, the strokes across them stay.

A line is a long path: a chain of ink from column to column that moves by at most one row a column (path openings:
Heijmans, Buckley and Talbot, *Path openings and closings*, 2005). Paths follow lines that are tilted, seen in
perspective or drawn by hand, and begin and end anywhere.
"""

from dataclasses import dataclass

import numpy as np

from nural.data.runs import run_lengths

_SHORTEST = 0.09  # of the page's longer side
_THICKEST = 0.008  # of it
_SLENDER = 25  # thicknesses: a line is at least this long; a stroke of a digit is shorter
_GAP = 9  # pixels that a line may be broken for
_STRAIGHT = 0.7  # the share of a line's points that lie near a smooth curve
_ROUNDS = 8
_STEEPEST = 0.4  # tangent: a line is at most so far from level or upright


@dataclass(frozen=True)
class Rule:
    """A straight line on a page that runs from left to right, or down if ``upright``.

    Attributes:
        start: its first column, or row if upright.
        curve: its row in each column from there on, or its column in each row.
        thickness: in pixels.
        upright: whether it runs down.
    """

    start: int
    curve: np.ndarray
    thickness: float
    upright: bool

    @property
    def slope(self) -> float:
        """Rows a column, or columns a row if upright."""
        return float((self.curve[-1] - self.curve[0]) / max(1, len(self.curve) - 1))


def remove_rules(levels: np.ndarray, low: float) -> tuple[np.ndarray, list[Rule]]:
    """Take away the lines of a page, level ones first.

    Where the ink across a line is no thicker than the line, it is the line; where it is thicker or darker, a stroke
    crosses and stays (as staff lines are removed to read music: Dalitz et al., *A comparative study of staff removal
    algorithms*, 2008).

    Args:
        levels: the ink, float32 ``(H, W)`` from 0 to 1.
        low: the level from which on it counts.

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
    thin = across <= _thickest(mask.shape)
    left = cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((1, _GAP), np.uint8))
    rules = []
    for _ in range(_ROUNDS):  # a round finds one line of those that strokes connect
        before = _path_lengths(left)
        after = _path_lengths(left[:, ::-1])[:, ::-1]
        total = np.where(left > 0, before + after - 1, 0)
        long = (total >= shortest) & thin
        if not long.any():
            break
        for row, column in _longest_of_each_piece(total, long):
            start, path = _trace(before, after, row, column)
            columns = np.arange(start, start + len(path))
            if left[path, columns].mean() < 0.5:
                continue  # it was found from another piece of this round
            rule, band = _fit(start, path, across, upright)
            ways = [path]
            if rule is not None:
                rules.append(rule)
                ways.append(np.rint(rule.curve).astype(np.int64))
            for offset in range(-band, band + 1):
                for way in ways:  # neither is looked at again
                    left[np.clip(way + offset, 0, len(left) - 1), columns] = 0
    return rules


def _thickest(shape: tuple[int, ...]) -> float:
    return max(4.0, _THICKEST * max(shape))


def _longest_of_each_piece(total: np.ndarray, long: np.ndarray) -> list[tuple[int, int]]:
    """Row and column of the largest ``total`` in each connected piece of ``long``, the largest first."""
    import cv2

    count, labels = cv2.connectedComponents(long.astype(np.uint8), connectivity=8)
    rows, columns = np.nonzero(long)
    number = labels[rows, columns]
    order = np.lexsort((total[rows, columns], number))
    last = order[np.cumsum(np.bincount(number, minlength=count))[1:] - 1]
    last = last[np.argsort(-total[rows[last], columns[last]], kind="stable")]
    return [(int(rows[i]), int(columns[i])) for i in last]


def _path_lengths(mask: np.ndarray) -> np.ndarray:
    """The length of the longest path that ends at each set pixel, coming from the left: int32 ``(H, W)``."""
    columns = np.ascontiguousarray(mask.T).astype(np.int32)
    lengths = np.zeros((columns.shape[0], columns.shape[1] + 2), np.int32)
    lengths[0, 1:-1] = columns[0]
    for x in range(1, len(columns)):
        last, now = lengths[x - 1], lengths[x, 1:-1]
        np.maximum(last[:-2], last[2:], out=now)
        np.maximum(now, last[1:-1], out=now)
        now += 1
        now *= columns[x]
    return lengths[:, 1:-1].T


def _trace(before: np.ndarray, after: np.ndarray, row: int, column: int) -> tuple[int, np.ndarray]:
    """The longest path through a pixel: its first column and its rows. It goes straight on where it can."""
    left = _follow(before, row, column, -1)
    right = _follow(after, row, column, 1)
    return column - len(left), np.array([*left[::-1], row, *right])


def _follow(lengths: np.ndarray, row: int, column: int, step: int) -> list[int]:
    rows = []
    height = len(lengths)
    remaining = int(lengths[row, column]) - 1
    while remaining > 0:
        column += step
        if lengths[row, column] < remaining:
            row = row - 1 if row > 0 and lengths[row - 1, column] >= remaining else min(row + 1, height - 1)
        rows.append(row)
        remaining -= 1
    return rows


def _fit(start: int, path: np.ndarray, across: np.ndarray, upright: bool) -> tuple[Rule | None, int]:
    """The line along a path, or None if it is none; and how many rows around the path have been looked at."""
    columns = np.arange(start, start + len(path))
    runs = across[path, columns]
    thickness = float(np.percentile(runs[runs > 0], 30)) if (runs > 0).any() else 1.0
    band = int(thickness / 2 + 2)
    if thickness > _thickest(across.shape) or len(path) < _SLENDER * thickness:
        return None, band
    x = np.linspace(-1, 1, len(path))
    near = np.ones(len(path), bool)
    curve = path.astype(np.float64)
    for reach in (3.0, 1.5, 1.5):
        curve = np.polyval(np.polyfit(x[near], path[near], 3), x)
        near = np.abs(curve - path) <= thickness / 2 + reach
        if near.mean() < _STRAIGHT:
            return None, band
    if abs(curve[-1] - curve[0]) > _STEEPEST * len(path):
        return None, band
    return Rule(start, curve, thickness, upright), band


def _erase(levels: np.ndarray, mask: np.ndarray, rules: list[Rule]) -> np.ndarray:
    across = np.ascontiguousarray(run_lengths(np.ascontiguousarray(mask.T)).T)
    erased = levels.copy()
    for rule in rules:
        columns = np.arange(rule.start, rule.start + len(rule.curve))
        middle = np.clip(np.rint(rule.curve).astype(np.int64), 0, len(levels) - 1)
        strength = float(np.median(levels[middle, columns]))
        darker = max(1.6 * strength, strength + 0.12)
        reach = rule.thickness / 2 + 1.5
        for offset in range(int(-reach) - 1, int(reach) + 2):
            rows = middle + offset
            hit = (np.abs(rows - rule.curve) <= reach) & (rows >= 0) & (rows < len(levels))
            at = rows[hit], columns[hit]
            line = (across[at] <= 1.6 * rule.thickness + 2) & (levels[at] < darker)
            erased[at[0][line], at[1][line]] = 0
    return erased
