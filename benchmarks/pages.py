"""Share of digits and of lines that `nural read` reads correctly, for each disturbance of a page.

    pip install -e '.[app,photo]'
    python benchmarks/pages.py [--split validation|test] [--pages N] [--model FILE] [--json FILE] [--picture FILE]

Pages are made by `page_pictures.py`, of MNIST's digits of the split and of own strokes; the seed decides all.
"""

import argparse
import io
import json
import time
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from page_pictures import DISTURBANCES, TrueDigit, TrueLine, make
from PIL import Image

import nural
from nural.data import load_mnist_datasets
from nural.reading import Digit, Page, read_page, threshold_of

OVERLAP = 0.3  # of two boxes' union: so much they must share to be of one digit


@dataclass
class Score:
    """What was read right on the pages with one disturbance."""

    digits: int = 0
    digits_right: int = 0
    lines: int = 0
    lines_right: int = 0
    false_digits: int = 0
    seconds: list[float] = field(default_factory=list)

    def row(self) -> dict[str, float]:
        """The figures as they are reported."""
        return {
            "digits": self.digits,
            "digits_right": round(self.digits_right / self.digits, 5),
            "lines": self.lines,
            "lines_right": round(self.lines_right / self.lines, 5),
            "false_digits": self.false_digits,
            "seconds_a_page": round(float(np.median(self.seconds)), 2),
        }


def overlap(truth: TrueDigit, found: Digit) -> float:
    """Intersection over union of the two boxes."""
    (left, top), (right, bottom) = truth.corners.min(axis=0), truth.corners.max(axis=0)
    x0, y0, x1, y1 = found.box
    wide, tall = min(right, x1) - max(left, x0), min(bottom, y1) - max(top, y0)
    if wide <= 0 or tall <= 0:
        return 0.0
    shared = wide * tall
    return float(shared / ((right - left) * (bottom - top) + (x1 - x0) * (y1 - y0) - shared))


def judge(truth: list[TrueLine], page: Page, threshold: float, score: Score) -> list[TrueDigit]:
    """Add a page to a score; the digits that were missed or misread.

    A digit is right if the box that overlaps it most says so with at least ``threshold``, a line if one of the same
    text, spaces included, was read there. What is read where no digit is counts as false.
    """
    found = [digit for line in page.lines for digit in line.digits if digit.confidence >= threshold]
    free = set(range(len(found)))
    wrong = []
    for line in truth:
        for digit in line.digits:
            best = max(free, key=lambda i: overlap(digit, found[i]), default=None)
            if best is None or overlap(digit, found[best]) < OVERLAP:
                wrong.append(digit)
                continue
            free.remove(best)
            if found[best].digit != digit.digit:
                wrong.append(digit)
    texts = [line.text(threshold) for line in page.lines]
    for line in truth:
        if line.text in texts:
            texts.remove(line.text)
            score.lines_right += 1
    score.lines += len(truth)
    score.digits += sum(len(line.digits) for line in truth)
    score.digits_right += sum(len(line.digits) for line in truth) - len(wrong)
    score.false_digits += len(free)
    return wrong


def table(rows: dict[str, dict[str, float]]) -> str:
    """The figures as a Markdown table."""
    lines = ["| page | digits | read correctly | lines | read correctly | false digits |", "|---|---|---|---|---|---|"]
    for name, row in rows.items():
        digits, whole = 100 * row["digits_right"], 100 * row["lines_right"]
        figures = f"{row['digits']:,} | {digits:.2f}% | {row['lines']} | {whole:.1f}% | {row['false_digits']}"
        lines.append(f"| {name} | {figures} |")
    return "\n".join(lines)


def drawn(content: bytes, page: Page, wrong: list[TrueDigit], threshold: float) -> np.ndarray:
    """A page with what was read over it, and red corners around what was not; RGB."""
    picture = np.array(Image.open(io.BytesIO(content)).convert("RGB"))
    for digit in (digit for line in page.lines for digit in line.digits):
        x0, y0, x1, y1 = digit.box
        sign = str(digit.digit) if digit.confidence >= threshold else "?"
        cv2.rectangle(picture, (x0, y0), (x1, y1), (20, 120, 220), 2)
        cv2.putText(picture, sign, (x0, y0 - 3), cv2.FONT_HERSHEY_SIMPLEX, 0.8, (20, 120, 220), 2, cv2.LINE_AA)
    for digit in wrong:
        cv2.polylines(picture, [np.rint(digit.corners).astype(np.int32)], True, (220, 30, 30), 5)
    return picture


def figure(rows: dict[str, dict[str, float]], examples: dict[str, np.ndarray], title: str) -> bytes:
    """Example pages above, the figures as bars below, as PNG."""
    from matplotlib.figure import Figure

    whole = Figure(figsize=(15, 15), dpi=100, layout="constrained")
    pages, bars = np.asarray(whole.subfigures(2, 1, height_ratios=[3, 1.4]))
    for axes, (name, picture) in zip(pages.subplots(2, 4).ravel(), examples.items(), strict=False):
        axes.imshow(picture, interpolation="antialiased")
        axes.set_title(name, fontsize=10)
        axes.axis("off")
    axes = bars.subplots()
    places = np.arange(len(rows))
    for offset, key, colour in ((-0.2, "digits_right", "#1f6fb2"), (0.2, "lines_right", "#d9621e")):
        shares = [100 * row[key] for row in rows.values()]
        axes.bar(places + offset, shares, 0.38, color=colour, label=key.replace("_", " "))
        for place, share in zip(places, shares, strict=True):
            axes.text(place + offset, share + 0.5, f"{share:.0f}", ha="center", fontsize=7)
    axes.set(xticks=places, ylim=(0, 106), ylabel="%")
    axes.set_xticklabels(rows, rotation=30, ha="right")
    axes.legend(frameon=False, loc="lower left", bbox_to_anchor=(0, 1), ncols=2)
    axes.spines[["top", "right"]].set_visible(False)
    whole.suptitle(title, fontsize=12)
    content = io.BytesIO()
    whole.savefig(content, format="png")
    return content.getvalue()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--split", choices=["validation", "test"], default="validation")
    parser.add_argument("--pages", type=int, default=6, help="pages for each disturbance (default 6)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--model", type=Path, help="a model file (default: the model inside nural)")
    parser.add_argument("--json", type=Path, help="where to write the figures")
    parser.add_argument("--picture", type=Path, help="where to write example pages and bars, as PNG")
    arguments = parser.parse_args()
    model = nural.load(arguments.model) if arguments.model else nural.load_pretrained()
    threshold = threshold_of(model)
    pixels, labels = load_mnist_datasets()[1 if arguments.split == "validation" else 2]
    rows: dict[str, dict[str, float]] = {}
    examples: dict[str, np.ndarray] = {}
    for number, name in enumerate(DISTURBANCES):
        score = Score()
        for page_number in range(arguments.pages):
            rng = np.random.default_rng([arguments.seed, arguments.split == "test", number, page_number])
            content, truth = make(name, pixels, labels, rng)
            begin = time.perf_counter()
            page = read_page(io.BytesIO(content), model)
            score.seconds.append(time.perf_counter() - begin)
            wrong = judge(truth, page, threshold, score)
            if page_number == 0:
                examples[name] = drawn(content, page, wrong, threshold)
        rows[name] = score.row()
        print(table({name: rows[name]}).splitlines()[-1], f"{rows[name]['seconds_a_page']} s a page", flush=True)
    print(table(rows))
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=1) + "\n")
    if arguments.picture:
        shown = ("squared paper", "shadow", "tilt", "chalk", "touching", "letters", "paper's edge", "together")
        title = f"Pages of MNIST's {arguments.split} digits and own strokes: what was read (blue), what was not (red)"
        arguments.picture.write_bytes(figure(rows, {name: examples[name] for name in shown}, title))


if __name__ == "__main__":
    main()
