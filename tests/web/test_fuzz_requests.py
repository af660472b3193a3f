"""Requests that no page would send: the server answers each with a sentence, loses nothing, and goes on."""

import http.client
import json
import random
import socket
import threading
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.fuzz

PATHS = [
    "/api/read", "/api/read?stages=1", "/api/training", "/api/training/pin", "/api/training/step",
    "/api/training/start", "/api/training/pause", "/api/training/snapshots/0/restore", "/api/trace",
    "/api/nothing", "/",
]  # fmt: skip
KEYS = [
    "strokes", "pixels", "base", "width", "switches", "layers", "recipe", "optimizer", "learning_rate", "batch_size",
    "epochs", "samples", "seed", "scale", "schedule", "momentum", "label", "type", "size",
]  # fmt: skip
VALUES = [
    None, True, -1, 0, 1, 3, 0.5, 1e308, -1e308, 10**30, "", "mlp", "own", "../../etc/passwd", "x" * 5000, [], [[]],
    [[[0, 0]]], [[[0.1, 0.2], [0.3, 0.9]]], {}, [0.5] * 784, [float("nan")] * 784, [{"type": "linear", "size": 3}],
    {"box": 1}, [{"type": "conv"}],
]  # fmt: skip
METHODS = ["GET", "POST", "PATCH", "PUT", "DELETE", "OPTIONS", "HEAD", "TRACE", "BREW"]


def any_body(rng):
    kind = rng.randrange(5)
    if kind == 0:
        return rng.randbytes(rng.randrange(200))
    if kind == 1:
        return json.dumps(rng.choice(VALUES)).encode()
    content = json.dumps({key: rng.choice(VALUES) for key in rng.sample(KEYS, rng.randrange(6))}).encode()
    if kind == 2 and content:
        return content[: rng.randrange(len(content))]
    return content


def fair(answer, path):
    """An answer that may be given to anything."""
    assert answer.status < 500, (path, answer.content)
    if answer.status >= 400 and answer.content:
        sentence = answer.error
        assert sentence
        assert not any(
            leak in sentence for leak in (str(Path.home()), str(Path.cwd()), "site-packages", ".py", "Traceback")
        )


def memory():
    """Of this process, in MB."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6


def test_bodies_of_every_kind(ask):
    rng = random.Random(0)
    for _ in range(1500):
        path = rng.choice(PATHS)
        headers = {
            "Content-Type": rng.choice(["application/json", "image/png", "text/plain", "multipart/form-data", ""])
        }
        fair(ask(path, any_body(rng), method=rng.choice(METHODS[:5]), headers=headers), path)
        if rng.random() < 0.1:
            ask("/api/training/pause", {})
    assert ask("/api/models").status == 200


def test_headers_of_every_kind(ask):
    rng = random.Random(1)
    names = ["Host", "Origin", "Content-Length", "Content-Type", "Sec-Fetch-Site", "Transfer-Encoding", "Last-Event-ID"]
    values = ["", "null", "-1", "1e9", "99999999999999999999", "chunked", "\t", "http://evil.example", "a" * 9000, "é"]
    for _ in range(400):
        lines = [
            f"{rng.choice(METHODS)} {rng.choice(PATHS)} HTTP/{rng.choice(['1.1', '1.0', '9', ''])}",
            f"Host: {ask.host}",
        ]
        lines += [f"{rng.choice(names)}: {rng.choice(values)}" for _ in range(rng.randrange(4))]
        rng.shuffle(lines[1:])
        with ask.connect("\r\n".join([*lines, "", ""]).encode()) as connection:
            connection.settimeout(2)
            connection.shutdown(socket.SHUT_WR)
            try:
                status = connection.recv(65536)[:12]
            except (TimeoutError, ConnectionResetError):
                continue
            assert not status.startswith(b"HTTP/1.1 5"), lines
    assert ask("/api/models").status == 200


def test_connections_cut_anywhere(ask):
    rng = random.Random(2)
    body = json.dumps({"strokes": [[[0.2, 0.2], [0.8, 0.2], [0.4, 0.9]]]}).encode()
    head = f"POST /api/read?stages=1 HTTP/1.1\r\nHost: {ask.host}\r\nOrigin: http://{ask.host}\r\n"
    request = f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body
    for _ in range(500):
        connection = ask.connect(request[: rng.randrange(1, len(request) + 1)])
        if rng.random() < 0.5:  # at once, not politely
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        connection.close()
    strokes = {"strokes": [[[0.2, 0.2], [0.8, 0.2], [0.4, 0.9]]]}
    end = time.monotonic() + 30
    while (answer := ask("/api/read", strokes)).status == 503 and time.monotonic() < end:
        time.sleep(0.1)  # until the server has seen that the connections are gone; it serves no more than so many
    assert answer.json["answer"] == 7


def test_a_thousand_streams_opened_and_dropped(ask, running):
    ask("/api/training", {"layers": [], "samples": 100, "batch_size": 10, "epochs": 1000})
    ask("/api/training/start", {})
    before, threads = memory(), threading.active_count()
    for i in range(1000):
        with ask.connect(f"GET /api/training/events HTTP/1.1\r\nHost: {ask.host}\r\n\r\n".encode()) as connection:
            if i % 3 == 0:
                connection.recv(100)
        if i == 200:
            before = memory()
    ask("/api/training/pause", {})
    end = time.monotonic() + 30
    while running.app.state.streams.open and time.monotonic() < end:
        time.sleep(0.1)
    assert running.app.state.streams.open == 0
    assert threading.active_count() <= threads + 40  # those of Starlette's pool, which has no more
    assert memory() < before + 50
    assert ask("/api/models").status == 200


def test_many_at_once(ask):
    """More connections than are served: some are told so, none is lost, and the next one is served."""
    statuses = []

    def work():
        for _ in range(10):
            try:
                statuses.append(ask("/api/samples?count=60").status)
            except (http.client.HTTPException, OSError) as error:
                statuses.append(error)

    workers = [threading.Thread(target=work) for _ in range(40)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert set(statuses) <= {200, 503}
    assert ask("/api/models").status == 200
