"""The ruled lines of a table: which lines of writing are one row, and where columns end."""

import itertools

import numpy as np

from nural.reading.components import Component
from nural.reading.ruling import Rule

_LOWEST, _TALLEST = 1.1, 3.2  # in heights of the digits: the distance between the lines of a table's row
_NARROWEST = 2.0  # in heights: the least width of a column; squared paper has narrower squares
_OFF = 0.25  # in heights: how far apart vertically two parts of one row may be
_BESIDE = 0.3  # of the narrower component: how much of it may overlap another one beside it

Box = tuple[int, int, int, int]


class Grid:
    """The ruled lines of a page.

    Args:
        rules: The lines, in pixels of the photograph.
        back: The ``(2, 3)`` matrix that maps points of the upright page to pixels of the photograph.
    """

    def __init__(self, rules: list[Rule], back: np.ndarray) -> None:
        self._level = [rule for rule in rules if not rule.upright]
        self._upright = [rule for rule in rules if rule.upright]
        self._back = back

    def with_whole_rows(self, lines: list[list[Component]]) -> list[list[Component]]:
        """Join those lines of writing that stand side by side between the same two level lines of a table.

        In one cell of a table people write higher or lower than in the next.
        """
        joined: list[list[Component]] = []
        for line in lines:
            row = next((row for row in joined if self._one_row(row, line)), None)
            if row is None:
                joined.append(list(line))
            else:
                row += line
                row.sort(key=lambda component: component.middle[1])
        return joined

    def columns_end(self, boxes: list[Box]) -> list[bool]:
        """For each box of a line, whether an upright line of the table passes before it."""
        if not boxes:
            return []
        height = float(np.median([bottom - top for top, _, bottom, _ in boxes]))
        ends = [False]
        for before, after in itertools.pairwise(boxes):
            top, bottom = min(before[0], after[0]), max(before[2], after[2])
            left = self._place((top + bottom) / 2, (before[1] + before[3]) / 2)
            right = self._place((top + bottom) / 2, (after[1] + after[3]) / 2)
            passing = [x for x, rule in self._crossing(self._upright, left[0], 0) if left[1] < x < right[1]]
            ends.append(bool(passing) and self._is_wide(passing[0], left[0], height))
        return ends

    def _one_row(self, first: list[Component], second: list[Component]) -> bool:
        """Whether two lines stand side by side between the same two level lines."""
        heights = [float(np.median([component.height for component in line])) for line in (first, second)]
        height = max(heights)
        if min(heights) < 0.45 * height or _overlap(first, second):
            return False
        here, there = min(
            ((a, b) for a in first for b in second), key=lambda pair: abs(pair[0].middle[1] - pair[1].middle[1])
        )
        bands = [self._band(*self._place(*component.middle), height) for component in (here, there)]
        if bands[0] is None or bands[1] is None:
            return False
        column = self._place(*there.middle)[1]
        return all(
            abs(_at(a, column) - _at(b, column)) <= _OFF * height for a, b in zip(bands[0], bands[1], strict=True)
        )

    def _band(self, row: float, column: float, height: float) -> tuple[Rule, Rule] | None:
        """The level lines above and below a point, if their distance fits a table with such digits."""
        crossing = self._crossing(self._level, column, height)
        above = max((each for each in crossing if each[0] <= row), key=lambda each: each[0], default=None)
        below = min((each for each in crossing if each[0] > row), key=lambda each: each[0], default=None)
        if above is None or below is None or not _LOWEST * height <= below[0] - above[0] <= _TALLEST * height:
            return None
        return above[1], below[1]

    def _is_wide(self, column: float, row: float, height: float) -> bool:
        """Whether the neighbouring upright lines, if any, are at least the width of a column away."""
        others = [abs(x - column) for x, _ in self._crossing(self._upright, row, 0)]
        return all(distance >= _NARROWEST * height for distance in others if distance > _OFF * height)

    @staticmethod
    def _crossing(rules: list[Rule], along: float, beyond: float) -> list[tuple[float, Rule]]:
        """The lines that reach this column (or row, for upright lines), and their position there."""
        return [
            (_at(rule, along), rule)
            for rule in rules
            if rule.start - beyond <= along <= rule.start + len(rule.curve) + beyond
        ]

    def _place(self, row: float, column: float) -> tuple[float, float]:
        """A point of the upright page in pixels of the photograph: row and column."""
        x, y = self._back @ (column, row, 1.0)
        return float(y), float(x)


def _at(rule: Rule, along: float) -> float:
    """The line's row in this column, or column in this row; beyond its ends the line goes on straight."""
    within = along - rule.start
    inside = float(np.clip(within, 0, len(rule.curve) - 1))
    return float(rule.curve[int(inside)]) + rule.slope * (within - inside)


def _overlap(first: list[Component], second: list[Component]) -> bool:
    """Whether a component of one line overlaps one of the other horizontally."""
    for a in first:
        for b in second:
            shared = min(a.box[3], b.box[3]) - max(a.box[1], b.box[1])
            if shared > _BESIDE * min(a.width, b.width):
                return True
    return False
