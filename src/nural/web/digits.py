"""MNIST for the page: decoded once, on a thread of its own, while the page opens."""

import threading

import numpy as np

from nural.data.mnist_datasets import load_mnist_datasets
from nural.web.problem import Problem

SETS = ("training", "validation", "test")


class Digits:
    """The three sets by name. The first who ask wait until they are decoded."""

    def __init__(self) -> None:
        self._sets: dict[str, tuple[np.ndarray, np.ndarray]] = {}
        self._lock = threading.Lock()

    def load_soon(self) -> None:
        """Begin to decode in the background."""
        threading.Thread(target=self._load, name="digits", daemon=True).start()

    def get(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        """``(x, y)`` of a set: float32 ``(N, 784)`` and int64 ``(N,)``.

        Raises:
            Problem: there is no set of this name.
        """
        if name not in SETS:
            raise Problem(f"set must be one of {', '.join(SETS)}")
        return self._load()[name]

    def _load(self) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        with self._lock:
            if not self._sets:
                self._sets = dict(zip(SETS, load_mnist_datasets(), strict=True))
                for x, y in self._sets.values():
                    x.flags.writeable = y.flags.writeable = False
            return self._sets
