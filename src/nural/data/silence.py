"""Warnings switched off while a file is read, on any number of threads."""

import warnings
from threading import Lock


class Silence:
    """A context manager that many threads may enter at once; warnings are off until the last has left.

    On threads that overlap, `warnings.catch_warnings` may leave warnings off for good.
    """

    def __init__(self) -> None:
        self._lock, self._inside = Lock(), 0

    def __enter__(self) -> None:
        with self._lock:
            if self._inside == 0:
                self._caught = warnings.catch_warnings(action="ignore")
                self._caught.__enter__()
            self._inside += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._inside -= 1
            if self._inside == 0:
                self._caught.__exit__(None, None, None)
