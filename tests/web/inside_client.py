"""Requests to a server that runs, with the standard library alone."""

import json
import urllib.error
import urllib.request

import numpy as np


class Answer:
    def __init__(self, status, headers, content):
        self.status, self.headers, self.content = status, headers, content

    def json(self):
        return json.loads(self.content)

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
    def __init__(self, address):
        self.address = address

    def get(self, path):
        return self._answer(urllib.request.Request(self.address + path))

    def post(self, path, body=None):
        content = json.dumps(body or {}).encode()
        headers = {"content-type": "application/json", "origin": self.address.rstrip("/")}
        return self._answer(urllib.request.Request(self.address + path, content, headers))

    def _answer(self, request):
        try:
            with urllib.request.urlopen(request) as answer:
                return Answer(answer.status, answer.headers, answer.read())
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, error.headers, error.read())
