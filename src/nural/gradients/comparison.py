"""A gradient beside central differences, and the factor between them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from nural.gradients.numerical import slope

#: h of the central differences: the default, then a smaller one, in case a kink (of ReLU, of max pooling) lies between
#: the two points.
STEPS = (None, 4e-7)


@dataclass(frozen=True)
class Comparison:
    """Entries of a gradient, and the central differences there.

    Attributes:
        error: The largest relative error.
        index: Where it is.
        indices: All entries that were compared.
        analytic: What ``backward`` gave there.
        numeric: What central differences give there.
    """

    error: float
    index: tuple[int, ...]
    indices: list[tuple[int, ...]]
    analytic: np.ndarray
    numeric: np.ndarray

    @property
    def difference(self) -> str:
        """The worst entry, with both numbers."""
        i = self.indices.index(self.index)
        return (
            f"[{', '.join(map(str, self.index))}]: backward gives {self.analytic[i]:.10g}, central differences give "
            f"{self.numeric[i]:.10g} (relative error {self.error:.1e}"
        )

    def ratio(self, arrays: Mapping[str, np.ndarray]) -> str:
        """What the right gradient is multiplied by: a number, or one of the arrays by name; nothing if neither."""
        there = self.numeric != 0
        if not there.any() or np.any(self.analytic[~there]):
            return ""
        ratios = self.analytic[there] / self.numeric[there]
        if np.allclose(ratios, ratios[0], rtol=1e-4):
            c, divisor = ratios[0], round(1 / ratios[0]) if ratios[0] else 0
            fraction = f" = 1/{divisor}" if divisor > 1 and np.isclose(c * divisor, 1) else ""
            return "" if np.isclose(c, 1) else f"{c:.4g}{fraction}"
        for name, array in arrays.items():
            values = np.array([array[index] for index in self.indices])[there]
            if np.allclose(ratios, values, rtol=1e-3, atol=1e-6):
                return name
        return ""


def compare(
    gradient: np.ndarray,
    f: Callable[[np.ndarray], float],
    W: np.ndarray,
    floor: float,
    rng: np.random.Generator,
    samples: int,
    tolerance: float,
) -> Comparison:
    """A gradient of f with respect to W beside central differences, at ``samples`` entries drawn by ``rng``.

    An error is |a − n| over the largest of |a|, |n| and ``floor``.
    """
    entries = [tuple(int(i) for i in np.unravel_index(flat, W.shape)) for flat in rng.permutation(W.size)[:samples]]
    worst, where, numeric = 0.0, (entries or [()])[0], np.zeros(len(entries))
    for place, index in enumerate(entries):
        analytic, error = float(gradient[index]), np.inf
        for h in STEPS:
            numeric[place] = slope(f, W, index, h)
            error = abs(analytic - numeric[place]) / max(abs(analytic), abs(numeric[place]), floor, 1e-12)
            if error <= tolerance:
                break
        if not error <= worst:
            worst, where = error, index
    return Comparison(worst, where, entries, np.array([float(gradient[index]) for index in entries]), numeric)
