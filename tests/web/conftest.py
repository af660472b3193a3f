"""A server that runs in this process, and a client that says exactly what it is told to."""

import threading

import pytest

pytest.importorskip("starlette")
pytest.importorskip("uvicorn")

from web.client import Client

from nural.web.server import Server


@pytest.fixture(scope="module")
def running():
    """The server, on a port of its own."""
    ready = threading.Event()
    server = Server(0, ready=lambda _: ready.set())
    thread = threading.Thread(target=server.serve_until_interrupted)
    thread.start()
    assert ready.wait(20)
    yield server
    server.should_exit = True
    thread.join(20)
    assert not thread.is_alive()


@pytest.fixture
def ask(running):
    """Requests as the page makes them, and otherwise where the test says so."""
    return Client(running.port)
