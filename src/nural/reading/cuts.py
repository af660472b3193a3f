"""Where a component of ink may be cut between touching digits."""

from dataclasses import dataclass

import numpy as np

from nural.reading.components import Component

_WIDE = 0.62  # of the line's height: narrower components are single digits
_WIDEST = 7.0  # of the line's height: wider ones are scribbles or lines, not that many digits that touch
_STEP = 0.08  # of the line's height: the distance between cuts that are tried
_SWAY = 0.2  # of the line's height: how far a cut may bend to either side
_SIDEWAYS = 0.06  # in ink: the cost of a step aside, so that cuts go straight down unless ink is saved
_LONGEST_CUT = 3.5  # the most ink a cut may go through, in widths of a stroke
_INSIDE = 0.25  # in ink: the cost of a row inside a loop, so that cuts go between loops, not through them
_SOLID = 0.35  # of the component's level: ink that encloses a loop


@dataclass(frozen=True)
class Atom:
    """A part of a component that no cut divides.

    Attributes:
        box: Top, left, bottom, right.
        ink: float32 of the box's shape, 0 to 1.
        component: The index of the component in its line.
        cut: How much ink the cut on its left goes through, in widths of a stroke; 0 where the component begins.
    """

    box: tuple[int, int, int, int]
    ink: np.ndarray
    component: int
    cut: float


def atoms_of(component: Component, number: int, height: float) -> list[Atom]:
    """Divide a component by all cuts that may separate two digits, from left to right.

    A cut runs from top to bottom along the way with the least ink within a band, moving by at most one column per row
    (dynamic programming).

    Args:
        component: The component.
        number: Its index in its line.
        height: The height of the line's digits in pixels.
    """
    columns, costs = _cuts(component, height)
    if not len(columns):
        return [Atom(component.box, component.ink, number, 0.0)]
    side = (np.arange(component.width)[None, :, None] >= columns[:, None, :]).sum(axis=2)
    top, left = component.box[:2]
    atoms = []
    for i in range(len(costs) + 1):
        part = np.where(side == i, component.ink, np.float32(0))
        rows, within = np.flatnonzero(part.any(axis=1)), np.flatnonzero(part.any(axis=0))
        if not len(rows):
            continue
        box = (top + rows[0], left + within[0], top + rows[-1] + 1, left + within[-1] + 1)
        ink = part[rows[0] : rows[-1] + 1, within[0] : within[-1] + 1]
        atoms.append(Atom(tuple(int(v) for v in box), ink, number, costs[i - 1] if i else 0.0))  # pyright: ignore
    return atoms


def _cuts(component: Component, height: float) -> tuple[np.ndarray, list[float]]:
    """The cuts' columns in each row, ``(h, C)``, and how many widths of a stroke each goes through."""
    none = np.zeros((component.height, 0), int), []
    if not _WIDE * height <= component.width <= _WIDEST * height:
        return none
    sway, edge = max(2, round(_SWAY * height)), max(1, round(0.12 * height))
    middles = np.arange(edge, component.width - edge + 1, max(2.0, _STEP * height)).astype(int)
    if not len(middles):
        return none
    costs = np.pad(np.maximum(component.ink, np.float32(_INSIDE) * _in_loops(component.ink)), ((0, 0), (sway, sway)))
    bands = np.stack([costs[:, middle : middle + 2 * sway + 1] for middle in middles])  # (C, h, band)
    paths = _cheapest_paths(bands) + (middles - sway)[:, None]
    rows = np.arange(component.height)
    found: list[tuple[float, np.ndarray]] = []
    for path in paths:
        inside = (path >= 0) & (path < component.width)
        cost = float(component.ink[rows[inside], path[inside]].sum()) / max(1.0, component.stroke)
        found.append((cost, path))
    kept: list[tuple[float, np.ndarray]] = []
    for cost, path in sorted(found, key=lambda each: each[0]):  # of cuts close to each other, only the cheapest is kept
        if cost <= _LONGEST_CUT and all(np.abs(path - other).mean() > 0.06 * height for _, other in kept):
            kept.append((cost, path))
    if not kept:
        return none
    kept.sort(key=lambda each: float(each[1].mean()))
    columns = np.sort(np.stack([path for _, path in kept], axis=1), axis=1)  # so that none crosses another
    return columns, [cost for cost, _ in kept]


def _in_loops(ink: np.ndarray) -> np.ndarray:
    """Where ink encloses the ground, bool ``(h, w)``."""
    import cv2

    ground = np.pad(ink < _SOLID, 1, constant_values=True).astype(np.uint8)
    _, labels = cv2.connectedComponents(ground, connectivity=4)
    return ((ground > 0) & (labels != labels[0, 0]))[1:-1, 1:-1]


def _cheapest_paths(bands: np.ndarray) -> np.ndarray:
    """The column, in each row, of the cheapest way down each band: ``(C, h)`` for ``(C, h, band)``."""
    count, height, _width = bands.shape
    cost = np.pad(bands[:, 0], ((0, 0), (1, 1)), constant_values=np.inf)
    came = np.zeros(bands.shape, np.int8)
    for row in range(1, height):
        ways = np.stack([cost[:, 1:-1], cost[:, :-2] + _SIDEWAYS, cost[:, 2:] + _SIDEWAYS])
        choice = ways.argmin(axis=0)
        came[:, row] = np.array([0, -1, 1], np.int8)[choice]
        cost[:, 1:-1] = bands[:, row] + np.take_along_axis(ways, choice[None], axis=0)[0]
    paths = np.zeros((count, height), int)
    paths[:, -1] = cost[:, 1:-1].argmin(axis=1)
    each = np.arange(count)
    for row in range(height - 1, 0, -1):
        paths[:, row - 1] = paths[:, row] + came[each, row, paths[:, row]]
    return paths
