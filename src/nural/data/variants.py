"""Digits that are rare in MNIST: ones and sevens of other countries, printed, coarse and noisy digits."""

import numpy as np

from nural.data.augmentation import Augmentation, Noise, Thickness
from nural.data.data_error import DataError
from nural.data.digits import SIDE
from nural.data.image import prepare
from nural.data.outliers.letters import Stroke, by_another_hand, drawn
from nural.data.outliers.printed import printed

_NOISE = 0.45  # the largest deviation
_BEND = 0.015  # of strokes, at most: a bent 1 is no 1
_COARSE = (7, 13)  # pixels of the longer side: from, and below
_NARROWED = 0.6  # of its width, at most
_ENLARGED = 8  # times


def variants(x: np.ndarray, y: np.ndarray, count: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Digits in four equal parts: drawn, printed, of few pixels enlarged, under noise.

    Args:
        x: Digits to make coarse or noisy, ``(N, 784)``.
        y: Their labels, integers ``(N,)``.
        count: How many digits.
        rng: Where all random numbers come from.

    Returns:
        Pictures, float32 ``(count, 784)``, and labels, ``(count,)``.
    """
    of_drawn, of_printed, of_coarse, of_noisy = (len(part) for part in np.array_split(np.arange(count), 4))
    ones = (of_drawn + 1) // 2
    digits = rng.integers(10, size=of_printed)
    coarse = rng.integers(len(x), size=of_coarse)
    noisy = rng.integers(len(x), size=of_noisy)
    written = np.concatenate(
        [
            drawn(ones, lambda: by_another_hand(_one(rng), rng, _BEND)),
            drawn(of_drawn - ones, lambda: by_another_hand(_seven(rng), rng, _BEND)),
            printed([str(digit) for digit in digits], rng),
        ]
    )
    pictures = [
        Augmentation(Thickness(0.4))(written, rng),
        np.array([_coarse(digit, rng) for digit in x[coarse]], np.float32).reshape(of_coarse, SIDE**2),
        Augmentation(Noise(_NOISE))(x[noisy], rng),
    ]
    labels = [np.ones(ones, int), np.full(of_drawn - ones, 7), digits, y[coarse], y[noisy]]
    return np.concatenate(pictures), np.concatenate(labels)


def _one(rng: np.random.Generator) -> list[Stroke]:
    """A 1 with an upstroke, as in most of Europe, and now and then a foot."""
    stem = 0.5
    upstroke = (stem - rng.uniform(0.2, 0.45), rng.uniform(0.28, 0.55))
    glyph: list[Stroke] = [[upstroke, (stem, 0), (stem, 1)]]
    if rng.random() < 0.1:
        glyph.append([(0.15, 1), (0.85, 1)])
    return glyph


def _seven(rng: np.random.Generator) -> list[Stroke]:
    """A 7 with a bar, as in most of Europe, and now and then a hook at its beginning."""
    foot, height = rng.uniform(0.2, 0.5), rng.uniform(0.42, 0.6)
    stem = 0.85 + (foot - 0.85) * height
    glyph: list[Stroke] = [[(0.05, 0), (0.85, 0), (foot, 1)], [(stem - 0.25, height), (stem + 0.25, height - 0.03)]]
    if rng.random() < 0.3:
        glyph[0].insert(0, (0.05, 0.15))
    return glyph


def _coarse(digit: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The digit as if scanned with few pixels, enlarged and prepared again, ``(28, 28)``; unchanged if it is blank."""
    from PIL import Image, ImageOps

    picture = Image.fromarray(np.rint(255 * digit).astype(np.uint8).reshape(SIDE, SIDE))
    picture = picture.crop(picture.getbbox())
    scale = rng.integers(*_COARSE) / max(picture.size)
    width = max(1, round(scale * rng.uniform(_NARROWED, 1) * picture.width))
    height = max(1, round(scale * picture.height))
    coarse = ImageOps.expand(picture.resize((width, height), Image.Resampling.BOX), 1)
    try:
        return prepare(np.asarray(ImageOps.scale(coarse, _ENLARGED, Image.Resampling.BICUBIC)))
    except DataError:  # blank, as pictures in somebody's own data may be
        return digit.reshape(SIDE, SIDE)
