"""How accuracy falls as digits are disturbed: noise, rotation and shift, step by step."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from nural.data.augmentation import Noise
from nural.data.augmentation.affine import affine_inverse
from nural.data.augmentation.augmentation import BLOCK
from nural.data.augmentation.coordinates import affine_fields, composed, identity_map
from nural.data.augmentation.resampling import resample
from nural.data.batches import numbers, rows
from nural.evaluation.inference import evaluate
from nural.layer import Layer


@dataclass(frozen=True)
class Disturbance:
    """One way in which digits are changed, and the levels that are tried.

    Attributes:
        name: Its name.
        unit: The unit of the levels.
        levels: Evenly spaced; level 0 leaves digits unchanged.
        apply: ``(x, level, rng) -> x``: digits ``(N, 784)``, changed.
    """

    name: str
    unit: str
    levels: tuple[float, ...]
    apply: Callable[[np.ndarray, float, np.random.Generator], np.ndarray]


def noisy(x: np.ndarray, deviation: float, rng: np.random.Generator) -> np.ndarray:
    """Digits ``(N, 784)`` with normal noise of this deviation, where paper is 0 and ink is 1; see `Noise`."""
    out = np.empty_like(x)
    Noise().apply(x, (np.full(len(x), deviation), rng.integers(256, size=x.shape, dtype=np.uint8)), out)
    return out


def rotated(x: np.ndarray, degrees: float, rng: np.random.Generator) -> np.ndarray:
    """Digits ``(N, 784)`` turned counter-clockwise; ``rng`` is not used."""
    return _moved(x, np.zeros((2, len(x))), degrees)


def shifted(x: np.ndarray, pixels: float, rng: np.random.Generator) -> np.ndarray:
    """Digits ``(N, 784)`` moved by ``pixels``, each in its own direction."""
    direction = rng.uniform(0, 2 * np.pi, len(x))
    return _moved(x, pixels * np.stack([np.sin(direction), np.cos(direction)]), 0.0)


DISTURBANCES = (
    Disturbance("noise", "standard deviation; paper is 0, ink 1", tuple(i / 10 for i in range(9)), noisy),
    Disturbance("rotation", "degrees, counter-clockwise", tuple(range(-60, 61, 15)), rotated),
    Disturbance("shift", "pixels, in any direction", tuple(range(9)), shifted),
)


def robustness(model: Layer, x: Any, y: Any, disturbance: Disturbance) -> Iterator[tuple[float, float]]:
    """The accuracy at each level of a disturbance: ``(level, accuracy)``, one after another.

    The same noise, scaled, and the same directions are used at all levels and in each call.

    Args:
        model: Takes digits ``(N, 784)``.
        x: Digits ``(N, 784)`` from 0 (paper) to 1 (ink).
        y: Their labels ``(N,)``.
        disturbance: One of `DISTURBANCES`, or another.

    Raises:
        ValueError: the labels name no classes, or do not fit the digits or the network.

    Source: Hendrycks and Dietterich 2019, Benchmarking Neural Network Robustness to Common Corruptions.
    """
    x = numbers(rows(x, 0, len(x)))
    x = x if x.dtype.kind == "f" else x.astype(model.dtype)
    for level in disturbance.levels:
        disturbed = disturbance.apply(x, level, np.random.default_rng(0))
        found = evaluate(model, disturbed, y)
        if "accuracy" not in found:
            raise ValueError("robustness: the targets name no classes, so there is no accuracy")
        yield level, found["accuracy"]


def _moved(x: np.ndarray, b: np.ndarray, degrees: float) -> np.ndarray:
    """Digits turned about their centre, then shifted by ``b``, down and to the right, ``(2, N)``."""
    n = len(x)
    inverse = affine_inverse(b, np.full(n, degrees), np.ones((2, n)), np.zeros(n))
    maps = composed(identity_map(n), inverse).transpose(2, 0, 1)
    out = np.empty_like(x)
    for begin in range(0, n, BLOCK):
        block = slice(begin, begin + BLOCK)
        resample(x[block], maps[block], affine_fields(), out[block])
    return out
