"""The digits of a whole page, read line by line."""

import io
import os
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

import numpy as np

from nural.data.data_error import DataError
from nural.data.image import name_of
from nural.data.image_file import MAX_PIXELS, read_contrast, reduced, upright_size
from nural.data.source_file import read_file
from nural.evaluation.calibration import answer_threshold
from nural.layer import Layer
from nural.reading.components import components_of
from nural.reading.grid import Grid
from nural.reading.ink import ink_is_lighter, marks, page_ink
from nural.reading.lines import lines_of
from nural.reading.paper import page_of, regions_of
from nural.reading.refusal import digits_among, spaces_before, without_specks
from nural.reading.ruling import remove_rules
from nural.reading.signs import Sign, signs_of
from nural.reading.tilt import tilt_of_components, tilt_of_rules, turn

if TYPE_CHECKING:
    from PIL.Image import Image

_ENOUGH = 1500  # pixels of the longer side: a photograph at least twice as large is reduced first
_LEAST_TILT = 0.7  # degrees
_USUAL = 0.6  # the threshold of a model that has none
_IN_LINE = 0.55  # of a model's own threshold: signs in a line have passed other tests too. Chosen on validation pages


@dataclass(frozen=True)
class Digit:
    """A digit on a page.

    Attributes:
        box: Left, top, right, bottom in the picture's pixels, upright as its EXIF orientation says.
        digit: The digit, 0 to 9.
        confidence: Its probability by the network.
    """

    box: tuple[int, int, int, int]
    digit: int
    confidence: float


@dataclass(frozen=True)
class Line:
    """A line of digits, from left to right.

    Attributes:
        digits: Its digits.
        spaces: For each digit, whether there is a wide gap before it.
    """

    digits: list[Digit]
    spaces: list[bool]

    def text(self, threshold: float = 0.0) -> str:
        """The line as text, with a space at wide gaps, and "?" for digits of less confidence than ``threshold``."""
        signs = (str(each.digit) if each.confidence >= threshold else "?" for each in self.digits)
        return "".join(" " * space + sign for space, sign in zip(self.spaces, signs, strict=True))


@dataclass(frozen=True)
class Page:
    """What is written on a page, from top to bottom.

    Attributes:
        lines: Its lines.
        size: The picture's width and height in pixels.
    """

    lines: list[Line]
    size: tuple[int, int]


def threshold_of(model: Layer) -> float:
    """The confidence from which a sign in a line is a digit: less than for a single digit, which ``info`` holds."""
    return _IN_LINE * answer_threshold(model) if "threshold" in model.info else _USUAL


def read_page(image: "str | os.PathLike[str] | IO[bytes] | Image | np.ndarray", model: Layer) -> Page:
    """Find and read the digits on a page. Several threads may read with one model.

    Args:
        image: A path, an open file or Pillow's image; or grey levels, uint8 ``(H, W)``. A file of several pages is read
            page by page, with `nural.data.pages`.
        model: A network that takes 784 pixels of a digit and answers with ten logits. Its ``info["threshold"]`` says
            how confident it must be for a sign to be a digit.

    Returns:
        The digits, in lines. A page without any has no lines.

    Raises:
        DataError: The picture cannot be read, is too large or has several pages.
    """
    grey, size = _read(image)
    scale = size[0] / grey.shape[1], size[1] / grey.shape[0]
    lighter = ink_is_lighter(grey)
    lines = _read_lines(grey, lighter, model) or _read_lines(grey, not lighter, model)
    back = [Line([_scaled(digit, scale, size) for digit in line.digits], line.spaces) for line in lines]
    return Page(back, size)


def _read(
    image: "str | os.PathLike[str] | IO[bytes] | Image | np.ndarray",
) -> tuple[np.ndarray, tuple[int, int]]:
    """The grey levels, perhaps reduced, and the width and height of the whole picture, upright."""
    if isinstance(image, np.ndarray):
        if image.ndim != 2 or image.dtype != np.uint8 or not 0 < image.size <= MAX_PIXELS:
            expected = f"a uint8 array (H, W) of at most {MAX_PIXELS} pixels"
            raise DataError("the picture", expected, f"a {image.dtype} array of shape {image.shape}")
        return reduced(image, _ENOUGH), (image.shape[1], image.shape[0])
    content = io.BytesIO(read_file(Path(image))) if isinstance(image, str | os.PathLike) else image
    grey = read_contrast(content, name_of(image), _ENOUGH)
    return grey, upright_size(content, name_of(image))


def _read_lines(grey: np.ndarray, lighter: bool, model: Layer) -> list[Line]:
    """The lines of a page in the pixels of ``grey``."""
    ink = page_ink(grey, lighter)
    levels, rules = remove_rules(ink.levels, ink.low)
    components = components_of(levels, ink.low, marks(levels, ink.low))
    page = page_of(regions_of(ink.ground), components, model, threshold_of(model), grey.shape)
    if not page.all():
        levels = np.where(page, levels, np.float32(0))
        components = components_of(levels, ink.low, marks(levels, ink.low))
    tilt = tilt_of_rules(rules)
    if tilt is None:
        tilt = tilt_of_components(components)
    back = np.array([[1.0, 0, 0], [0, 1, 0]])
    if abs(tilt) > _LEAST_TILT:
        levels, back = turn(levels, tilt)
        components = components_of(levels, ink.low, marks(levels, ink.low))
    grid = Grid(rules, back)
    signs = signs_of(grid.with_whole_rows(lines_of(components)), model, threshold_of(model))
    lines = []
    for digits in without_specks([digits_among(line, threshold_of(model)) for line in signs]):
        boxes = [digit.box for digit in digits]
        ends = grid.columns_end(boxes)
        spaces = [wide or end for wide, end in zip(spaces_before(boxes), ends, strict=True)]
        lines.append(Line([_digit(sign, back) for sign in digits], spaces))
    return lines


def _digit(sign: Sign, back: np.ndarray) -> Digit:
    """A digit whose box surrounds the turned one, in pixels of the picture before it was turned."""
    top, left, bottom, right = sign.box
    corners = np.array([[left, top, 1], [right, top, 1], [right, bottom, 1], [left, bottom, 1]]) @ back.T
    low, high = np.floor(corners.min(axis=0)), np.ceil(corners.max(axis=0))
    assert sign.digit is not None
    return Digit((int(low[0]), int(low[1]), int(high[0]), int(high[1])), sign.digit, sign.confidence)


def _scaled(digit: Digit, scale: tuple[float, float], size: tuple[int, int]) -> Digit:
    """A digit with its box in the pixels of the whole picture."""
    limits = (*size, *size)
    factors = (*scale, *scale)
    box = tuple(int(np.clip(round(v * f), 0, most)) for v, f, most in zip(digit.box, factors, limits, strict=True))
    return Digit(box, digit.digit, digit.confidence)  # pyright: ignore
