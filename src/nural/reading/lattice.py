"""Which pieces together make a digit: many divisions of a line are tried, and the network chooses among them.

Over-segmentation and dynamic programming over the network's log-probabilities: LeCun, Bottou, Bengio and Haffner,
*Gradient-based learning applied to document recognition*, 1998, section IV.
"""

from dataclasses import dataclass

import numpy as np

from nural.data.image import centre, scale_to_box
from nural.reading.cuts import Atom

_WIDEST, _TALLEST = 1.45, 1.9  # of the line's height: a digit's box
_LEAST = 0.25  # of it: a digit's longer side
_APART = 0.12  # of it: the widest gap between parts of one digit
_MOST_ATOMS = 8  # that make one digit
_LARGE = 100  # pixels: a larger candidate is reduced first
_REFUSED = -2.5  # the logarithm of what a piece counts that no digit covers
_CUT, _INK_OF_CUT, _JOINED = 0.25, 0.45, 0.5  # what a cut costs, what each stroke's width of it, what a join


@dataclass(frozen=True)
class Candidate:
    """Neighbouring atoms of a line that may be one digit.

    Attributes:
        first: the first atom's number in the line.
        stop: the number after the last one's.
        box: top, left, bottom, right.
        field: what the network sees, uint8 ``(28, 28)``.
        cost: what speaks against it before the network has seen it, as a logarithm.
    """

    first: int
    stop: int
    box: tuple[int, int, int, int]
    field: np.ndarray
    cost: float


def candidates_of(atoms: list[Atom], height: float) -> list[Candidate]:
    """All that may be a digit in a line whose digits have this height in pixels."""
    found = []
    for first in range(len(atoms)):
        for stop in range(first + 1, min(first + _MOST_ATOMS, len(atoms)) + 1):
            parts = atoms[first:stop]
            box = _union(parts)
            tall, wide = box[2] - box[0], box[3] - box[1]
            if wide > _WIDEST * height and stop > first + 1:
                break
            if wide > 2 * _WIDEST * height or tall > _TALLEST * height or max(tall, wide) < _LEAST * height:
                continue
            joins = sum(a.piece != b.piece for a, b in zip(parts, parts[1:], strict=False))
            if joins and _widest_gap(parts) > _APART * height:
                break
            cost = _JOINED * joins + _cost_of_cut(parts[0])
            found.append(Candidate(first, stop, box, _field(parts, box), cost))
    return found


def best_division(count: int, candidates: list[Candidate], log_probabilities: np.ndarray) -> list[int]:
    """The numbers of the candidates that, from left to right, divide a line best.

    Each of the ``count`` atoms is in one candidate or refused. Of all such divisions, the one with the largest sum of
    log-probabilities without costs.

    Args:
        count: how many atoms the line has.
        candidates: those of `candidates_of`.
        log_probabilities: that of each candidate's most probable class, ``(C,)``.
    """
    best = np.full(count + 1, -np.inf)
    best[0] = 0
    chosen: list[tuple[int, int | None]] = [(0, None)] * (count + 1)
    by_stop: list[list[int]] = [[] for _ in range(count + 1)]
    for number, candidate in enumerate(candidates):
        by_stop[candidate.stop].append(number)
    for stop in range(1, count + 1):
        best[stop], chosen[stop] = best[stop - 1] + _REFUSED, (stop - 1, None)
        for number in by_stop[stop]:
            candidate = candidates[number]
            score = best[candidate.first] + float(log_probabilities[number]) - candidate.cost
            if score > best[stop]:
                best[stop], chosen[stop] = score, (candidate.first, number)
    division = []
    stop = count
    while stop:
        stop, number = chosen[stop]
        if number is not None:
            division.append(number)
    return division[::-1]


def _cost_of_cut(atom: Atom) -> float:
    return _CUT + _INK_OF_CUT * atom.cut if atom.cut else 0.0


def _widest_gap(parts: list[Atom]) -> float:
    """How far apart neighbouring parts lie, at least in one direction."""
    widest = 0.0
    right = parts[0].box[3]
    for part in parts[1:]:
        widest = max(widest, part.box[1] - right)
        right = max(right, part.box[3])
    return widest


def _union(parts: list[Atom]) -> tuple[int, int, int, int]:
    tops, lefts, bottoms, rights = zip(*(part.box for part in parts), strict=True)
    return min(tops), min(lefts), max(bottoms), max(rights)


def _field(parts: list[Atom], box: tuple[int, int, int, int]) -> np.ndarray:
    import cv2

    ink = np.zeros((box[2] - box[0], box[3] - box[1]), np.float32)
    for part in parts:
        top, left, bottom, right = part.box
        place = ink[top - box[0] : bottom - box[0], left - box[1] : right - box[1]]
        np.maximum(place, part.ink, out=place)
    longer = max(ink.shape)
    if longer > _LARGE:
        size = [max(1, round(side * _LARGE / longer)) for side in reversed(ink.shape)]
        ink = cv2.resize(ink, size, interpolation=cv2.INTER_AREA)
    return centre(scale_to_box(np.rint(255 * ink).astype(np.uint8)))
