"""The signs in the lines of a page: components divided into digits by the network, and what is no digit."""

from collections import Counter
from dataclasses import dataclass

import numpy as np

from nural.data.digits import to_float32
from nural.evaluation.inference import predict_proba
from nural.layer import Layer
from nural.reading.components import Boxed, Component
from nural.reading.cuts import Atom, atoms_of
from nural.reading.segmentation import Candidate, best_segmentation, box_around, candidates_of

_FEW = 3  # digits that may touch each other, one of them unclear


@dataclass(frozen=True)
class Sign(Boxed):
    """Something written in a line: a digit, or something that no segmentation makes a digit.

    Attributes:
        digit: The most probable class, or None.
        confidence: Its probability.
    """

    digit: int | None
    confidence: float


def signs_of(lines: list[list[Component]], model: Layer, threshold: float) -> list[list[Sign]]:
    """The signs of each line, from left to right. All candidates on the page go through the network at once.

    Args:
        lines: The components of each line.
        model: The network.
        threshold: The confidence that each part of a cut component must have.
    """
    divided: list[tuple[float, list[Atom], list[Candidate]]] = []
    for line in lines:
        height = _height(line)
        atoms = [atom for number, component in enumerate(line) for atom in atoms_of(component, number, height)]
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
        segmentation = best_segmentation(atoms, height, candidates, np.log(np.maximum(own.max(axis=1), 1e-9)))
        signs.append(_written(atoms, candidates, own, segmentation, threshold))
    return signs


def _height(line: list[Component]) -> float:
    """The height of a line's digits in pixels: the median without small strokes."""
    heights = np.array([component.height for component in line])
    return float(np.median(heights[heights >= 0.5 * np.median(heights)]))


def _written(
    atoms: list[Atom], candidates: list[Candidate], probabilities: np.ndarray, segmentation: list[int], threshold: float
) -> list[Sign]:
    """The signs of a segmentation.

    A component that is no digit is one sign. So is a component that was cut, if half of its parts are unclear, if any
    of many parts is, if most are ones, or if a part is left over: it is a letter, a word or a scribble.
    """
    parts = Counter(atom.component for atom in atoms)  # how many parts of each component are in no digit
    digits: list[tuple[Sign, set[int], bool]] = []
    for number in segmentation:
        candidate, row = candidates[number], probabilities[number]
        inside = atoms[candidate.first : candidate.stop]
        components = {atom.component for atom in inside}
        whole = all(inside.count(atom) for atom in atoms if atom.component in components)
        parts.subtract(atom.component for atom in inside)
        digits.append((Sign(candidate.box, int(row.argmax()), float(row.max())), components, whole))
    refused = {component for component, left in parts.items() if left}
    for component in set(parts) - refused:
        cut = [sign for sign, own, whole in digits if component in own and not whole]
        clear, ones = sum(sign.confidence >= threshold for sign in cut), sum(sign.digit == 1 for sign in cut)
        unclear = 2 * clear <= len(cut) or (len(cut) > _FEW and clear < len(cut))
        zigzag = ones > 1 and 2 * ones > len(cut)  # touching strokes side by side are no ones
        if cut and (unclear or zigzag):
            refused.add(component)
    signs = [sign for sign, own, _ in digits if not own & refused]
    signs += [Sign(box_around([a.box for a in atoms if a.component == component]), None, 0.0) for component in refused]
    return sorted(signs, key=lambda sign: sign.box[1] + sign.box[3])
