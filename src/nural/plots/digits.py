"""Digits in rows, with what is to be said of each."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from nural.data.digits import SIDE
from nural.plots.figure import GREY, HEIGHT, WIDTH, figure, png

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: So many fit on a slide and can still be seen.
_MOST_MISTAKES = 48
_GAP = 6  # between neighbours, in pixels of theirs
_LINE = 6  # the height of a line of a caption
_TITLE = 0.5  # inches
_LARGEST_LETTERS = 15  # points


def mistakes(images: np.ndarray, truth: np.ndarray, answer: np.ndarray, confidence: np.ndarray, title: str) -> bytes:
    """Misread digits ``(N, 784)`` with truth, answer and confidence, as PNG.

    The most confident come first, as large as a slide has room for; of more than 48 only these, and the title says so.
    """
    order = np.argsort(-confidence, kind="stable")[:_MOST_MISTAKES]
    captions = [f"{truth[i]} read as {answer[i]}\n{100 * confidence[i]:.0f}% sure" for i in order]
    columns = next(c for c in range(5, _MOST_MISTAKES) if sheet_height(len(order), c, lines=2) <= HEIGHT)
    more = f"; the {len(order)} most confident" if len(order) < len(images) else ""
    return png(sheet(1 - images[order], captions, columns), title + more)


def samples(images: np.ndarray, labels: np.ndarray, title: str) -> bytes:
    """Digits ``(N, 784)`` with their labels, as PNG."""
    return png(sheet(1 - images, [str(label) for label in labels], columns=10), title)


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
    """Images in rows with their captions above them, on one canvas: an axes for each would take seconds to lay out.

    Args:
        images: Grey levels ``(N, 784)``, 1 white, or colours ``(N, 784, 3)``.
        captions: One for each, of as many lines each.
        columns: How many are in a row.
    """
    lines = max((caption.count("\n") for caption in captions), default=0) + 1
    height, width = _cell(lines)
    rows = max(1, -(-len(images) // columns))
    canvas = np.ones((rows * height, columns * width, 3))
    drawing = figure(height=sheet_height(len(images), columns, lines))
    axes = drawing.subplots()
    axes.axis("off")
    size = min(10 * WIDTH / columns, _LARGEST_LETTERS)
    for i, (image, caption) in enumerate(zip(images, captions, strict=True)):
        top, left = i // columns * height + height - SIDE, i % columns * width + _GAP // 2
        canvas[top : top + SIDE, left : left + SIDE] = image.reshape(SIDE, SIDE, -1)
        axes.text(left + SIDE / 2, top - 1.5, caption, ha="center", va="bottom", fontsize=size, color=GREY)
    axes.imshow(canvas, interpolation="nearest")
    return drawing


def sheet_height(count: int, columns: int, lines: int) -> float:
    """The height in inches of a `sheet` of so many images whose captions have so many lines."""
    height, width = _cell(lines)
    return max(1, -(-count // columns)) * height * WIDTH / (columns * width) + _TITLE


def _cell(lines: int) -> tuple[int, int]:
    """Height and width of an image with its caption and the gaps."""
    return SIDE + _GAP + _LINE * lines, SIDE + _GAP
