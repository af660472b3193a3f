"""Random numbers for the rows of a batch, or for a share of them."""

import numpy as np


class Draws:
    """Draws for n rows of a larger batch: the same numbers that these rows get if the whole batch is drawn.

    They are drawn for all rows of the batch and those of other rows are dropped. So several MPI ranks that share a
    batch change no bit of it, and leave ``rng`` where the whole batch leaves it.

    Args:
        rng: All numbers come from it.
        n: How many rows are wanted.
        before: How many rows of the batch come before them.
        after: How many come after them.
    """

    def __init__(self, rng: np.random.Generator, n: int, before: int = 0, after: int = 0) -> None:
        self._rng, self.n = rng, n
        self._batch, self._own = before + n + after, slice(before, before + n)

    def uniform(self, low: float, high: float, *shape: int) -> np.ndarray:
        """Uniform from ``low`` to ``high``, float64 ``(n, *shape)``."""
        return self._rng.uniform(low, high, (self._batch, *shape))[self._own]

    def normal(self, *shape: int) -> np.ndarray:
        """Normal with mean 0 and deviation 1, float32 ``(n, *shape)``."""
        return self._rng.standard_normal((self._batch, *shape), np.float32)[self._own]

    def bytes(self, size: int) -> np.ndarray:
        """Whole numbers from 0 to 255, ``(n, size)``: the cheapest draws."""
        drawn = np.frombuffer(self._rng.bytes(self._batch * size), np.uint8)
        return drawn.reshape(self._batch, size)[self._own]
