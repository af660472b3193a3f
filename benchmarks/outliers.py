"""How many things that are no digits a model refuses, at the threshold that refuses at most 1 digit in 100.

    python benchmarks/outliers.py [--model FILE] [--json] [--picture OUT.png]

The threshold is chosen on the validation digits alone. Fashion-MNIST and printed letters take part where they are
installed (apt-get install dataset-fashion-mnist fonts-liberation). Kinds below the line are digits to some readers and
do not count.
"""

import argparse
import json
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path

import numpy as np
from letters import FONTS, LETTERS, LIKE_DIGITS, SIGNS, drawn, printed, smooth
from PIL import Image

import nural
from nural.atomic_file import write_atomically
from nural.data import DataError, prepare, prepare_strokes
from nural.plots.digits import sheet
from nural.plots.figure import png

FASHION = Path("/usr/share/datasets/fashion-mnist")
GOAL = 0.95
PICTURED = 48

#: ``(about how many, rng)`` to things ``(n, 784)``.
Kind = Callable[[int, np.random.Generator], np.ndarray]


def of_signs(make: Callable[[str, np.random.Generator], np.ndarray], signs: str) -> Kind:
    """So many of each sign that there are about as many things as wanted."""
    return lambda count, rng: make(signs * max(1, round(count / len(signs))), rng)


def noise(count: int, rng: np.random.Generator) -> np.ndarray:
    """Of several kinds: even and normal noise, dots, blots, stripes, and the pixels of digits in another order."""
    n = count // 6
    level = rng.uniform(0.1, 1, (n, 1))
    even = level * rng.random((n, 784))
    normal = np.clip(level * rng.standard_normal((n, 784)), 0, 1)
    dots = (rng.random((n, 784)) < rng.uniform(0.02, 0.5, (n, 1))).astype(float)
    soft = even.reshape(n, 28, 28)
    for axis in (1, 2) * 3:
        soft = (soft + np.roll(soft, 1, axis)) / 2
    blots = np.clip((soft - soft.mean((1, 2), keepdims=True)) * 8, 0, 1).reshape(n, 784)
    y, x = np.mgrid[:28, :28].reshape(2, 784)
    angle, wave = rng.uniform(0, np.pi, (n, 1)), rng.uniform(2.5, 9, (n, 1))
    stripes = np.clip(2 * np.sin(2 * np.pi * (y * np.cos(angle) + x * np.sin(angle)) / wave), 0, 1)
    shuffled = rng.permuted(validation()[0][rng.integers(10_000, size=n)], axis=1)
    return np.concatenate([even, normal, dots, blots, stripes, shuffled])


def blank(count: int, rng: np.random.Generator) -> np.ndarray:
    """Nothing, one grey all over, faint noise, or a few specks."""
    n = count // 4
    grey = np.repeat(np.linspace(0, 1, n)[:, None], 784, axis=1)
    faint = np.clip(rng.uniform(0, 0.08, (n, 1)) * rng.standard_normal((n, 784)), 0, 1)
    specks = np.zeros((n, 784))
    for row in specks:
        row[rng.integers(784, size=rng.integers(1, 6))] = rng.uniform(0.3, 1)
    return np.concatenate([np.zeros((1, 784)), grey, faint, specks])


def scribbles(count: int, rng: np.random.Generator) -> np.ndarray:
    """Loops and zigzags that cross themselves: 8 to 20 points anywhere, joined by a curve or by straight lines."""
    pictures = []
    for i in range(count):
        points = rng.random((rng.integers(8, 21), 2))
        pictures.append(prepare_strokes([smooth(points) if i % 2 else points]).ravel())
    return np.stack(pictures)


def fashion(through_prepare: bool, count: int, rng: np.random.Generator) -> np.ndarray:
    """Clothes, shoes and bags: test images as they come, or as `nural predict` sees a picture of them."""
    _, _, (x, _) = nural.data.load_mnist_datasets(FASHION)
    x = x[:: max(1, len(x) // count)][:count]
    if not through_prepare:
        return x
    seen = []
    for image in x:
        try:
            seen.append(prepare(np.kron(image.reshape(28, 28), np.ones((4, 4), np.float32))).ravel())
        except DataError:  # refused before it is seen
            seen.append(np.zeros(784, np.float32))
    return np.stack(seen)


def lying(count: int, rng: np.random.Generator) -> np.ndarray:
    """Digits but 0, turned by 90 degrees to either side."""
    x, y = validation()
    x = x[y != 0][:count].reshape(-1, 28, 28)
    half = len(x) // 2
    turned = [np.rot90(part, turns, (1, 2)) for part, turns in ((x[:half], 1), (x[half:], -1))]
    return np.concatenate(turned).reshape(-1, 784)


def pairs(count: int, rng: np.random.Generator) -> np.ndarray:
    """Two digits side by side in the box of one, 20 pixels wide."""
    images = (255 * validation()[0].reshape(-1, 28, 28)[: 2 * count, 4:24, 4:24]).astype(np.uint8)
    result = np.zeros((count, 28, 28), np.float32)
    for i, (left, right) in enumerate(zip(images[:count], images[count:], strict=True)):
        page = Image.fromarray(np.concatenate([left, right], axis=1))
        result[i, 9:19, 4:24] = np.asarray(page.resize((20, 10), Image.Resampling.BICUBIC), np.float32) / 256
    return result.reshape(count, 784)


def halves(count: int, rng: np.random.Generator) -> np.ndarray:
    """Digits of which one half is missing."""
    images = validation()[0][:count].reshape(-1, 28, 28).copy()
    for i, part in enumerate((np.s_[:, :14], np.s_[:, 14:], np.s_[:, :, :14], np.s_[:, :, 14:])):
        images[i::4][part] = 0
    return images.reshape(-1, 784)


@cache
def validation() -> tuple[np.ndarray, np.ndarray]:
    return nural.data.load_mnist_datasets()[1]


#: What is no digit to anybody.
KINDS: dict[str, Kind] = {
    "letters, drawn": of_signs(drawn, LETTERS),
    "letters, printed": of_signs(printed, LETTERS),
    "signs, drawn": of_signs(drawn, SIGNS),
    "Fashion-MNIST": partial(fashion, False),
    "Fashion-MNIST, prepared": partial(fashion, True),
    "noise": noise,
    "blank and nearly blank": blank,
    "scribbles": scribbles,
    "digits lying on their side": lying,
    "two digits at once": pairs,
}
#: What is a digit to some.
APART: dict[str, Kind] = {
    f"letters like digits ({' '.join(LIKE_DIGITS)}), drawn": of_signs(drawn, LIKE_DIGITS),
    "halved digits": halves,
}
#: What some kinds need, by a word of their names.
NEEDED = {"Fashion": FASHION, "printed": FONTS}
SHOWN = {"letters, drawn": LETTERS, "letters, printed": LETTERS, "signs, drawn": SIGNS}


def installed(name: str) -> bool:
    """Whether what a kind needs is there."""
    return all(folder.is_dir() for word, folder in NEEDED.items() if word in name)


def judge(model: nural.Layer, x: np.ndarray, threshold: float) -> dict[str, object]:
    """How many are refused, and what the others are taken for."""
    p = nural.predict_proba(model, x.astype(model.dtype))
    answered = p.max(axis=1) >= threshold
    taken = np.bincount(p[answered].argmax(axis=1), minlength=10)
    return {"things": len(x), "refused": float(1 - answered.mean()), "taken_for": taken.tolist()}


def of_each_sign(model: nural.Layer, x: np.ndarray, signs: str, threshold: float) -> dict[str, float]:
    refused = nural.predict_proba(model, x.astype(model.dtype)).max(axis=1) < threshold
    return {sign: float(refused.reshape(-1, len(signs))[:, i].mean()) for i, sign in enumerate(signs)}


def picture(model: nural.Layer, things: dict[str, np.ndarray]) -> bytes:
    """The things with the most confident answers: as many of each kind."""
    each = PICTURED // len(things)
    images, captions = [], []
    for name, x in things.items():
        p = nural.predict_proba(model, x.astype(model.dtype))
        for i in np.argsort(-p.max(axis=1))[:each]:
            images.append(1 - x[i].reshape(28, 28, 1))
            captions.append(f"{name.split(',')[0][:12]}\n{p[i].argmax()}, {100 * p[i].max():.0f}%")
    return png(sheet(np.stack(images), captions, columns=12), "No digits, and the answers that are most confident")


def report(results: dict[str, dict], threshold: float, digits: float, signs: dict[str, dict]) -> None:
    print(f"threshold {threshold:.4f}: of 10,000 validation digits {100 * digits:.2f}% are refused\n")
    print(f"{'':<55} {'things':>6} {'refused':>8}  most often taken for")
    for name, row in results.items():
        if name == next(iter(APART)):
            print("digits to some readers, not counted:")
        often = int(np.argmax(row["taken_for"]))
        taken = f"{often} ({row['taken_for'][often]} times)" if any(row["taken_for"]) else ""
        print(f"{name:<55} {row['things']:>6,} {100 * row['refused']:>7.1f}%  {taken}")
    counted = [row["refused"] for name, row in results.items() if name in KINDS]
    met = sum(refused >= GOAL for refused in counted)
    print(
        f"\nmean of the kinds that count {100 * np.mean(counted):.1f}%; {met} of {len(counted)} reach {100 * GOAL:.0f}%"
    )
    for name, shares in signs.items():
        worst = sorted(shares, key=shares.__getitem__)[:10]
        print(f"least refused of {name}: {', '.join(f'{sign} {100 * shares[sign]:.0f}%' for sign in worst)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, help="model file; the model inside nural unless given")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--picture", type=Path, help="write a picture of the things that are answered most confidently")
    parser.add_argument("--seed", type=int, default=0, help="draws other things (default 0)")
    parser.add_argument("--count", type=int, default=1000, help="about how many of each kind (default 1000)")
    arguments = parser.parse_args()
    model = nural.load(arguments.model) if arguments.model else nural.load_pretrained()
    p = nural.predict_proba(model, validation()[0])
    threshold = nural.threshold_refusing(p, 0.01)
    kinds = {name: kind for name, kind in (KINDS | APART).items() if installed(name)}
    things = {name: kind(arguments.count, np.random.default_rng(arguments.seed)) for name, kind in kinds.items()}
    results = {name: judge(model, x, threshold) for name, x in things.items()}
    signs = {
        name: of_each_sign(model, things[name], shown, threshold) for name, shown in SHOWN.items() if name in things
    }
    digits = float(np.mean(p.max(axis=1) < threshold))
    if arguments.picture:
        write_atomically(arguments.picture, picture(model, things))
    if arguments.json:
        print(json.dumps({"threshold": threshold, "digits_refused": digits, "kinds": results, "signs": signs}))
        return
    report(results, threshold, digits, signs)


if __name__ == "__main__":
    main()
