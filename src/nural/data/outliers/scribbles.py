"""Scribbles: what a pen leaves that is no sign."""

import numpy as np

from nural.data.outliers.letters import drawn


def scribbles(count: int, rng: np.random.Generator) -> np.ndarray:
    """Random strokes, straight or curved, once or several times over: float32 ``(count, 784)``."""
    return drawn(count, lambda: _scribble(rng))


def _scribble(rng: np.random.Generator) -> list[np.ndarray]:
    kind = rng.integers(4)
    if kind == 0:  # to and fro, as one crosses something out
        turns = rng.integers(5, 12)
        x = np.arange(turns) / turns + rng.normal(0, 0.05, turns)
        y = np.arange(turns) % 2 * rng.uniform(0.3, 1) + rng.normal(0, 0.1, turns)
        return [np.stack([x, y], axis=1)]
    if kind == 1:  # loops, one beside the next
        angle = np.linspace(0, 2 * np.pi * rng.uniform(2.2, 5), 60)
        drift = rng.uniform(0.05, 0.15)
        return [np.stack([np.cos(angle) + drift * angle, rng.uniform(0.4, 1.2) * np.sin(angle)], axis=1)]
    if kind == 2:  # a spiral
        angle = np.linspace(0, 2 * np.pi * rng.uniform(2, 3.5), 60)
        return [(angle * np.stack([np.cos(angle), np.sin(angle)])).T]
    strokes = []  # lines all over
    for _ in range(rng.integers(3, 7)):
        bend = rng.normal(0, 0.15, 2)
        ends = rng.random((2, 2))
        t = np.linspace(0, 1, 8)[:, None]
        strokes.append(ends[0] * (1 - t) + ends[1] * t + bend * np.sin(np.pi * t))
    return strokes
