"""Letters and signs as strokes of our own, in as many hands as wanted, and printed ones in the Liberation fonts.

They test whether letters are refused: nothing is trained with them.
"""

from pathlib import Path

import numpy as np

from nural.data import prepare, prepare_strokes
from nural.data.augmentation import Augmentation, Elastic, Thickness, rotation, shear

#: x to the right, y downwards: capitals from 0 to 6, small letters from 2 to 6, what hangs below to 8. Strokes are
#: parted by "/"; one that begins with "~" is a smooth curve through its points.
STROKES = {
    "A": "0,6 2,0 4,6 / 1,4 3,4",
    "B": "0,0 0,6 / ~0,0 3,.2 3,2.6 0,3 / ~0,3 3.6,3.4 3.4,5.8 0,6",
    "C": "~3.8,1 2,0 0,2 0,4 2,6 3.8,5",
    "D": "0,0 0,6 / ~0,0 2.5,.3 4,3 2.5,5.7 0,6",
    "E": "3.6,0 0,0 0,6 3.6,6 / 0,3 3,3",
    "F": "3.6,0 0,0 0,6 / 0,3 3,3",
    "G": "~3.8,1 2,0 0,2 0,4 2,6 3.8,5 / 2.2,3.4 3.8,3.4 3.8,6",
    "H": "0,0 0,6 / 4,0 4,6 / 0,3 4,3",
    "I": "1,0 1,6",
    "J": "~3,0 3,4 2.4,5.8 1,6 0,4.8",
    "K": "0,0 0,6 / 3.6,0 0,3.4 / 1.2,2.6 3.8,6",
    "L": "0,0 0,6 3.4,6",
    "M": "0,6 .3,0 2,4 3.7,0 4,6",
    "N": "0,6 0,0 3.8,6 3.8,0",
    "O": "~2,0 0,2 0,4 2,6 4,4 4,2 2,0",
    "P": "0,6 0,0 / ~0,0 3,.1 3.4,1.6 2.8,3 0,3.2",
    "Q": "~2,0 0,2 0,4 2,6 4,4 4,2 2,0 / 2.2,4.2 4.2,6.4",
    "R": "0,6 0,0 / ~0,0 3,.1 3.4,1.6 2.8,3 0,3.2 / 1.4,3.2 3.8,6",
    "S": "~3.6,.8 2,0 .4,1.2 1.6,2.8 3.4,4.2 2.4,5.9 .2,5.2",
    "T": "0,0 4,0 / 2,0 2,6",
    "U": "~0,0 0,4 1,6 3,6 4,4 4,0",
    "V": "0,0 2,6 4,0",
    "W": "0,0 1,6 2,2 3,6 4,0",
    "X": "0,0 4,6 / 4,0 0,6",
    "Y": "0,0 2,3 4,0 / 2,3 2,6",
    "Z": "0,0 4,0 0,6 4,6",
    "a": "~3.4,2.6 1.6,2 0,4 1.4,6 3.2,4.8 3.4,2.6 / 3.4,2 3.4,5.4 4,6",
    "b": "0,0 0,6 / ~0,3.4 1.6,2.2 3.4,4 1.8,6 0,5.2",
    "c": "~3.2,2.8 1.6,2 0,4 1.6,6 3.2,5.2",
    "d": "3.4,0 3.4,6 / ~3.4,3.2 1.6,2.2 0,4 1.6,6 3.4,5",
    "e": "~.2,4 3.2,3.8 2.4,2.1 .8,2.4 0,4 1,5.8 3.2,5.4",
    "f": "~3.2,.6 2,0 1.4,1.4 1.4,6 / .2,2.4 2.8,2.4",
    "g": "~3.4,2.6 1.6,2 0,3.8 1.4,5.6 3.2,4.4 3.4,2.6 / ~3.4,2 3.4,6.6 2,8 .4,7.2",
    "h": "0,0 0,6 / ~0,3.6 1.8,2.2 3.2,3.4 3.2,6",
    "i": "1,2 1,6 / 1,.4 1.1,.6",
    "j": "~2,2 2,6.6 1,8 0,7.2 / 2,.4 2.1,.6",
    "k": "0,0 0,6 / 2.8,2.2 0,4.4 / 1,3.7 3,6",
    "l": "1,0 1,6",
    "m": "0,2 0,6 / ~0,3.2 1.2,2 2,3.2 2,6 / ~2,3.2 3.2,2 4,3.2 4,6",
    "n": "0,2 0,6 / ~0,3.4 1.8,2 3.2,3.4 3.2,6",
    "o": "~1.7,2 0,4 1.7,6 3.4,4 1.7,2",
    "p": "0,2 0,8 / ~0,3.2 1.8,2 3.4,4 1.8,6 0,5",
    "q": "~3.4,2.6 1.6,2 0,4 1.6,6 3.2,4.8 / 3.4,2 3.4,8",
    "r": "0,2 0,6 / ~0,3.6 1.2,2.2 2.6,2.4",
    "s": "~2.8,2.6 1.4,2 .4,3 1.6,4 2.8,5 1.6,6 .2,5.4",
    "t": "~1.4,.4 1.4,5 2,6 3,5.6 / .2,2 2.8,2",
    "u": "~0,2 0,4.6 1,6 2.6,5.4 3.2,3.6 3.2,2 / 3.2,2 3.2,6",
    "v": "0,2 1.6,6 3.2,2",
    "w": "0,2 1,6 2,3 3,6 4,2",
    "x": "0,2 3.2,6 / 3.2,2 0,6",
    "y": "0,2 1.7,5.4 / 3.4,2 .8,8",
    "z": "0,2 3.2,2 0,6 3.2,6",
    "?": "~.4,1.4 1.6,0 3.2,1.2 2,2.8 1.7,4 / 1.7,5.7 1.8,6",
    "#": "1.2,0 .6,6 / 3.2,0 2.6,6 / 0,2 4,2 / 0,4 3.8,4",
    "+": "0,3 4,3 / 2,1 2,5",
    "=": "0,2 4,2 / 0,4 4,4",
    "*": "2,1 2,5 / .3,2 3.7,4 / .3,4 3.7,2",
    "%": "4,0 0,6 / ~.8,0 0,.8 .8,1.6 1.6,.8 .8,0 / ~3.2,4.4 2.4,5.2 3.2,6 4,5.2 3.2,4.4",
    "&": "~3.8,6 .8,2 1.6,0 2.4,1.4 .2,4 1.4,6 3.8,3.6",
    "<": "4,1 0,3 4,5",
    "~": "~0,3 1,2 2,3 3,4 4,3",
}
#: These are digits to any reader who does not know that letters are meant: 0, 0, 1, 1, 5, 5, 2, 2, 8, 6, 9, 9.
LIKE_DIGITS = "OoIlSsZzBbgq"
LETTERS = "".join(sign for sign in STROKES if sign.isalpha() and sign not in LIKE_DIGITS)
SIGNS = "".join(sign for sign in STROKES if not sign.isalpha())
#: Where Debian's package fonts-liberation has its fonts: other families than those of `nural.data.outliers`.
FONTS = Path("/usr/share/fonts/truetype/liberation")
STYLES = (
    *("LiberationSans-Regular", "LiberationSans-Bold", "LiberationSans-Italic", "LiberationSansNarrow-Regular"),
    *("LiberationSerif-Regular", "LiberationSerif-Bold", "LiberationSerif-Italic", "LiberationMono-Regular"),
)
_HAND = Augmentation(Elastic(), Thickness())
_PRINT = Augmentation(rotation(10), shear(0.2), Elastic())


def drawn(signs: str, rng: np.random.Generator) -> np.ndarray:
    """Each of these signs once, by a hand of its own: ``(len(signs), 784)``."""
    pictures = np.stack([prepare_strokes(_by_hand(STROKES[sign], rng)).ravel() for sign in signs])
    return _HAND(pictures, rng)


def printed(signs: str, rng: np.random.Generator) -> np.ndarray:
    """Each of these signs once, in a font drawn at random, somewhat turned and bent: ``(len(signs), 784)``."""
    from PIL import Image, ImageDraw, ImageFont

    pictures = []
    for sign in signs:
        page = Image.new("L", (120, 120), 235)
        font = ImageFont.truetype(FONTS / f"{rng.choice(STYLES)}.ttf", 64)
        ImageDraw.Draw(page).text((60, 60), sign, fill=40, font=font, anchor="mm")
        pictures.append(prepare(np.asarray(page)).ravel())
    return _PRINT(np.stack(pictures), rng)


def _by_hand(strokes: str, rng: np.random.Generator) -> list[np.ndarray]:
    """The strokes in a hand of its own: points moved a little, then stretched, slanted and turned together."""
    slant, angle = rng.normal(0, 0.15), rng.normal(0, 0.1)
    turned = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    hand = turned @ np.array([[1, -slant], [0, 1]]) @ np.diag([rng.uniform(0.75, 1.25), 1])
    result = []
    for stroke in strokes.split(" / "):
        points = np.array([[float(number) for number in point.split(",")] for point in stroke.lstrip("~").split()])
        points += rng.normal(0, 0.15, points.shape)
        result.append((smooth(points) if stroke.startswith("~") else points) @ hand.T)
    return result


def smooth(points: np.ndarray, steps: int = 8) -> np.ndarray:
    """A curve through the points, with so many steps from each to the next: ``(P, 2)`` to ``(steps (P − 1) + 1, 2)``.

    Source: Catmull and Rom 1974, A Class of Local Interpolating Splines.
    """
    around = np.concatenate([2 * points[:1] - points[1:2], points, 2 * points[-1:] - points[-2:-1]])
    a, b, c, d = (around[i : len(points) - 1 + i, None] for i in range(4))
    t = (np.arange(steps) / steps)[:, None]
    curve = b + t / 2 * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)))
    return np.concatenate([curve.reshape(-1, 2), points[-1:]])
