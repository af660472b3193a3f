"""How long it takes from the lifted pen to the ten bars on screen, and to the trace of both passes.

While nothing else runs, and while a network trains.

Run it as ``python benchmarks/page_latency.py`` with the extra `browser-test` and a Chromium, on a machine that
does nothing else. Both times are the browser's own: of the event that lifts the pen, and of the frame with the bars, or
with all cells of all layers, forward and backward, of the network that is inside.
"""

import argparse
import re
import shutil
import signal
import statistics
import subprocess
import sys

from playwright.sync_api import Page, sync_playwright

STROKES = {"7": [(0.3, 0.2), (0.7, 0.2), (0.45, 0.8)], "1": [(0.5, 0.15), (0.48, 0.85)]}
TRAININGS = {"nothing": None, "mlp": "mlp", "cnn-fast": "cnn-fast", "mnist-example": "mnist-example"}
TIMES = """(what) => {
    const lifted = performance.getEntriesByName('nural-pen-lifted').at(-1).startTime;
    return performance.getEntriesByName(what).find((mark) => mark.startTime > lifted).startTime - lifted;
}"""
SETTLED = 600  # ms after which nothing more is expected


def lifts(page: Page, count: int, what: str) -> list[float]:
    """Draw so many digits, and return the milliseconds from the end of each to the mark of what is shown then."""
    times = []
    for i in range(count):
        page.get_by_role("button", name="Clear").click()
        box = page.locator("digit-canvas canvas:visible").bounding_box()
        assert box is not None
        stroke = list(STROKES.values())[i % len(STROKES)]
        placed = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in stroke]
        page.mouse.move(*placed[0])
        page.mouse.down()
        for point in placed[1:]:
            page.mouse.move(*point, steps=6)
        page.wait_for_timeout(150)
        page.mouse.up()
        page.wait_for_timeout(SETTLED)
        times.append(page.evaluate(TIMES, what))
    return times


def traces(page: Page, count: int) -> list[float]:
    """Those to the trace, in the view Inside, with a label."""
    page.get_by_role("tab", name="Inside").click()
    page.locator(".pick", has_text="7").first.click()
    times = lifts(page, count, "nural-trace-shown")
    page.get_by_role("tab", name="Draw").click()
    return times


def said(what: str, times: list[float]) -> str:
    """The median and the worst."""
    return f"{what}: median {statistics.median(times):.0f} ms, worst {max(times):.0f} ms"


def order(page: Page, path: str, body: dict[str, object]) -> None:
    """Send an order to the training."""
    page.evaluate(
        "([path, body]) => fetch(path, { method: 'POST', body: JSON.stringify(body) }).then((answer) => answer.json())",
        [path, body],
    )


def main() -> None:
    """Measure, and print a line for each training."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--strokes", type=int, default=20, help="strokes of each measurement")
    count = parser.parse_args().strokes
    command = [sys.executable, "-m", "nural", "serve", "--no-browser", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server, sync_playwright() as playwright:
        try:
            assert server.stdout is not None
            found = re.search(r"http://\S+/", server.stdout.readline())
            assert found
            flags = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--no-first-run"]
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=flags)
            page = browser.new_page()
            page.goto(found[0])
            page.wait_for_selector(".sample")
            print(f"from the lifted pen, {count} strokes each:")
            for name, recipe in TRAININGS.items():
                if recipe is not None:
                    order(page, "api/training/pause", {})
                    order(page, "api/training", {"recipe": recipe})
                    order(page, "api/training/start", {})
                    page.wait_for_timeout(1000)
                found = said("ten bars", lifts(page, count, "nural-bars-shown")), said("trace", traces(page, count))
                print(f"  while {name} trains: {'; '.join(found)}", flush=True)
            browser.close()
        finally:
            server.send_signal(signal.SIGINT)


if __name__ == "__main__":
    main()
