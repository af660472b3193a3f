"""Letters and signs as strokes of a pen, each drawn a little differently."""

from collections.abc import Callable

import numpy as np

from nural.data.digits import PIXELS
from nural.data.strokes import prepare_strokes

Stroke = list[tuple[float, float]]


def _arc(x: float, y: float, width: float, height: float, begin: float, end: float) -> Stroke:
    """Points of an ellipse about (x, y); angles in turns from the right, clockwise since y points down."""
    angles = 2 * np.pi * np.linspace(begin, end, 12)
    return list(zip(x + width * np.cos(angles), y + height * np.sin(angles), strict=True))


#: By name, in a box of 1 × 1. Those that people may take for a digit (B, D, I, O, S, Z, b, g, l, o, q, s, z) are left
#: out: a network that hesitates before them would hesitate before digits.
LETTERS: dict[str, list[Stroke]] = {
    "A": [[(0, 1), (0.5, 0), (1, 1)], [(0.2, 0.6), (0.8, 0.6)]],
    "C": [_arc(0.55, 0.5, 0.5, 0.5, -0.12, -0.88)],
    "E": [[(0.9, 0), (0, 0), (0, 1), (0.9, 1)], [(0, 0.5), (0.7, 0.5)]],
    "F": [[(0.9, 0), (0, 0), (0, 1)], [(0, 0.5), (0.7, 0.5)]],
    "G": [[*_arc(0.5, 0.5, 0.5, 0.5, -0.12, -0.95), (0.98, 0.55), (0.6, 0.55)]],
    "H": [[(0, 0), (0, 1)], [(0.8, 0), (0.8, 1)], [(0, 0.5), (0.8, 0.5)]],
    "J": [[(0.3, 0), (1, 0)], [(0.7, 0), (0.7, 0.7), *_arc(0.4, 0.7, 0.3, 0.3, 0, 0.45)]],
    "K": [[(0, 0), (0, 1)], [(0.8, 0), (0, 0.55)], [(0.2, 0.45), (0.85, 1)]],
    "L": [[(0, 0), (0, 1), (0.7, 1)]],
    "M": [[(0, 1), (0, 0), (0.5, 0.7), (1, 0), (1, 1)]],
    "N": [[(0, 1), (0, 0), (0.8, 1), (0.8, 0)]],
    "P": [[(0, 1), (0, 0), *_arc(0.3, 0.27, 0.4, 0.27, -0.25, 0.25), (0, 0.54)]],
    "Q": [_arc(0.5, 0.5, 0.48, 0.5, -0.2, 0.8), [(0.6, 0.65), (1, 1.05)]],
    "R": [[(0, 1), (0, 0), *_arc(0.3, 0.25, 0.4, 0.25, -0.25, 0.25), (0, 0.5)], [(0.3, 0.5), (0.8, 1)]],
    "T": [[(0, 0), (1, 0)], [(0.5, 0), (0.5, 1)]],
    "U": [[(0, 0), (0, 0.6), *_arc(0.4, 0.6, 0.4, 0.4, 0.5, 0), (0.8, 0)]],
    "V": [[(0, 0), (0.45, 1), (0.9, 0)]],
    "W": [[(0, 0), (0.25, 1), (0.5, 0.3), (0.75, 1), (1, 0)]],
    "X": [[(0, 0), (0.9, 1)], [(0.9, 0), (0, 1)]],
    "Y": [[(0, 0), (0.5, 0.5), (1, 0)], [(0.5, 0.5), (0.5, 1)]],
    "a, printed": [[(0.1, 0.25), *_arc(0.42, 0.3, 0.35, 0.27, -0.4, 0), (0.78, 1)], _arc(0.4, 0.72, 0.36, 0.26, 0, 1)],
    "a": [[*_arc(0.4, 0.65, 0.38, 0.35, -0.05, -1.0)], [(0.8, 0.3), (0.78, 0.85), (0.95, 1)]],
    "d": [[*_arc(0.35, 0.7, 0.33, 0.3, -0.05, -1.0)], [(0.7, 0), (0.7, 1)]],
    "e": [[(0.05, 0.5), (0.85, 0.5), *_arc(0.45, 0.5, 0.42, 0.45, -0.05, -0.87)]],
    "f": [[*_arc(0.6, 0.25, 0.25, 0.25, -0.05, -0.5), (0.35, 1)], [(0.05, 0.45), (0.75, 0.45)]],
    "h": [[(0, 0), (0, 1)], [(0, 0.65), *_arc(0.35, 0.65, 0.33, 0.25, -0.5, 0), (0.7, 1)]],
    "i": [[(0.2, 0.35), (0.2, 1)], [(0.2, 0), (0.2, 0.06)]],
    "j": [[(0.5, 0.3), (0.5, 0.8), *_arc(0.3, 0.8, 0.2, 0.2, 0, 0.4)], [(0.5, 0), (0.5, 0.06)]],
    "k": [[(0, 0), (0, 1)], [(0.6, 0.4), (0, 0.75)], [(0.15, 0.65), (0.65, 1)]],
    "m": [
        [(0, 0.2), (0, 1)],
        [(0, 0.5), *_arc(0.25, 0.5, 0.25, 0.28, -0.5, 0), (0.5, 1)],
        [(0.5, 0.5), *_arc(0.75, 0.5, 0.25, 0.28, -0.5, 0), (1, 1)],
    ],
    "n": [[(0, 0.2), (0, 1)], [(0, 0.5), *_arc(0.35, 0.5, 0.35, 0.28, -0.5, 0), (0.7, 1)]],
    "p": [[(0, 0), (0, 1)], [*_arc(0.35, 0.28, 0.35, 0.28, -0.5, 0.5)]],
    "r": [[(0, 0.1), (0, 1)], [(0, 0.5), *_arc(0.35, 0.45, 0.34, 0.32, -0.5, -0.1)]],
    "t": [[(0.4, 0), (0.4, 0.8), *_arc(0.6, 0.8, 0.2, 0.2, 0.5, 0.1)], [(0, 0.3), (0.8, 0.3)]],
    "u": [[(0, 0.1), (0, 0.7), *_arc(0.35, 0.7, 0.35, 0.28, 0.5, 0), (0.7, 0.1)], [(0.7, 0.1), (0.72, 1)]],
    "w": [[(0, 0.1), *_arc(0.25, 0.7, 0.25, 0.3, 0.5, 0), *_arc(0.75, 0.7, 0.25, 0.3, 0.5, 0), (1, 0.1)]],
    "y": [[(0, 0), (0.4, 0.6)], [(0.8, 0), (0.2, 1)]],
    "&": [
        [
            (0.95, 1),
            (0.2, 0.3),
            *_arc(0.4, 0.2, 0.22, 0.2, 0.5, 1.1),
            (0.1, 0.7),
            *_arc(0.4, 0.75, 0.32, 0.25, 0.4, -0.1),
        ]
    ],
    "~": [[(0, 0.6), (0.25, 0.35), (0.75, 0.65), (1, 0.4)]],
    "<": [[(1, 0), (0, 0.5), (1, 1)]],
    "+": [[(0, 0.5), (1, 0.5)], [(0.5, 0), (0.5, 1)]],
    "=": [[(0, 0.3), (1, 0.3)], [(0, 0.7), (1, 0.7)]],
    "-": [[(0, 0.5), (1, 0.5)]],
    "?": [[*_arc(0.4, 0.25, 0.35, 0.25, -0.5, 0.2), (0.4, 0.5), (0.4, 0.7)], [(0.4, 0.95), (0.4, 1)]],
    "#": [[(0.3, 0), (0.2, 1)], [(0.75, 0), (0.65, 1)], [(0, 0.3), (1, 0.3)], [(0, 0.7), (1, 0.7)]],
    "*": [[(0.5, 0), (0.5, 1)], [(0.05, 0.25), (0.95, 0.75)], [(0.95, 0.25), (0.05, 0.75)]],
    "%": [_arc(0.2, 0.2, 0.2, 0.2, 0, 1), _arc(0.8, 0.8, 0.2, 0.2, 0, 1), [(0.9, 0.05), (0.1, 0.95)]],
    "@": [_arc(0.5, 0.5, 0.18, 0.2, 0, 1), [(0.7, 0.4), (0.72, 0.65), *_arc(0.5, 0.5, 0.5, 0.5, 0.05, -0.85)]],
    "tick": [[(0, 0.5), (0.3, 1), (1, 0)]],
    "arrow": [[(0, 0.5), (1, 0.5)], [(0.7, 0.2), (1, 0.5), (0.7, 0.8)]],
    "triangle": [[(0, 1), (0.5, 0), (1, 1), (0, 1)]],
    "square": [[(0, 0), (1, 0), (1, 1), (0, 1), (0, 0)]],
    "house": [[(0, 1), (0, 0.4), (0.5, 0), (1, 0.4), (1, 1), (0, 1)], [(0.4, 1), (0.4, 0.65), (0.6, 0.65), (0.6, 1)]],
    "face": [_arc(0.5, 0.5, 0.5, 0.5, 0, 1), _arc(0.5, 0.55, 0.25, 0.22, 0.05, 0.45), [(0.35, 0.35), (0.36, 0.4)]],
}


def letters(count: int, rng: np.random.Generator) -> np.ndarray:
    """Letters and signs in changing hands, as `prepare_strokes` gives them: float32 ``(count, 784)``."""
    glyphs = list(LETTERS.values())
    return drawn(count, lambda: by_another_hand(glyphs[rng.integers(len(glyphs))], rng))


def drawn(count: int, draw: Callable[[], list[np.ndarray]]) -> np.ndarray:
    """``count`` pictures of the strokes that ``draw`` gives: float32 ``(count, 784)``."""
    return np.array([prepare_strokes(draw()) for _ in range(count)], np.float32).reshape(count, PIXELS)


def by_another_hand(glyph: list[Stroke], rng: np.random.Generator, bend: float = 0.05) -> list[np.ndarray]:
    """The glyph slanted, stretched, with bent strokes that begin and end elsewhere: arrays ``(P, 2)``."""
    slope, stretch = rng.uniform(-0.35, 0.25), rng.uniform(0.6, 1.1)
    bends = rng.normal(0, bend, (2, 2, 3))  # of three waves over the box, for x and for y
    strokes = []
    for stroke in glyph:
        points = _dense(np.array(stroke) + rng.normal(0, 0.02, (len(stroke), 2)))
        waves = np.sin(np.pi * points.T[:, :, None] * np.arange(1, 4))
        points = points + np.einsum("apk,bak->pb", waves, bends) + rng.normal(0, 0.03, 2)
        x, y = points.T
        strokes.append(np.stack([stretch * (x - slope * y), y], axis=1))
    return strokes


def _dense(points: np.ndarray, spacing: float = 0.08) -> np.ndarray:
    """The same polyline with points at most ``spacing`` from each other, so that it can bend."""
    lengths = np.hypot(*np.diff(points, axis=0).T)
    along = np.concatenate([[0], np.cumsum(lengths)])
    wanted = np.linspace(0, along[-1], max(2, int(along[-1] / spacing) + 2))
    return np.stack([np.interp(wanted, along, axis) for axis in points.T], axis=1)
