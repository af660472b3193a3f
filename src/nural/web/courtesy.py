"""Who draws goes before who trains: a training waits between two steps while a drawing is read."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

#: A training waits no longer than this before a step, however busy the page is.
LONGEST_WAIT = 0.05


class Courtesy:
    """Counts the answers that people wait for; a training steps aside between two of its steps."""

    def __init__(self) -> None:
        self._busy = 0
        self._free = threading.Condition()

    @contextmanager
    def first(self) -> Iterator[None]:
        """Within the block somebody waits for an answer."""
        with self._free:
            self._busy += 1
        try:
            yield
        finally:
            with self._free:
                self._busy -= 1
                self._free.notify_all()

    def wait(self) -> None:
        """Return when nobody waits any more, or after `LONGEST_WAIT` seconds."""
        if self._busy:
            with self._free:
                self._free.wait_for(lambda: not self._busy, LONGEST_WAIT)
