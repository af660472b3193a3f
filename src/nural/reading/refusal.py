"""Which signs of a line are no digits, and where its words are separated."""

import itertools

import numpy as np

from nural.reading.signs import Sign

_SMALLEST, _LARGEST = 0.5, 1.6  # of the height of the line's digits
_SPACE, _SURE_SPACE = 0.6, 1.05  # of that height: the gap that may be a space, and the one that must be
_USUAL = 30  # percentile of a line's gaps: if words are short, half of the gaps may be spaces
_WIDER = 1.8  # times the line's usual gap: such a gap is a space
_UNCLEAR = 0.5  # of the threshold: with less confidence a sign is no digit, with more it may be an unclear one
_SPECK = 0.6  # of the height of the page's digits: lower ones without other digits in their line are dirt
_NEIGHBOURS = 0.45  # of a height: a sign this near belongs to the same word


def digits_among(signs: list[Sign], threshold: float) -> list[Sign]:
    """The signs that are digits: similar in size to the others of the line, and not in a word of letters.

    In a word (signs with gaps like those between letters), digits of at least ``threshold`` must outnumber signs that
    are no digits: so an ``o`` in a word is no zero, while an unclear digit in a number stays.

    Args:
        signs: The signs of a line, from left to right.
        threshold: The confidence from which a sign alone is a digit.
    """
    sure = [sign for sign in signs if sign.digit is not None and sign.confidence >= threshold]
    if not sure:
        return []
    height = _height(sure)
    found = []
    for word in _words(signs, _NEIGHBOURS * height):
        large = [sign for sign in word if sign.height >= _SMALLEST * height or sign.width >= height]
        digits = [
            sign
            for sign in large
            if sign.confidence >= _UNCLEAR * threshold and _SMALLEST * height <= sign.height <= _LARGEST * height
        ]
        clear = sum(sign.confidence >= threshold for sign in digits)
        if clear > len(large) - len(digits):
            found += digits
    return found


def without_specks(lines: list[list[Sign]]) -> list[list[Sign]]:
    """The lines of a page, without empty lines and without lines of low digits only, which are dirt.

    Specks are read as ones, and so are remains of the paper's lines.
    """
    heights = [sign.height for line in lines for sign in line if sign.digit != 1]
    least = _SPECK * float(np.median(heights)) if heights else 0.0
    return [line for line in lines if any(sign.digit != 1 or sign.height >= least for sign in line)]


def spaces_before(boxes: list[tuple[int, int, int, int]]) -> list[bool]:
    """For each digit of a line, whether there is a wide gap before it."""
    if not boxes:
        return []
    height = float(np.median([box[2] - box[0] for box in boxes]))
    gaps = np.array([after[1] - before[3] for before, after in itertools.pairwise(boxes)]) / height
    usual = float(np.percentile(gaps, _USUAL)) if len(gaps) else 0.0
    wide = (gaps > _SURE_SPACE) | ((gaps > _SPACE) & (gaps > _WIDER * usual))
    return [False, *(bool(each) for each in wide)]


def _words(signs: list[Sign], gap: float) -> list[list[Sign]]:
    words: list[list[Sign]] = []
    right = -np.inf
    for sign in signs:
        if sign.box[1] - right > gap:
            words.append([])
        words[-1].append(sign)
        right = max(right, sign.box[3])
    return words


def _height(signs: list[Sign]) -> float:
    """The height of most digits: many small signs that look like digits are letters in words."""
    return float(np.percentile([sign.height for sign in signs], 70))
