"""Digits and other pictures in rows, with captions."""

import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from nural.data.digits import SIDE
from nural.plots.figure import GREY, HEIGHT, WIDTH, figure, png, shortened

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: How many fit on a slide and can still be seen.
_MOST_MISTAKES = 48
_GAP = 6 / 28  # between neighbours, in widths of a picture
_LINE = 6 / 28  # the height of a line of a caption
_SIDE = 128  # pixels of the longer side of a picture: larger ones are reduced to this
_TITLE = 0.5  # inches
_LARGEST_LETTERS = 15  # points
_LETTERS = 72 / 0.6  # points of an inch over the mean width of a letter
_SHORT = 2  # letters of a name that leaves room for another on its line


def mistakes(images: np.ndarray, truth: np.ndarray, answer: np.ndarray, confidence: np.ndarray, title: str) -> bytes:
    """Misread pictures ``(N, H, W, C)``, 1 white, with truth, answer and confidence, as PNG.

    The most confident come first, as large as fits on a slide; if there are more than 48, only these are shown, and the
    title says so.
    """
    order = np.argsort(-confidence, kind="stable")[:_MOST_MISTAKES]
    names = [shortened(str(name)) for name in (*truth[order], *answer[order])]
    separator = " " if max(map(len, names), default=1) <= _SHORT else "\n"
    captions = [
        f"{true}{separator}read as {read}\n{100 * confidence[i]:.0f}% sure"
        for i, true, read in zip(order, names, names[len(order) :], strict=False)
    ]
    lines, shape = captions[0].count("\n") + 1 if captions else 2, images.shape[1:3]
    columns = next(c for c in itertools.count(5) if sheet_height(len(order), c, lines, shape) <= HEIGHT)
    more = f"; the {len(order)} most confident" if len(order) < len(images) else ""
    return png(sheet(images[order], captions, columns), title + more)


def samples(images: np.ndarray, labels: np.ndarray, title: str) -> bytes:
    """Pictures ``(N, H, W, C)``, 1 white, with their labels, as PNG."""
    return png(sheet(images, [shortened(str(label)) for label in labels], columns=10), title)


def stages(pictures: dict[str, np.ndarray], title: str) -> bytes:
    """Pictures of any sizes, uint8 ``(H, W)``, side by side, each under its name and at the same height, as PNG.

    Grey levels are shown as they are, 0 black.
    """
    shapes = [picture.shape[1] / picture.shape[0] for picture in pictures.values()]
    widths = [min(max(shape, 0.45), 2.5) for shape in shapes]
    drawing = figure(2.1 * sum(widths) + 0.4, 3.1)
    panels = drawing.subplots(1, len(pictures), width_ratios=widths, squeeze=False)[0]
    for axes, (name, picture) in zip(panels, pictures.items(), strict=True):
        smooth = "nearest" if max(picture.shape) <= SIDE else "antialiased"
        axes.imshow(picture, cmap="gray", vmin=0, vmax=255, interpolation=smooth)
        axes.set_title(f"{name}\n{picture.shape[1]} × {picture.shape[0]}", fontsize=9)
        axes.set(xticks=[], yticks=[])
        axes.spines[:].set(color=GREY, linewidth=0.6)
    return png(drawing, title)


def sheet(images: np.ndarray, captions: Sequence[str], columns: int) -> "Figure":
    """Images in rows with their captions above them, on one canvas: laying out an axes for each would take seconds.

    Args:
        images: ``(N, H, W, C)``, 1 white: grey levels for C = 1, or colours for C = 3.
        captions: One for each, all with the same number of lines.
        columns: How many are in a row.
    """
    step = max(1, -(-max(images.shape[1:3]) // _SIDE))
    images = images[:, ::step, ::step]
    lines = max((caption.count("\n") for caption in captions), default=0) + 1
    side = images.shape[1:3]
    height, width = _cell(lines, side)
    rows = max(1, -(-len(images) // columns))
    canvas = np.ones((rows * height, columns * width, 3))
    drawing = figure(height=sheet_height(len(images), columns, lines, side))
    axes = drawing.subplots()
    axes.axis("off")
    longest = max((len(line) for caption in captions for line in caption.split("\n")), default=1)
    size = min(10 * WIDTH / columns, _LARGEST_LETTERS, WIDTH / columns * _LETTERS / max(longest, 1))
    for i, (image, caption) in enumerate(zip(images, captions, strict=True)):
        top, left = i // columns * height + height - side[0], i % columns * width + (width - side[1]) // 2
        canvas[top : top + side[0], left : left + side[1]] = image
        above = top - _LINE * side[1] / 4
        axes.text(
            left + side[1] / 2, above, caption, ha="center", va="bottom", fontsize=size, color=GREY, parse_math=False
        )
    axes.imshow(canvas, interpolation="nearest")
    return drawing


def sheet_height(count: int, columns: int, lines: int, shape: tuple[int, int] = (SIDE, SIDE)) -> float:
    """The height in inches of a `sheet` of ``count`` images (H, W) whose captions have ``lines`` lines."""
    height, width = _cell(lines, shape)
    return max(1, -(-count // columns)) * height * WIDTH / (columns * width) + _TITLE


def _cell(lines: int, shape: tuple[int, int]) -> tuple[int, int]:
    """Height and width of an image including its caption and the gaps."""
    height, width = shape
    return height + round((_GAP + _LINE * lines) * width), width + round(_GAP * width)
