"""Ctrl-C between two steps instead of within one."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def deferred_interrupt() -> Iterator[threading.Event]:
    """Within the block a first Ctrl-C sets the event that is handed out; a second one interrupts at once.

    Outside the main thread, which alone gets signals, and where Ctrl-C is ignored, the event is never set.
    """
    pressed = threading.Event()
    before = signal.getsignal(signal.SIGINT)
    ignored = before in (signal.SIG_IGN, None)
    if ignored or threading.current_thread() is not threading.main_thread():
        yield pressed
        return

    def handler(number: int, frame: object) -> None:
        if pressed.is_set():
            raise KeyboardInterrupt
        pressed.set()

    signal.signal(signal.SIGINT, handler)
    try:
        yield pressed
    finally:
        signal.signal(signal.SIGINT, before)
