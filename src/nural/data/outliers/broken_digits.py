"""Pictures made of digits that are no digits: two in one field, turned and mirrored ones."""

import numpy as np

from nural.data.digits import PIXELS, SIDE

#: Digits that are no digits after a quarter turn, after mirroring left to right, and after mirroring top to bottom.
TURNED, MIRRORED, FLIPPED = (1, 2, 3, 4, 5, 6, 7, 8, 9), (3, 6, 7, 9), (4, 7)


def broken_digits(x: np.ndarray, y: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """Pictures made of pieces of digits, of each kind equally many (but for a remainder): float32 ``(count, 784)``.

    Args:
        x: Digits, ``(N, 784)``.
        y: Their labels, ``(N,)``.
        count: How many.
        rng: Where all random numbers come from.
    """
    kinds = (_beside, _overlaid, _turned, _mirrored)
    numbers = [len(part) for part in np.array_split(np.arange(count), len(kinds))]
    parts = [kind(x.reshape(-1, SIDE, SIDE), y, n, rng) for kind, n in zip(kinds, numbers, strict=True)]
    return np.concatenate(parts).reshape(count, PIXELS).astype(np.float32)


def _of(y: np.ndarray, digits: tuple[int, ...], n: int, rng: np.random.Generator) -> np.ndarray:
    """Indices of n samples that are any of ``digits``."""
    return rng.choice(np.flatnonzero(np.isin(y, digits)), n)


def _two(x: np.ndarray, n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    first, second = rng.integers(len(x), size=(2, n))
    return x[first], x[second]


def _beside(x: np.ndarray, y: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
    """Two digits side by side, made half as wide and high, as a missed cut between touching digits leaves them."""
    left, right = _two(x, n, rng)
    pair = np.zeros((n, 2 * SIDE, 2 * SIDE), np.float32)
    top, distance = SIDE // 2, rng.integers(13, 21)
    begin = SIDE - (SIDE + distance) // 2
    pair[:, top : top + SIDE, begin : begin + SIDE] = left
    other = pair[:, top : top + SIDE, begin + distance : begin + distance + SIDE]
    np.maximum(other, right, out=other)
    small = pair.reshape(n, SIDE, 2, SIDE, 2).mean(axis=(2, 4))
    return (1.6 * small).clip(0, 1)


def _overlaid(x: np.ndarray, y: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
    """One digit written over another, a few pixels off."""
    below, above = _two(x, n, rng)
    off = int(rng.integers(4, 9))
    result = below.copy()
    np.maximum(result[:, :, off:], above[:, :, :-off], out=result[:, :, off:])
    return result


def _turned(x: np.ndarray, y: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
    """A digit lying on its side."""
    chosen = x[_of(y, TURNED, n, rng)].transpose(0, 2, 1)
    return np.where((rng.random(n) < 0.5)[:, None, None], chosen[:, ::-1], chosen[:, :, ::-1])


def _mirrored(x: np.ndarray, y: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
    """A digit as in a mirror beside or below it."""
    beside = x[_of(y, MIRRORED, n, rng)][:, :, ::-1]
    below = x[_of(y, FLIPPED, n, rng)][:, ::-1]
    return np.where((rng.random(n) < 0.7)[:, None, None], beside, below)
