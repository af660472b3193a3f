"""Server-sent events: the status of the training, about ten times a second while it changes. The latest wins."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import StreamingResponse

from nural.web.problem import Problem
from nural.web.tensors import to_json

MOST_STREAMS = 32
INTERVAL = 0.1
#: Seconds without news after which a line is sent anyway, to notice browsers that are gone.
SILENCE = 10


class Streams:
    """The event streams that are open; they are bounded, and end together."""

    def __init__(self) -> None:
        self.open = 0
        self._ending = False

    def end(self) -> None:
        """Make every stream end when it next wakes."""
        self._ending = True

    def stream(self, request: Request, status: Callable[[], Any]) -> StreamingResponse:
        """Open a new stream.

        Args:
            request: The request that it answers.
            status: Returns what to send; a change replaces this object by another.

        Raises:
            Problem: there are too many streams.
        """
        if self.open >= MOST_STREAMS:
            raise Problem("too many pages listen already; close one", 503)
        self.open += 1
        return _Counted(self, self._events(request, status), media_type="text/event-stream")

    async def _events(self, request: Request, status: Callable[[], Any]) -> AsyncIterator[bytes]:
        sent: Any = None
        silent = 0.0
        yield b"retry: 1000\n\n"
        while not self._ending and not await request.is_disconnected():
            current = status()
            if current is not sent:
                sent, silent = current, 0.0
                yield b"data: " + to_json(current) + b"\n\n"
            elif silent >= SILENCE:
                silent = 0.0
                yield b": still here\n\n"
            silent += INTERVAL
            await asyncio.sleep(INTERVAL)


class _Counted(StreamingResponse):
    """A stream that is counted until it ends, for whatever reason."""

    def __init__(self, streams: Streams, content: AsyncIterator[bytes], **more: Any) -> None:
        super().__init__(content, **more)
        self.streams = streams

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Send the stream to its end."""
        try:
            with contextlib.suppress(OSError):  # the browser is gone
                await super().__call__(scope, receive, send)
        finally:
            self.streams.open -= 1
