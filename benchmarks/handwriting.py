"""Digits and letters as a pen would draw them: own strokes, distorted at random, and MNIST's digits enlarged.

A sign is drawn as ink, float32 ``(h, w)`` from 0 to 1, cropped to what is there.
"""

import cv2
import numpy as np

#: Each sign's strokes in one or more ways of writing it. Points are `x,y` in hundredths of a capital's height from its
#: top left corner, y downwards; curves run smoothly through them; a point named twice is a corner; `;` lifts the pen.
DIGITS = {
    "0": [
        "45,0 12,18 2,50 12,85 42,100 75,85 84,50 75,16 45,0",
        "50,3 22,6 4,40 8,80 36,100 66,80 74,40 60,10 40,2",
    ],
    "1": ["10,0 10,50 10,100", "0,18 14,6 20,0 20,0 20,50 18,100"],
    "2": [
        "6,24 22,3 52,0 74,20 64,50 34,80 3,100 3,100 45,99 84,97",
        "6,18 34,0 70,10 70,38 40,74 14,97 6,88 22,80 50,96 82,94",
    ],
    "3": [
        "6,12 38,0 68,14 60,40 32,47 32,47 70,55 78,80 46,100 4,88",
        "6,4 68,3 68,3 34,40 34,40 74,58 68,92 30,100 4,90",
    ],
    "4": ["16,0 8,36 4,58 4,58 40,59 86,56;62,28 60,60 58,100", "58,0 30,34 3,68 3,68 40,67 84,66;58,0 58,50 58,100"],
    "5": [
        "70,2 22,3 22,3 17,42 17,42 50,37 76,60 62,94 6,94",
        "20,4 15,46 15,46 50,38 76,62 62,95 6,94;21,3 50,2 80,0",
    ],
    "6": ["62,0 26,26 6,65 20,97 56,98 72,74 52,54 18,64 8,76", "56,2 20,30 6,70 28,100 62,88 60,60 30,56 10,78"],
    "7": ["4,6 40,4 78,3 78,3 50,46 30,100", "4,6 40,5 78,3 78,3 50,50 32,100;22,50 46,49 70,47"],
    "8": [
        "66,12 38,0 12,20 38,45 70,70 62,94 30,100 8,80 28,54 62,32 70,16 64,11",
        "40,46 14,22 38,0 64,20 40,46 10,76 38,100 70,76 40,46",
    ],
    "9": [
        "70,20 42,0 10,20 16,47 48,49 70,22 70,22 68,60 64,100",
        "72,24 42,0 10,22 20,50 52,46 71,22 71,58 58,92 28,97",
    ],
}  # fmt: skip
LETTERS = {
    "A": ["0,100 34,0 34,0 68,100;14,64 54,62"],
    "B": ["4,0 4,50 4,100;4,2 44,4 50,26 30,46 6,47;30,46 58,60 54,92 4,98"],
    "C": ["66,18 40,0 8,28 6,70 36,100 66,84"],
    "D": ["4,0 4,50 4,100;4,1 50,8 66,50 48,92 4,99"],
    "E": ["58,0 4,0 4,0 4,50 4,100 4,100 58,100;4,48 46,48"],
    "F": ["58,0 4,0 4,0 4,50 4,100;4,48 46,48"],
    "G": ["66,16 38,0 8,28 8,74 38,100 66,84 66,56 66,56 40,56"],
    "H": ["4,0 4,50 4,100;60,0 60,50 60,100;4,50 60,48"],
    "K": ["4,0 4,50 4,100;58,2 6,56;22,42 60,100"],
    "M": ["2,100 8,0 8,0 42,64 42,64 74,0 74,0 80,100"],
    "N": ["4,100 4,0 4,0 60,100 60,100 60,0"],
    "P": ["4,0 4,50 4,100;4,2 46,4 56,26 40,50 4,52"],
    "R": ["4,0 4,50 4,100;4,2 46,4 54,24 38,46 4,48;26,48 60,100"],
    "T": ["0,2 34,1 68,0;34,1 34,50 34,100"],
    "W": ["0,0 20,100 20,100 42,30 42,30 64,100 64,100 84,0"],
    "X": ["2,0 60,100;60,0 2,100"],
    "Y": ["0,0 30,48;62,0 30,48 28,100"],
    "a": ["50,56 26,46 4,70 12,98 34,96 50,66;50,50 50,80 58,100"],
    "b": ["4,0 4,50 4,98;4,66 28,48 50,70 38,98 6,96"],
    "c": ["46,58 26,46 4,68 12,96 46,92"],
    "d": ["50,60 28,48 4,72 20,100 48,86;50,0 50,50 52,100"],
    "e": ["6,74 48,68 40,48 14,52 4,80 22,100 50,90"],
    "g": ["48,56 24,46 4,68 18,92 46,76;49,48 49,90 44,128 20,134 6,120"],
    "h": ["4,0 4,50 4,100;4,68 28,48 46,62 48,100"],
    "i": ["8,48 8,72 10,100;8,24 9,27"],
    "k": ["4,0 4,50 4,100;44,48 6,76;18,68 46,100"],
    "l": ["8,0 8,50 12,100"],
    "m": ["4,48 4,74 4,100;4,64 22,48 34,62 34,100;34,64 52,48 66,62 66,100"],
    "n": ["4,48 4,74 4,100;4,66 26,48 44,62 46,100"],
    "o": ["28,46 6,64 12,96 40,98 52,74 42,50 28,46"],
    "p": ["4,48 4,90 4,134;4,60 28,46 50,66 36,96 4,92"],
    "r": ["4,48 4,74 4,100;4,70 18,52 38,50"],
    "s": ["42,54 20,46 6,60 38,80 34,98 4,96"],
    "t": ["18,16 18,60 24,98 42,94;2,48 40,46"],
    "u": ["4,48 4,84 20,100 44,80;46,48 46,74 50,100"],
    "v": ["2,48 22,100 22,100 44,48"],
    "w": ["0,48 14,100 14,100 30,60 30,60 46,100 46,100 62,48"],
    "y": ["4,48 6,72 26,82 46,66;48,48 46,90 36,128 8,130"],
}  # fmt: skip
#: Of the letters, those that nobody would take for a digit, even alone.
PLAIN_LETTERS = "AEFHKMNRWXTPkmnpuwhart"


def strokes_of(sign: str, rng: np.random.Generator, freedom: float = 1.0) -> list[np.ndarray]:
    """The sign's strokes as points ``(P, 2)`` in capital heights, as one hand wrote them once.

    Args:
        sign: A digit or one of the letters above.
        rng: Draws the hand.
        freedom: How far it departs from the table; 0 for not at all.
    """
    ways = (DIGITS | LETTERS)[sign]
    way = ways[int(rng.integers(len(ways)))]
    slant, turn = freedom * rng.normal(0, 0.1), freedom * rng.normal(0, 0.05)
    wide = np.exp(freedom * rng.normal(0, 0.1))
    matrix = np.array([[wide, -slant - turn], [turn, 1.0]])
    drawn = []
    for stroke in way.split(";"):
        points = np.array([point.split(",") for point in stroke.split()], float) / 100
        same = np.concatenate([[False], (points[1:] == points[:-1]).all(axis=1)])
        moves = freedom * rng.normal(0, 0.025, points.shape)
        moves[same] = moves[np.flatnonzero(same) - 1]  # corners stay corners
        drawn.append(_smooth((points + moves - 0.5) @ matrix.T + 0.5))
    return drawn


def _smooth(points: np.ndarray) -> np.ndarray:
    """A Catmull-Rom spline through the points: twelve to each of their intervals."""
    if len(points) < 3:
        return points
    before = np.concatenate([points[:1], points[:-2]])
    after = np.concatenate([points[2:], points[-1:]])
    t = np.linspace(0, 1, 12, endpoint=False)[None, :, None]
    a, b, c, d = (part[:, None, :] for part in (before, points[:-1], points[1:], after))
    curve = 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)
    return np.concatenate([curve.reshape(-1, 2), points[-1:]])


def draw(strokes: list[np.ndarray], height: float, width: float) -> np.ndarray:
    """Strokes in capital heights, drawn with a round pen; ``height`` and the pen's ``width`` are in pixels.

    The result begins at the highest and leftmost ink: `top_of` says how far below the capital's top that is.
    """
    together = np.concatenate(strokes)
    corner = together.min(axis=0)
    size = np.ceil((together.max(axis=0) - corner) * height + width + 4).astype(int)
    fine = 4  # the picture is drawn this many times as large, then averaged
    picture = np.zeros((size[1] * fine, size[0] * fine), np.uint8)
    for stroke in strokes:
        points = ((stroke - corner) * height + width / 2 + 2) * fine
        cv2.polylines(picture, [np.rint(points).astype(np.int32)[:, None]], False, 255, max(1, round(width * fine)))
    averaged = cv2.resize(picture, (int(size[0]), int(size[1])), interpolation=cv2.INTER_AREA)
    return _crop(averaged.astype(np.float32) / 255)


def top_of(strokes: list[np.ndarray]) -> float:
    """How far the highest point lies below a capital's top, in capital heights."""
    return float(min(stroke[:, 1].min() for stroke in strokes))


def enlarge(digit: np.ndarray, height: float) -> np.ndarray:
    """A digit of MNIST, ``(784,)``, with its strokes' edges sharp, so large that 20 of its pixels give ``height``."""
    side = max(28, round(28 * height / 20))
    large = cv2.resize(digit.reshape(28, 28).astype(np.float32), (2 * side, 2 * side), interpolation=cv2.INTER_CUBIC)
    solid = (cv2.GaussianBlur(large, (0, 0), side / 28) > 0.45).astype(np.float32)
    return _crop(cv2.resize(solid, (side, side), interpolation=cv2.INTER_AREA))


def scribble(rng: np.random.Generator, height: float, width: float) -> np.ndarray:
    """A scribble, as one crosses out a word or tries a pen; ``height`` and the pen's ``width`` in pixels."""
    kind = int(rng.integers(3))
    n = int(rng.integers(12, 28))
    along = np.linspace(0, rng.uniform(1.2, 3.5), n)
    if kind == 0:  # to and fro
        points = np.stack([along, 0.5 + 0.45 * np.where(np.arange(n) % 2, 1, -1)], axis=1)
    elif kind == 1:  # loops
        turn = np.linspace(0, 2 * np.pi * n / 5, 6 * n)
        points = np.stack([np.linspace(0, along[-1], 6 * n) + 0.35 * np.cos(turn), 0.5 + 0.45 * np.sin(turn)], axis=1)
    else:  # anywhere
        points = rng.uniform(0, [1.6, 1.0], (n, 2))
    points = points + rng.normal(0, 0.01 if kind == 1 else 0.06, points.shape)
    return draw([_smooth(points)], height, width)


def _crop(ink: np.ndarray) -> np.ndarray:
    rows, columns = np.flatnonzero((ink > 0.05).any(axis=1)), np.flatnonzero((ink > 0.05).any(axis=0))
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
