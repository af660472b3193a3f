import re
import signal
import socket
import subprocess
import sys
import urllib.request

import pytest

pytest.importorskip("uvicorn")


@pytest.fixture
def served(nural):
    """Starts `nural serve` and waits for its address; ends it after the test."""
    started = []

    def start(*arguments):
        process = nural.start("serve", "--no-browser", *arguments)
        started.append(process)
        line = process.stdout.readline()
        address = re.search(r"http://127\.0\.0\.1:\d+/", line)
        assert address, line + process.stderr.read()
        return process, address[0]

    yield start
    for process in started:
        process.kill()
        process.communicate()


def test_ctrl_c_ends_it_with_a_page_open_and_a_stream_running(served):
    process, address = served("--port", "0")
    with (
        urllib.request.urlopen(address) as page,
        urllib.request.urlopen(address + "api/training/events") as stream,
    ):
        assert b"<title>nural</title>" in page.read()
        assert stream.readline().startswith(b"retry:")
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (0, "", "")


def test_a_port_that_is_taken(served, nural, one_sentence):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        sentence = one_sentence(nural("serve", "--no-browser", "--port", port))
    assert f"--port {port} cannot be used" in sentence


def test_a_model_of_one_s_own_comes_first(served, nural, small_npz):
    nural("train", "--data", small_npz, "--epochs", "1", "--out", "first", check=0)
    _, address = served("--port", "0", "--model", "first")
    with urllib.request.urlopen(address + "api/models") as answer:
        content = answer.read()
    assert content.index(b'"file"') < content.index(b'"pretrained"')
    assert b"first" not in content


def test_a_model_that_is_none(nural, one_sentence, small_npz):
    assert "there is no such file" in one_sentence(nural("serve", "--no-browser", "--model", "none.safetensors"))


def test_no_thread_computes_any_more_when_it_has_ended():
    program = """
import os, signal, threading
from nural.cli.serve import wait_for_threads
from nural.web.server import Server

Server(0, ready=lambda address: os.kill(os.getpid(), signal.SIGINT)).serve_until_interrupted()
wait_for_threads()
print(*[thread.name for thread in threading.enumerate()])
"""
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert (ended.stdout, ended.stderr) == ("MainThread\n", "")
