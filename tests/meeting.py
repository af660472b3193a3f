"""Threads that certainly disturb each other, if they can."""

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from nural.layer import Layer

THREADS = 8


class Meeting(Layer):
    """Waits until all threads are here: then each has computed what is before it, and none what is behind."""

    def __init__(self):
        super().__init__()
        self.barrier = threading.Barrier(THREADS)

    def forward(self, x, train=False):
        self.barrier.wait(timeout=60)
        return x


def together(task, times=3):
    """``task(i)`` by each of the threads at the same time, so many times: what each got."""
    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(lambda i: [task(i) for _ in range(times)], range(THREADS)))


def require_equal(found, expected):
    """Raise AssertionError unless thread i got ``expected[i]`` each time."""
    for results, wanted in zip(found, expected, strict=True):
        for result in results:
            np.testing.assert_allclose(result, wanted, rtol=1e-5, atol=1e-5)
