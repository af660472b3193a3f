"""Which components together make a digit: many segmentations of a line are tried, and the network chooses among them.

Over-segmentation and dynamic programming over the network's log-probabilities: LeCun, Bottou, Bengio and Haffner,
*Gradient-based learning applied to document recognition*, 1998, section IV.
"""

import itertools
from dataclasses import dataclass

import numpy as np

from nural.reading.cuts import Atom
from nural.reading.digit_field import digit_field

_WIDEST, _TALLEST = 1.45, 1.9  # of the line's height: a digit's box
_LEAST = 0.25  # of it: a digit's longer side
_APART = 0.12  # of it: the widest gap between parts of one digit
_MOST_ATOMS = 8  # that make one digit
_NO_DIGIT = -0.6  # the logarithm of what a whole component counts that is no digit
_LEFT_OVER = -2.5  # and of what a part counts when the rest of its component is digits
_WIDE_NO_DIGIT = 4.0  # what each height counts by which a component is wider than a digit usually is
_USUAL_WIDTH, _WIDER = 0.85, 10.0  # of the line's height, up to which width costs nothing; the cost beyond, squared
_LOW, _LOWER = 0.85, 2.3  # of the line's height, down to which height costs nothing; the cost of each height below
_HIGH, _HIGHER = 1.15, 2.0  # and up to which, and above
_CUT, _INK_OF_CUT, _JOINED = 0.7, 0.45, 0.5  # what a cut costs, what each stroke's width of it, what a join


@dataclass(frozen=True)
class Candidate:
    """Neighbouring atoms of a line that may be one digit.

    Attributes:
        first: The first atom's number in the line.
        stop: The number after the last one's.
        box: Top, left, bottom, right.
        field: What the network sees, uint8 ``(28, 28)``.
        cost: What speaks against it before the network has seen it, as a logarithm.
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
    """The numbers of the candidates that, from left to right, divide a line best.

    Each atom is in one candidate, or in a component that is no digit, or left over. Of all such segmentations, this is
    the one with the largest sum of log-probabilities minus costs.

    Args:
        atoms: Those of the line.
        height: Of the line's digits in pixels.
        candidates: Those of `candidates_of`.
        log_probabilities: That of each candidate's most probable class, ``(C,)``.
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
    """What it costs to begin a digit with this atom: nothing if no other of its component comes before it."""
    begins = all(atom.component != atoms[first].component for atom in atoms[:first])
    return 0.0 if begins else _CUT + _INK_OF_CUT * atoms[first].cut


def _cost_of_size(wide: float, tall: float) -> float:
    """What a digit's width and height cost that are not usual in its line, both as shares of the line's height."""
    too_wide, too_low, too_high = max(0.0, wide - _USUAL_WIDTH), max(0.0, _LOW - tall), max(0.0, tall - _HIGH)
    return _WIDER * too_wide**2 + _LOWER * too_low + _HIGHER * too_high


def _widest_gap(parts: list[Atom]) -> float:
    """How far apart neighbouring parts lie, at least in one direction."""
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
    """The ink of all parts in their common box."""
    ink = np.zeros((box[2] - box[0], box[3] - box[1]), np.float32)
    for part in parts:
        top, left, bottom, right = part.box
        place = ink[top - box[0] : bottom - box[0], left - box[1] : right - box[1]]
        np.maximum(place, part.ink, out=place)
    return ink
