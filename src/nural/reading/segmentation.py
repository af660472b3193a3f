"""Which components together make a digit: many segmentations of a line are tried, and the network chooses among them.

Over-segmentation and dynamic programming over the network's log-probabilities: LeCun, Bottou, Bengio and Haffner,
*Gradient-based learning applied to document recognition*, 1998, section IV.
"""

import itertools
from dataclasses import dataclass

import numpy as np

from nural.reading.cuts import Atom
from nural.reading.digit_field import digit_field

_WIDEST, _TALLEST = 1.45, 1.9  # of the line's height: the largest box of a digit
_LEAST = 0.25  # of the line's height: the least longer side of a digit
_APART = 0.12  # of the line's height: the widest gap between parts of one digit
_MOST_ATOMS = 8  # that may make one digit
_NO_DIGIT = -0.6  # the log-probability of a whole component that is no digit
_LEFT_OVER = -2.5  # and of a part that is left over when the rest of its component is digits
_WIDE_NO_DIGIT = 4.0  # per height by which a component is wider than usual digits
_USUAL_WIDTH, _WIDER = 0.85, 10.0  # up to this width, in line heights, no cost; the factor of the squared excess
_LOW, _LOWER = 0.85, 2.3  # down to this height no cost; the factor of what is missing
_HIGH, _HIGHER = 1.15, 2.0  # up to this height no cost; the factor of the excess
_CUT, _INK_OF_CUT, _JOINED = 0.7, 0.45, 0.5  # the cost of a cut, of each stroke's width in its way, and of a join


@dataclass(frozen=True)
class Candidate:
    """Neighbouring atoms of a line that may be one digit.

    Attributes:
        first: The index of the first atom in the line.
        stop: The index after the last atom's.
        box: Top, left, bottom, right.
        field: The input of the network, uint8 ``(28, 28)``.
        cost: Its cost apart from the network's answer, as a logarithm.
    """

    first: int
    stop: int
    box: tuple[int, int, int, int]
    field: np.ndarray
    cost: float


def candidates_of(atoms: list[Atom], height: float) -> list[Candidate]:
    """All groups of atoms that may be a digit, in a line whose digits have this height in pixels."""
    found = []
    for first in range(len(atoms)):
        for stop in range(first + 1, min(first + _MOST_ATOMS, len(atoms)) + 1):
            parts = atoms[first:stop]
            box = box_around([part.box for part in parts])
            tall, wide = box[2] - box[0], box[3] - box[1]
            if wide > _WIDEST * height and stop > first + 1:
                break
            if wide > 2 * _WIDEST * height or tall > _TALLEST * height or max(tall, wide) < _LEAST * height:
                continue
            joins = sum(a.component != b.component for a, b in itertools.pairwise(parts))
            if joins and _widest_gap(parts) > _APART * height:
                break
            cost = _JOINED * joins + _cost_of_cut(atoms, first) + _cost_of_size(wide / height, tall / height)
            found.append(Candidate(first, stop, box, digit_field(_together(parts, box)), cost))
    return found


def best_segmentation(
    atoms: list[Atom], height: float, candidates: list[Candidate], log_probabilities: np.ndarray
) -> list[int]:
    """The indices of the candidates, from left to right, in the best segmentation of a line.

    Each atom is in one candidate, or in a component that is no digit, or left over. Of all such segmentations, this is
    the one with the largest sum of log-probabilities minus costs.

    Args:
        atoms: The atoms of the line.
        height: The height of the line's digits in pixels.
        candidates: The result of `candidates_of`.
        log_probabilities: The log-probability of each candidate's most probable class, ``(C,)``.
    """
    count = len(atoms)
    best = np.full(count + 1, -np.inf)
    best[0] = 0
    chosen: list[tuple[int, int | None]] = [(0, None)] * (count + 1)
    by_stop: list[list[int]] = [[] for _ in range(count + 1)]
    for number, candidate in enumerate(candidates):
        by_stop[candidate.stop].append(number)
    for stop in range(1, count + 1):
        best[stop], chosen[stop] = best[stop - 1] + _LEFT_OVER, (stop - 1, None)
        first = _first_atom_of(atoms, stop)
        if first is not None:
            box = box_around([atom.box for atom in atoms[first:stop]])
            too_wide = max(0.0, (box[3] - box[1]) / height - _USUAL_WIDTH)
            score = best[first] + _NO_DIGIT - _WIDE_NO_DIGIT * too_wide
            if score > best[stop]:
                best[stop], chosen[stop] = score, (first, None)
        for number in by_stop[stop]:
            candidate = candidates[number]
            score = best[candidate.first] + float(log_probabilities[number]) - candidate.cost
            if score > best[stop]:
                best[stop], chosen[stop] = score, (candidate.first, number)
    segmentation = []
    stop = count
    while stop:
        stop, number = chosen[stop]
        if number is not None:
            segmentation.append(number)
    return segmentation[::-1]


def _first_atom_of(atoms: list[Atom], stop: int) -> int | None:
    """The first atom of the component that ends just before ``stop``; None if it ends later or is interrupted."""
    component = atoms[stop - 1].component
    if stop < len(atoms) and atoms[stop].component == component:
        return None
    first = stop - 1
    while first and atoms[first - 1].component == component:
        first -= 1
    return first


def _cost_of_cut(atoms: list[Atom], first: int) -> float:
    """The cost of beginning a digit with this atom: 0 if it is the first of its component."""
    begins = all(atom.component != atoms[first].component for atom in atoms[:first])
    return 0.0 if begins else _CUT + _INK_OF_CUT * atoms[first].cut


def _cost_of_size(wide: float, tall: float) -> float:
    """The cost of an unusual width and height of a digit, both as shares of the line's height."""
    too_wide, too_low, too_high = max(0.0, wide - _USUAL_WIDTH), max(0.0, _LOW - tall), max(0.0, tall - _HIGH)
    return _WIDER * too_wide**2 + _LOWER * too_low + _HIGHER * too_high


def _widest_gap(parts: list[Atom]) -> float:
    """The widest horizontal gap between neighbouring parts."""
    widest = 0.0
    right = parts[0].box[3]
    for part in parts[1:]:
        widest = max(widest, part.box[1] - right)
        right = max(right, part.box[3])
    return widest


def box_around(boxes: list[tuple[int, int, int, int]]) -> tuple[int, int, int, int]:
    """The box around boxes: top, left, bottom, right."""
    tops, lefts, bottoms, rights = zip(*boxes, strict=True)
    return min(tops), min(lefts), max(bottoms), max(rights)


def _together(parts: list[Atom], box: tuple[int, int, int, int]) -> np.ndarray:
    """The ink of all parts, in their common box."""
    ink = np.zeros((box[2] - box[0], box[3] - box[1]), np.float32)
    for part in parts:
        top, left, bottom, right = part.box
        place = ink[top - box[0] : bottom - box[0], left - box[1] : right - box[1]]
        np.maximum(place, part.ink, out=place)
    return ink
