"""Networks on which a mistake shows: no ReLU is open or shut as a whole, and no gradient vanishes."""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from nural.learn.case import Draw

#: How often a network is drawn again.
TRIES = 2000


def small_weights(draw: Draw, turn: int, *shape: int) -> np.ndarray:
    """−1, 0 and 1 in the first turns, where a case is to be looked at; else small enough that sums do not grow."""
    if turn < 2:
        return draw.rng.integers(-1, 2, shape).astype(np.float64)
    return draw.normal(*shape) / np.sqrt(max(np.prod(shape[:-1]), 1))


def lively(once: Callable[[], Any], look: Callable[[Any], tuple[Iterable[np.ndarray], Iterable[Any]]]) -> Any:
    """What is drawn ``once``, and again until it is lively.

    Args:
        once: Draws a network and a batch.
        look: What goes into its ReLUs, and its gradients.
    """
    for _ in range(TRIES):
        drawn = once()
        inputs, gradients = look(drawn)
        if all(_is_half_open(x) for x in inputs) and all(np.abs(g).max() > 1e-2 for g in gradients):
            return drawn
    raise AssertionError("no such network was found")


def _is_half_open(x: np.ndarray) -> bool:
    return bool(np.abs(x).min() > 1e-2 and 0.2 <= np.mean(x > 0) <= 0.8)
