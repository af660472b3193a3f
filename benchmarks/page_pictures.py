"""Pages of written digits as a camera would see them, with what is written on each known.

A page is written on a sheet in sheet pixels, then tilted, seen in perspective, lit, blurred and encoded.
"""

from dataclasses import dataclass, field
from typing import Any

import cv2
import handwriting
import numpy as np

WIDTH, HEIGHT, AROUND = 1200, 1500, 330  # what is written on, and the paper that goes on around it, in pixels
WORDS = "Tel name total room date page sum km Nr water paper length number weight rate Art".split()  # noqa: SIM905

#: What is wrong with a page, by the name of it. What is not named is as on a clean sheet.
DISTURBANCES: dict[str, dict[str, Any]] = {
    "plain": {},
    "lined paper": {"ruling": "lined"},
    "squared paper": {"ruling": "squared"},
    "shadow": {"shadow": True},
    "tilt": {"tilt": 15.0},
    "sizes": {"heights": (26, 130)},
    "pencil": {"ink": "pencil"},
    "pen": {"ink": "pen"},
    "chalk": {"ink": "chalk"},
    "touching": {"touching": 0.5},
    "letters": {"letters": True},
    "scribbles": {"scribbles": True},
    "table": {"table": True},
    "paper's edge": {"desk": True, "tilt": 6.0},
    "camera noise": {"noise": (8.0, 14.0), "blur": 1.3},
    "perspective": {"perspective": 0.12},
    "JPEG": {"quality": (12, 25), "blur": 0.8},
    "together": {
        "ruling": "any", "shadow": True, "tilt": 8.0, "ink": "any", "touching": 0.1, "letters": True, "scribbles": True,
        "desk": True, "noise": (2.0, 5.0), "blur": 0.9, "perspective": 0.06, "quality": (50, 80),
    },
}  # fmt: skip


@dataclass
class TrueDigit:
    """A digit that was written, and its box's corners ``(4, 2)`` in the picture."""

    digit: int
    corners: np.ndarray


@dataclass
class TrueLine:
    """A line that was written: its text with a space at wide gaps, and its digits from left to right."""

    text: str
    digits: list[TrueDigit]


@dataclass
class Sheet:
    """The ink on a sheet of paper, 0 to 1, and what it says."""

    rng: np.random.Generator
    pixels: np.ndarray  # of MNIST's digits, (N, 784)
    labels: np.ndarray
    thickness: tuple[float, float] = (0.05, 0.11)  # of a digit's height
    ink: np.ndarray = field(default_factory=lambda: np.zeros((HEIGHT + 2 * AROUND, WIDTH + 2 * AROUND), np.float32))
    lines: list[TrueLine] = field(default_factory=list)

    def sign(self, sign: str, height: float, pen: float, of_mnist: bool) -> tuple[np.ndarray, float]:
        """A sign's ink and how far its top lies below a capital's."""
        if of_mnist and sign.isdigit():
            among = np.flatnonzero(self.labels == int(sign))
            ink = handwriting.enlarge(self.pixels[self.rng.choice(among)], height)
            return ink, max(0.0, height - ink.shape[0])
        strokes = handwriting.strokes_of(sign, self.rng)
        return handwriting.draw(strokes, height, pen), height * handwriting.top_of(strokes)

    def lay(self, ink: np.ndarray, top: float, left: float) -> np.ndarray:
        """Put ink on the sheet; the corners of its box, ``(4, 2)``."""
        top, left = round(top) + AROUND, round(left) + AROUND
        h, w = ink.shape
        place = self.ink[top : top + h, left : left + w]
        np.maximum(place, ink[: place.shape[0], : place.shape[1]], out=place)
        return np.array([[left, top], [left + w, top], [left + w, top + h], [left, top + h]], float)

    def write(self, words: list[str], top: float, left: float, height: float, touching: float = 0.0) -> float:
        """Write words in a line from ``left`` on, as far as there is room; where it ends.

        Words of letters are no part of what is known.
        """
        rng = self.rng
        pen = max(1.6, height * rng.uniform(*self.thickness))
        of_mnist = bool(rng.integers(2))
        drift = rng.uniform(-0.008, 0.008)
        line, x = TrueLine("", []), left
        for word in words:
            signs = [self.sign(c, height * rng.uniform(0.92, 1.08), pen, of_mnist) for c in word]
            gaps = rng.uniform(0.12, 0.3, len(signs)) * height * (1 if word.isdigit() else 0.7)
            if x + sum(ink.shape[1] for ink, _ in signs) + gaps.sum() > WIDTH - 10:
                break
            line.text += " " * (word.isdigit() and line.text != "")
            previous = None
            for character, (ink, below), gap in zip(word, signs, gaps, strict=True):
                y = top + below + drift * (x - left) + rng.normal(0, 0.02) * height
                if previous is not None and rng.random() < touching:
                    x = previous[1] + _contact(previous[0], ink, round(y) - previous[2], rng)
                corners = self.lay(ink, y, x)
                if word.isdigit():
                    line.text += character
                    line.digits.append(TrueDigit(int(character), corners))
                previous = (ink, round(x), round(y))
                x += ink.shape[1] + gap
            x += height * rng.uniform(0.9, 1.8)
        if line.digits:
            self.lines.append(line)
        return x


def _contact(before: np.ndarray, ink: np.ndarray, down: int, rng: np.random.Generator) -> int:
    """How far right of ``before`` the next ink must begin, ``down`` rows lower, for the two to just overlap."""
    rows = np.arange(max(0, down), min(before.shape[0], down + ink.shape[0]))
    if not len(rows):
        return before.shape[1]
    reach = np.where((before[rows] > 0.5).any(axis=1), before.shape[1] - (before[rows, ::-1] > 0.5).argmax(axis=1), -99)
    begins = np.where((ink[rows - down] > 0.5).any(axis=1), (ink[rows - down] > 0.5).argmax(axis=1), 999)
    return int((reach - begins).max()) - int(rng.integers(1, 4))


def digits(rng: np.random.Generator, fewest: int = 1, most: int = 6) -> str:
    """Random digits."""
    return "".join(str(d) for d in rng.integers(0, 10, int(rng.integers(fewest, most + 1))))


def make(name: str, pixels: np.ndarray, labels: np.ndarray, rng: np.random.Generator) -> tuple[bytes, list[TrueLine]]:
    """One page with the disturbance of this name: a picture file, and what is written on it.

    Args:
        name: One of `DISTURBANCES`.
        pixels: MNIST's digits, ``(N, 784)``, of which some are taken.
        labels: What they are, ``(N,)``.
        rng: Draws everything.
    """
    wanted = dict(DISTURBANCES[name])
    for key, choices in (("ruling", ["lined", "squared", None]), ("ink", ["pencil", "pen", None])):
        if wanted.get(key) == "any":
            wanted[key] = choices[int(rng.integers(3))]
    sheet = Sheet(rng, pixels, labels, (0.03, 0.06) if wanted.get("ink") in ("pencil", "pen") else (0.05, 0.11))
    spacing = rng.uniform(75, 120)
    _write_page(sheet, wanted, spacing)
    picture = _colours(sheet, wanted, spacing)
    picture, matrix = _seen(picture, wanted, rng)
    for digit in (digit for line in sheet.lines for digit in line.digits):
        digit.corners = cv2.perspectiveTransform(digit.corners[None], matrix)[0]
    return _photographed(picture, wanted, rng), sheet.lines


def _write_page(sheet: Sheet, wanted: dict[str, Any], spacing: float) -> None:
    rng = sheet.rng
    if wanted.get("table"):
        _write_table(sheet)
        return
    y = 10.0
    low, high = wanted.get("heights", (40, 75))
    while True:
        height = float(np.exp(rng.uniform(np.log(low), np.log(high))))
        if wanted.get("ruling") == "lined":  # written on the lines
            height = rng.uniform(0.55, 0.75) * spacing
            y = np.ceil((y + height) / spacing) * spacing - height + rng.uniform(-0.05, 0.08) * height
        if y + 1.4 * height > HEIGHT:
            return
        words = [digits(rng) for _ in range(int(rng.integers(1, 6)))]
        if wanted.get("letters"):
            for i in range(len(words)):
                if rng.random() < 0.4:
                    single = rng.choice(list(handwriting.PLAIN_LETTERS))
                    words[i] = str(rng.choice(WORDS) if rng.random() < 0.7 else single)
        end = sheet.write(words, y, rng.uniform(10, 60), height, wanted.get("touching", 0.0))
        if wanted.get("scribbles") and rng.random() < 0.5:
            mark = handwriting.scribble(rng, height * rng.uniform(0.7, 1.6), max(2, 0.06 * height))
            if end + mark.shape[1] < WIDTH and y + mark.shape[0] < HEIGHT:
                sheet.lay(mark, y, rng.uniform(end, WIDTH - mark.shape[1]))
                y += max(0.0, mark.shape[0] - height)
        y += height * rng.uniform(1.5, 2.2)


def _write_table(sheet: Sheet) -> None:
    rng = sheet.rng
    rows, columns = int(rng.integers(5, 11)), int(rng.integers(2, 5))
    tall, wide = 1400 / max(rows, 9), 1100 / columns
    thickness = int(rng.integers(2, 5))
    for i in range(rows + 1):
        sheet.lay(np.ones((thickness, round(columns * wide)), np.float32), 20 + i * tall, 40)
    for j in range(columns + 1):
        sheet.lay(np.ones((round(rows * tall), thickness), np.float32), 20, 40 + j * wide)
    for i in range(rows):
        height = tall * rng.uniform(0.4, 0.6)
        before = len(sheet.lines)
        for j in range(columns):
            most = int((wide - 40) / (1.05 * height))
            top = 20 + i * tall + (rng.uniform(0.3, 0.6) if rng.random() < 0.8 else 1.0) * (tall - height)
            sheet.write([digits(rng, 1, max(1, most))], top, 40 + j * wide + rng.uniform(12, 30), height)
        cells = sheet.lines[before:]
        del sheet.lines[before:]
        sheet.lines.append(TrueLine(" ".join(c.text for c in cells), [d for c in cells for d in c.digits]))


def _colours(sheet: Sheet, wanted: dict[str, Any], spacing: float) -> np.ndarray:
    """The sheet in colours, float32 ``(H, W, 3)`` from 0 to 255, red last."""
    rng, ink = sheet.rng, sheet.ink
    kind = wanted.get("ink")
    paper = np.array(rng.uniform([215, 225, 228], [250, 252, 253]))
    colour = np.array([60, 45, 40]) + rng.uniform(-30, 30, 3)
    if kind == "pen":
        colour = np.array([[150, 60, 30], [50, 40, 170], [90, 110, 40]])[int(rng.integers(3))] + rng.uniform(-20, 20, 3)
    if kind == "pencil":
        colour = paper * rng.uniform(0.55, 0.75)
        ink = ink * (1 - 0.5 * (_grain(rng, ink.shape, 2) > 0.9)) * (0.85 + 0.15 * _grain(rng, ink.shape, 40))
    if kind == "chalk":
        paper = np.array([[52, 62, 45], [40, 40, 42], [70, 50, 40]])[int(rng.integers(3))] + rng.uniform(-8, 8, 3)
        colour = rng.uniform(190, 245) * np.array([0.97, 1, 1])
        ink = ink * (1 - 0.55 * (_grain(rng, ink.shape, 2) > 0.8))
    levels = np.broadcast_to(paper.astype(np.float32), (*ink.shape, 3)).copy()
    if kind == "chalk":  # what was wiped away
        levels += 14 * np.maximum(0, _grain(rng, ink.shape, 60))[..., None]
    if wanted.get("ruling"):
        _rule(levels, wanted["ruling"], spacing, rng)
    return levels + (colour.astype(np.float32) - levels) * np.clip(ink, 0, 1)[..., None]


def _rule(levels: np.ndarray, ruling: str, spacing: float, rng: np.random.Generator) -> None:
    colour = np.array([[220, 160, 120], [170, 170, 170], [170, 150, 225], [200, 190, 110]])[int(rng.integers(4))]
    strength, thickness = rng.uniform(0.45, 1.0), int(rng.integers(2, 4))
    squared = ruling == "squared"
    step = rng.uniform(0.35, 0.6) * spacing if squared else spacing
    places = [np.arange(AROUND % step, levels.shape[0], step)]
    places.append(np.arange(rng.uniform(0, step), levels.shape[1], step) if squared else np.array([AROUND - 40.0]))
    for axis, starts in enumerate(places):
        for start in np.rint(starts).astype(int):
            band = levels[start : start + thickness] if axis == 0 else levels[:, start : start + thickness]
            band += np.float32(strength) * (colour.astype(np.float32) - band)


def _grain(rng: np.random.Generator, shape: tuple[int, ...], size: int) -> np.ndarray:
    """Smooth noise of unit variance whose spots have this size in pixels."""
    coarse = rng.standard_normal((shape[0] // size + 3, shape[1] // size + 3)).astype(np.float32)
    return cv2.resize(coarse, (shape[1], shape[0]), interpolation=cv2.INTER_LINEAR)


def _seen(picture: np.ndarray, wanted: dict[str, Any], rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """The sheet from where the camera is, and the matrix from the sheet's pixels to the picture's."""
    angle = 0.0
    if "tilt" in wanted:
        angle = wanted["tilt"] * rng.choice([-1, 1]) * rng.uniform(0.3, 1.0)
    h, w = picture.shape[:2]
    matrix = np.vstack([cv2.getRotationMatrix2D((w / 2, h / 2), angle, 1.0), [0, 0, 1]])
    written = np.array([[0, 0], [WIDTH, 0], [WIDTH, HEIGHT], [0, HEIGHT]], np.float32) + AROUND
    if "perspective" in wanted:
        moved = written + rng.uniform(-1, 1, (4, 2)) * wanted["perspective"] * WIDTH
        matrix = matrix @ cv2.getPerspectiveTransform(written, moved.astype(np.float32))
    desk = wanted.get("desk")
    edge = written + np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * rng.uniform(30, 70)
    shown = edge if desk else written
    corners = cv2.perspectiveTransform(shown[None].astype(np.float64), matrix)[0]
    margin = rng.uniform(40, 160) if desk else 25
    low, high = corners.min(axis=0) - margin, corners.max(axis=0) + margin
    matrix = np.array([[1, 0, -low[0]], [0, 1, -low[1]], [0, 0, 1]]) @ matrix
    size = (int(high[0] - low[0]), int(high[1] - low[1]))
    seen = cv2.warpPerspective(picture, matrix, size, flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE)
    if desk:
        page = np.zeros((size[1], size[0]), np.uint8)
        outline = cv2.perspectiveTransform(edge[None].astype(np.float64), matrix)
        cv2.fillPoly(page, [np.rint(outline * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)
        cover = page.astype(np.float32)[..., None] / 255
        seen = _desk(size, rng) * (1 - cover) + seen * cover
    return seen, matrix


def _desk(size: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """Wood, with its grain along one side."""
    colour = np.array([[60, 95, 140], [40, 60, 85], [110, 140, 165], [75, 75, 78]])[int(rng.integers(4))]
    shape = (size[1], size[0])
    along = cv2.resize(rng.standard_normal((size[1] // 6, 12)).astype(np.float32), size)
    along = along if rng.integers(2) else cv2.resize(rng.standard_normal((12, size[0] // 6)).astype(np.float32), size)
    grain = 1 + 0.12 * along + 0.03 * _grain(rng, shape, 2)
    return (colour * grain[..., None]).astype(np.float32)


def _photographed(picture: np.ndarray, wanted: dict[str, Any], rng: np.random.Generator) -> bytes:
    """Light, lens, sensor and file."""
    if wanted.get("shadow"):
        h, w = picture.shape[:2]
        angle = rng.uniform(0, 2 * np.pi)
        rows, columns = np.mgrid[-1 : 1 : h * 1j, -1 : 1 : w * 1j].astype(np.float32)
        along = np.cos(angle) * columns + np.sin(angle) * rows - rng.uniform(-0.4, 0.4)
        softness = float(np.exp(rng.uniform(np.log(0.004), np.log(0.15))))
        light = 1 - rng.uniform(0.35, 0.6) / (1 + np.exp(-np.clip(along / softness, -50, 50)))
        picture = picture * (light * (1 - 0.15 * (rows**2 + columns**2) / 2))[..., None]
    if "blur" in wanted:
        picture = cv2.GaussianBlur(picture, (0, 0), wanted["blur"])
    if "noise" in wanted:
        sigma = rng.uniform(*wanted["noise"])
        picture = picture + rng.normal(0, sigma, picture.shape).astype(np.float32)
    levels = np.clip(np.rint(picture), 0, 255).astype(np.uint8)
    if "quality" in wanted:
        quality = int(rng.integers(*wanted["quality"]))
        return cv2.imencode(".jpg", levels, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()
    return cv2.imencode(".png", levels, [cv2.IMWRITE_PNG_COMPRESSION, 1])[1].tobytes()
