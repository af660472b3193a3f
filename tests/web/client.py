"""Requests by the standard library's parts, so that headers and bodies can be wrong in every way."""

import http.client
import json
import socket
import time

import numpy as np


class Answer:
    def __init__(self, status, headers, content):
        self.status, self.headers, self.content = status, headers, content

    @property
    def json(self):
        return json.loads(self.content)

    @property
    def error(self):
        """The one sentence of an error."""
        assert list(self.json) == ["error"]
        return self.json["error"]

    @property
    def tensors(self):
        """The manifest, and the arrays by name."""
        length = int.from_bytes(self.content[:4], "little")
        manifest = json.loads(self.content[4 : 4 + length])
        arrays = {}
        for entry in manifest["tensors"]:
            count = int(np.prod(entry["shape"]))
            array = np.frombuffer(self.content, "<f4", count, 4 + length + entry["offset"])
            arrays[entry["name"]] = array.reshape(entry["shape"])
        return manifest, arrays


class Client:
    def __init__(self, port):
        self.port = port
        self.host = f"127.0.0.1:{port}"

    def __call__(self, path, body=None, *, method=None, headers=None, chunked=False):
        """Without ``method``, GET or, with a body, POST. A body that is no bytes is sent as JSON."""
        method = method or ("GET" if body is None else "POST")
        sent = {"Host": self.host, "Origin": f"http://{self.host}"} | (headers or {})
        if body is not None and not isinstance(body, bytes) and not chunked:
            body = json.dumps(body).encode()
            sent.setdefault("Content-Type", "application/json")
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            sent = {name: value for name, value in sent.items() if value is not None}
            connection.putrequest(method, path, skip_host=True)
            for name, value in sent.items():
                connection.putheader(name, value)
            if chunked:
                connection.putheader("Transfer-Encoding", "chunked")
            elif body is not None and "Content-Length" not in sent:
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders()
            self._send(connection, body, chunked)
            response = connection.getresponse()
            return Answer(response.status, dict(response.getheaders()), response.read())
        finally:
            connection.close()

    @staticmethod
    def _send(connection, body, chunked):
        try:
            for part in (body if chunked else [body]) or []:
                if part:
                    connection.send(b"%x\r\n%s\r\n" % (len(part), part) if chunked else part)
            if chunked:
                connection.send(b"0\r\n\r\n")
        except (BrokenPipeError, ConnectionResetError):
            pass  # the server has answered before it heard all

    def connect(self, request=b""):
        """A bare connection, on which ``request`` was sent."""
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=20)
        connection.sendall(request)
        return connection

    def stream(self):
        """A stream of events: the connection, with its headers and first lines read."""
        connection = self.connect(f"GET /api/training/events HTTP/1.1\r\nHost: {self.host}\r\n\r\n".encode())
        return connection, connection.recv(65536)

    def until(self, holds, seconds=60):
        """The training as a whole, once this holds of it."""
        end = time.monotonic() + seconds
        while True:
            whole = self("/api/training").json
            if holds(whole):
                return whole
            assert time.monotonic() < end, f"still {whole['state']} after {seconds} s"
            time.sleep(0.02)
