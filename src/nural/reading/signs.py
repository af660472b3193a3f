"""What the lines of a page say: their pieces divided into digits by the network, and what is none."""

from collections import Counter
from dataclasses import dataclass

import numpy as np

from nural.data.digits import to_float32
from nural.evaluation.inference import predict_proba
from nural.layer import Layer
from nural.reading.cuts import Atom, atoms_of
from nural.reading.lattice import Candidate, best_division, box_around, candidates_of
from nural.reading.pieces import Piece

_FEW = 3  # digits that may touch each other, one of them unclear


@dataclass(frozen=True)
class Sign:
    """Something written in a line: a digit, or what no division could make a digit of.

    Attributes:
        box: top, left, bottom, right.
        digit: The most probable class, or None.
        confidence: Its probability.
    """

    box: tuple[int, int, int, int]
    digit: int | None
    confidence: float


def signs_of(lines: list[list[Piece]], model: Layer, threshold: float) -> list[list[Sign]]:
    """What each line says, from left to right. All that may be a digit on the page goes through the network at once.

    Args:
        lines: pieces in lines.
        model: the network.
        threshold: the confidence that each part of a piece must have that was cut.
    """
    divided: list[tuple[float, list[Atom], list[Candidate]]] = []
    for line in lines:
        height = _height(line)
        atoms = [atom for number, piece in enumerate(line) for atom in atoms_of(piece, number, height)]
        atoms.sort(key=lambda atom: atom.box[1] + atom.box[3])
        divided.append((height, atoms, candidates_of(atoms, height)))
    fields = [candidate.field for _, _, candidates in divided for candidate in candidates]
    if not fields:
        return []
    probabilities = predict_proba(model, to_float32(np.stack(fields).reshape(len(fields), -1)))
    signs = []
    start = 0
    for height, atoms, candidates in divided:
        own = probabilities[start : start + len(candidates)]
        start += len(candidates)
        division = best_division(atoms, height, candidates, np.log(np.maximum(own.max(axis=1), 1e-9)))
        signs.append(_written(atoms, candidates, own, division, threshold))
    return signs


def _height(line: list[Piece]) -> float:
    """The height of a line's digits in pixels: the median without small strokes."""
    heights = np.array([piece.height for piece in line])
    return float(np.median(heights[heights >= 0.5 * np.median(heights)]))


def _written(
    atoms: list[Atom], candidates: list[Candidate], probabilities: np.ndarray, division: list[int], threshold: float
) -> list[Sign]:
    """The signs of a division.

    A piece that is no digit is one sign, and so is one that was cut if half of its parts are unclear, if any of many
    is, if most are ones, or if one is left over: it is a letter, a word or a scribble.
    """
    parts = Counter(atom.piece for atom in atoms)  # of each piece, how many are in no digit
    digits: list[tuple[Sign, set[int], bool]] = []
    for number in division:
        candidate, row = candidates[number], probabilities[number]
        inside = atoms[candidate.first : candidate.stop]
        pieces = {atom.piece for atom in inside}
        whole = all(inside.count(atom) for atom in atoms if atom.piece in pieces)
        parts.subtract(atom.piece for atom in inside)
        digits.append((Sign(candidate.box, int(row.argmax()), float(row.max())), pieces, whole))
    refused = {piece for piece, left in parts.items() if left}
    for piece in set(parts) - refused:
        cut = [sign for sign, own, whole in digits if piece in own and not whole]
        clear, ones = sum(sign.confidence >= threshold for sign in cut), sum(sign.digit == 1 for sign in cut)
        unclear = 2 * clear <= len(cut) or (len(cut) > _FEW and clear < len(cut))
        zigzag = ones > 1 and 2 * ones > len(cut)  # strokes side by side that touch are no ones
        if cut and (unclear or zigzag):
            refused.add(piece)
    signs = [sign for sign, own, _ in digits if not own & refused]
    signs += [Sign(box_around([a.box for a in atoms if a.piece == piece]), None, 0.0) for piece in refused]
    return sorted(signs, key=lambda sign: sign.box[1] + sign.box[3])
