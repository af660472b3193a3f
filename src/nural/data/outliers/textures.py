"""Pictures without strokes: noise, clothes-like shapes, empty and nearly empty pages."""

import numpy as np

from nural.data.augmentation.elastic import Elastic
from nural.data.data_error import DataError
from nural.data.digits import PIXELS, SIDE
from nural.data.image import prepare

#: How many silhouettes of each kind are drawn at a time, and how many columns the narrowest that is kept has.
_AT_ONCE, _WIDE = 20, 11


def textures(count: int, rng: np.random.Generator) -> np.ndarray:
    """Noise, filled shapes with and without a pattern, gradients, specks, empty fields: float32 ``(count, 784)``."""
    kinds = (_noise, _specks, _clouds, _shapes, _patterned, _gradients, _even)
    chosen = rng.integers(len(kinds), size=count)
    result = np.empty((count, PIXELS), np.float32)
    for i, kind in enumerate(kinds):
        result[chosen == i] = kind(int((chosen == i).sum()), rng)
    return result.clip(0, 1)


def silhouettes(count: int, rng: np.random.Generator) -> np.ndarray:
    """Filled shapes and blots, cut out and scaled by `prepare` as a digit would be: float32 ``(count, 784)``.

    Narrow ones are left out: a bar on end is a thick 1.
    """
    kinds = (_shapes, _patterned, _clouds)
    result = np.empty((0, PIXELS), np.float32)
    while len(result) < count:
        drawn = np.concatenate([kind(_AT_ONCE, rng) for kind in kinds]).clip(0, 1).reshape(-1, SIDE, SIDE)
        found = [_as_a_digit(picture) for picture in rng.permutation(drawn)]
        wide = [picture for picture in found if picture is not None and picture.any(axis=0).sum() >= _WIDE]
        result = np.concatenate([result, np.array(wide, np.float32).reshape(-1, PIXELS)])
    return result[:count]


def _as_a_digit(picture: np.ndarray) -> np.ndarray | None:
    """The picture, enlarged as a photograph of it would be, through `prepare`; None if there is nothing in it."""
    try:
        return prepare(np.kron(picture, np.ones((4, 4))))
    except DataError:
        return None


def _noise(n: int, rng: np.random.Generator) -> np.ndarray:
    """Normal or uniform noise of any strength."""
    strength = rng.uniform(0.05, 1, (n, 1))
    normal = rng.random((n, 1)) < 0.5
    drawn = np.where(normal, rng.normal(0, 1, (n, PIXELS)), rng.random((n, PIXELS)))
    return rng.uniform(0, 0.5, (n, 1)) + strength * drawn


def _specks(n: int, rng: np.random.Generator) -> np.ndarray:
    """Single pixels, few or many."""
    return rng.random((n, PIXELS)) < 10 ** rng.uniform(-2.7, -0.5, (n, 1))


def _waves(n: int, rng: np.random.Generator, sigma: float) -> np.ndarray:
    """Smooth random fields of deviation near 1."""
    fields = Elastic(alpha=1, sigma=sigma).fields()
    smooth = rng.normal(0, 1, (n, len(fields))) @ fields
    return smooth / np.maximum(smooth.std(axis=1, keepdims=True), 1e-9)


def _clouds(n: int, rng: np.random.Generator) -> np.ndarray:
    """Blots with soft or hard edges."""
    return 0.5 + 10 ** rng.uniform(-0.5, 1, (n, 1)) * (_waves(n, rng, 2.0) - rng.uniform(-0.5, 1.5, (n, 1)))


def _shapes(n: int, rng: np.random.Generator) -> np.ndarray:
    """Large filled shapes, symmetric about the middle as clothes are: a width for each row."""
    rows = np.arange(SIDE) - (SIDE - 1) / 2
    widths = rng.uniform(2, 13, (n, 5))
    corners = np.linspace(0, 4, SIDE)
    left = corners.astype(int).clip(0, 3)
    part = corners - left
    half = widths[:, left] * (1 - part) + widths[:, left + 1] * part
    half[np.abs(rows)[None] > rng.uniform(6, 14, (n, 1))] = -1
    filled = np.abs(rows)[None, None] <= half[:, :, None]
    grey = rng.uniform(0.3, 1, (n, 1))
    return filled.reshape(n, PIXELS) * grey


def _patterned(n: int, rng: np.random.Generator) -> np.ndarray:
    """The same with folds or stripes."""
    stripes = np.sin(np.arange(SIDE)[None] * rng.uniform(0.4, 2.5, (n, 1)) + rng.uniform(0, 6, (n, 1)))
    across = np.repeat(stripes[:, :, None], SIDE, axis=2)
    lengthwise = (rng.random(n) < 0.5)[:, None, None]
    striped = np.where(lengthwise, across, across.transpose(0, 2, 1)).reshape(n, PIXELS)
    folds = np.where(rng.random((n, 1)) < 0.5, striped, _waves(n, rng, 2.0))
    return _shapes(n, rng) * (0.8 + rng.uniform(0.1, 0.5, (n, 1)) * folds)


def _gradients(n: int, rng: np.random.Generator) -> np.ndarray:
    """Light that falls off to one side, and a little noise."""
    y, x = np.mgrid[-1 : 1 : SIDE * 1j, -1 : 1 : SIDE * 1j].reshape(2, -1)
    slope = rng.normal(0, 0.5, (n, 2))
    return rng.uniform(0, 1, (n, 1)) + slope @ np.stack([y, x]) + rng.normal(0, 0.05, (n, PIXELS))


def _even(n: int, rng: np.random.Generator) -> np.ndarray:
    """A single level, mostly 0, with hardly any noise."""
    level = np.where(rng.random((n, 1)) < 0.6, 0, rng.random((n, 1)))
    return level + rng.uniform(0, 0.05, (n, 1)) * rng.random((n, PIXELS))
