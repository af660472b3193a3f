"""How long it takes from the lifted pen to the ten bars on screen, while nothing else runs and while a network trains.

Run it as ``python benchmarks/page_latency.py`` with the extra `browser-test` and a Chromium, on a machine that
does nothing else. Both times are the browser's own: of the event that lifts the pen, and of the frame with the bars.
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
TIMES = """() => {
    const lifted = performance.getEntriesByName('nural-pen-lifted').at(-1).startTime;
    const shown = performance.getEntriesByName('nural-bars-shown').find((mark) => mark.startTime > lifted);
    return shown ? shown.startTime - lifted : null;
}"""


def lift(page: Page, points: list[tuple[float, float]]) -> float:
    """Draw a stroke and return the milliseconds from its end to the bars."""
    box = page.locator("digit-canvas canvas").bounding_box()
    assert box is not None
    placed = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]
    page.mouse.move(*placed[0])
    page.mouse.down()
    for point in placed[1:]:
        page.mouse.move(*point, steps=6)
    page.wait_for_timeout(150)
    page.mouse.up()
    while (found := page.evaluate(TIMES)) is None:
        page.wait_for_timeout(5)
    return found


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
        assert server.stdout is not None
        found = re.search(r"http://\S+/", server.stdout.readline())
        assert found
        flags = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--no-first-run"]
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=flags)
        page = browser.new_page()
        page.goto(found[0])
        page.wait_for_selector(".sample")
        print(f"from the lifted pen to the ten bars, {count} strokes:")
        for name, recipe in TRAININGS.items():
            if recipe is not None:
                order(page, "api/training/pause", {})
                order(page, "api/training", {"recipe": recipe})
                order(page, "api/training/start", {})
                page.wait_for_timeout(1000)
            times = []
            for i in range(count):
                page.get_by_role("button", name="Clear").click()
                times.append(lift(page, list(STROKES.values())[i % len(STROKES)]))
            middle, worst = statistics.median(times), max(times)
            print(f"  while {name} trains: median {middle:.0f} ms, worst {worst:.0f} ms", flush=True)
        browser.close()
        server.send_signal(signal.SIGINT)


if __name__ == "__main__":
    main()
