"""The page as a person has it: `nural serve` as a process of its own, and Chromium."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest

from nural.data import prepare_strokes

sync_api = pytest.importorskip("playwright.sync_api")

#: So that nothing of the browser's own asks the network, and nothing depends on the machine's graphics.
FLAGS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-gpu",
]
PATIENCE = 60_000  # ms that a test waits for the page


def pytest_addoption(parser):
    parser.addoption("--pictures", help="Folder for the pictures of the documentation; by default they are only tried.")


@pytest.fixture(scope="session")
def chromium():
    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    assert path, "the browser tests need chromium on the PATH, or its path in the variable CHROMIUM"
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def address():
    """Of a server for the tests of one file."""
    command = [sys.executable, "-m", "nural", "serve", "--no-browser", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        found = re.search(r"http://\S+/", process.stdout.readline())
        assert found
        yield found[0]
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
        assert (process.returncode, err) == (0, "")


class Page:
    """A page of the browser, with what a test asks of it again and again."""

    def __init__(self, page, address):
        self.page, self.address = page, address

    def __getattr__(self, name):
        return getattr(self.page, name)

    def open(self, state=""):
        """Go to a state of the page, written as in its address, and wait until it is there."""
        self.page.goto("about:blank")  # otherwise another # would be no new page
        self.page.goto(f"{self.address}#{state}")
        self.page.wait_for_selector("section[role=tabpanel]:not([hidden]) > *")
        return self

    def store(self, key):
        """A value of the page's store; typed arrays as lists."""
        script = """key => import('./store.js').then(({ store }) => {
            const value = store.get(key);
            return value instanceof Float32Array ? [...value] : value;
        })"""
        return self.page.evaluate(script, key)

    def until(self, key, condition):
        """Wait until this JavaScript holds of the store's ``value`` of the key, and return it."""
        self.holds(
            f"import('./store.js').then(({{ store }}) => {{ const value = store.get('{key}'); return {condition}; }})"
        )
        return self.store(key)

    def has_address(self, part):
        """Wait until the address has this in it."""
        self.holds(f"location.hash.includes('{part}')")

    def holds(self, expression):
        """Wait until this JavaScript is true. The page's policy forbids what Playwright's own waiting would do."""
        self.until_true(lambda: self.page.evaluate(f"() => {expression}"), expression)

    def until_true(self, condition, what="what was waited for"):
        """Wait until a condition that Python asks is true."""
        end = time.monotonic() + PATIENCE / 1000
        while not condition():
            assert time.monotonic() < end, f"still not: {what}"
            self.page.wait_for_timeout(50)

    def canvas(self):
        """The canvas that is drawn on, scrolled into view, and where it is."""
        canvas = self.page.locator("digit-canvas canvas")
        canvas.scroll_into_view_if_needed()
        return canvas, canvas.bounding_box()

    def lifted(self):
        """How often the pen has left the canvas."""
        return self.page.evaluate("() => performance.getEntriesByName('nural-pen-lifted').length")

    def drawn_pixels(self):
        """What the network sees of all the strokes that are there now, waited for."""

        def arrived():
            strokes = [[point[:2] for point in stroke] for stroke in self.store("strokes")]
            pixels = self.store("pixels")
            expected = prepare_strokes(strokes, self.store("width"), **self.store("switches")).ravel()
            return pixels is not None and np.allclose(pixels, expected, rtol=0, atol=1e-6)

        self.until_true(arrived, "the pixels of all strokes")
        return np.array(self.store("pixels"))

    def draw(self, *strokes):
        """Draw with the mouse; points are shares of the canvas."""
        _, box = self.canvas()
        lifted = self.lifted()
        for stroke in strokes:
            points = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in stroke]
            self.page.mouse.move(*points[0])
            self.page.mouse.down()
            for point in points[1:]:
                self.page.mouse.move(*point)
            self.page.mouse.up()
        self.until_true(lambda: self.lifted() == lifted + len(strokes), "all strokes ended")
        return self

    def draw_by_touch(self, *strokes):
        """Draw with a finger, through the browser's own path of touches."""
        _, box = self.canvas()
        lifted = self.lifted()
        session = self.page.context.new_cdp_session(self.page)
        for stroke in strokes:
            points = [{"x": box["x"] + x * box["width"], "y": box["y"] + y * box["height"]} for x, y in stroke]
            session.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": points[:1]})
            for point in points[1:]:
                session.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [point]})
            session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        self.until_true(lambda: self.lifted() == lifted + len(strokes), "all strokes ended")
        return self


@pytest.fixture
def visit(chromium, address):
    """Opens pages; afterwards each must have said nothing on its console and asked nobody but the server."""
    contexts, complaints = [], []

    def visiting(state="", width=1280, height=900, **options):
        context = chromium.new_context(viewport={"width": width, "height": height}, **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(error.stack or str(error)))
        page.on("request", lambda request: complaints.extend(_elsewhere(request.url)))
        return Page(page, address).open(state)

    yield visiting
    for context in contexts:
        context.close()
    assert complaints == []


def _elsewhere(url):
    """The address, if it is not the server's."""
    parts = urlsplit(url)
    return [] if parts.scheme in ("blob", "data", "about") or parts.hostname == "127.0.0.1" else [url]


@pytest.fixture
def picture(request, tmp_path):
    """Where to write a picture of the documentation."""
    folder = Path(request.config.getoption("--pictures") or tmp_path)
    return lambda name: folder / name
