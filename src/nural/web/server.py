"""The server of the page: what it answers, and how it starts and ends."""

import contextlib
import mimetypes
import socket
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.staticfiles import StaticFiles

from nural.layer import Layer
from nural.parallel.threads import BlasThreads
from nural.web import drawing, inside_routes, mistakes_routes, training_routes
from nural.web.courtesy import Courtesy
from nural.web.digits import Digits
from nural.web.events import Streams
from nural.web.models import Models
from nural.web.problem import HANDLERS
from nural.web.security import Security
from nural.web.session import Session

LOOPBACK = "127.0.0.1"
STATIC = Path(__file__).with_name("static")
#: Python's switch interval in seconds. With the default, 0.005, a training delays a reading by a few of them.
SWITCH = 0.0005
#: How many seconds answers under way may take when the server ends.
GRACE = 1
MOST_CONNECTIONS = 256


def create_app(port: int, given: Layer | None = None) -> Starlette:
    """The page's application.

    Args:
        port: The port of the server, which Host and Origin must name.
        given: The network of ``nural serve --model``, which comes first on the page.
    """
    mimetypes.add_type("text/javascript", ".js")  # a system's table may differ, and then no browser would run it

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        app.state.digits.load_soon()
        yield
        app.state.session.close()

    app = Starlette(
        routes=[*drawing.ROUTES, *training_routes.ROUTES, *inside_routes.ROUTES, *mistakes_routes.ROUTES],
        middleware=[Middleware(Security, port=port)],
        exception_handlers=HANDLERS,
        lifespan=lifespan,
    )
    app.router.default = StaticFiles(directory=STATIC, html=True)  # other addresses; a mount would hide the 405s
    app.state.models = Models(given)
    app.state.digits = Digits()
    app.state.courtesy = Courtesy()
    app.state.streams = Streams()
    app.state.session = Session(app.state.digits, app.state.models, app.state.courtesy)
    return app


class Server(uvicorn.Server):
    """Uvicorn on loopback, which ends at the first Ctrl-C and ends the event streams with it.

    Args:
        port: The port; 0 for any that is free.
        given: The network of ``nural serve --model``.
        ready: Called with the page's address once it can be opened.

    Raises:
        OSError: the port is taken.
    """

    def __init__(self, port: int, given: Layer | None = None, ready: Callable[[str], Any] | None = None) -> None:
        # asyncio sends at once (TCP_NODELAY) if the protocol is named; otherwise an answer waits 40 ms for an ACK
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        if sys.platform != "win32":  # on Windows this would let two servers share a port
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind((LOOPBACK, port))
        self.port = self.socket.getsockname()[1]
        self.address = f"http://{LOOPBACK}:{self.port}/"
        self.app = create_app(self.port, given)
        self.ready = ready
        super().__init__(
            uvicorn.Config(
                self.app,
                http="h11",
                ws="none",
                access_log=False,
                log_level="error",
                server_header=False,
                timeout_graceful_shutdown=GRACE,
                limit_concurrency=MOST_CONNECTIONS,
            )
        )

    def serve_until_interrupted(self) -> None:
        """Answer until Ctrl-C."""
        before = sys.getswitchinterval()
        sys.setswitchinterval(SWITCH)
        try:
            with BlasThreads(1), contextlib.suppress(KeyboardInterrupt):
                self.run([self.socket])
        finally:
            sys.setswitchinterval(before)
            self.socket.close()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the event streams, which never end by themselves, then the rest."""
        self.app.state.streams.end()
        await super().shutdown(sockets)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen, and call ``ready``."""
        await super().startup(sockets)
        if self.ready is not None and not self.should_exit:
            self.ready(self.address)
