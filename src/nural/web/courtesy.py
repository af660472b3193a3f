"""Drawings go before trainings: a training waits between two steps while a drawing is read."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

#: A training waits no longer than this before a step, however busy the page is.
LONGEST_WAIT = 0.05


class Courtesy:
    """Counts the answers that people wait for, so that a training waits between two of its steps."""

    def __init__(self) -> None:
        self._busy = 0
        self._free = threading.Condition()

    @contextmanager
    def first(self) -> Iterator[None]:
        """Within the block a person waits for an answer."""
        with self._free:
            self._busy += 1
        try:
            yield
        finally:
            with self._free:
                self._busy -= 1
                self._free.notify_all()

    def wait(self) -> None:
        """Return when nobody waits for an answer, or after `LONGEST_WAIT` seconds."""
        if self._busy:
            with self._free:
                self._free.wait_for(lambda: not self._busy, LONGEST_WAIT)
