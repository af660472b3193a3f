"""Pictures of data, of a training and of its mistakes, as PNG. Needs Matplotlib (extra ``app``)."""

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from nural.history import History

if TYPE_CHECKING:
    from matplotlib.figure import Figure

BLUE, ORANGE, GREY = "#1f6fb2", "#d9621e", "#5b6470"


def learning_curve(history: History, title: str) -> bytes:
    """Loss on training and validation, and the validation accuracy, over the epochs, as PNG.

    The training loss is that of the steps, averaged over a fiftieth of the training.
    """
    figure = _figure(9, 3.8)
    left, right = figure.subplots(1, 2)
    epochs = history["epoch"]
    per_epoch = history.epochs[0]["step"]
    window = max(1, len(history.losses) // 50)
    usable = len(history.losses) // window * window
    smooth = np.reshape(history.losses[:usable], (-1, window)).mean(axis=1).clip(1e-9)  # zero has no logarithm
    left.plot((np.arange(len(smooth)) + 0.5) * window / per_epoch, smooth, color=BLUE, label="training")
    if "val_loss" in history.epochs[0]:
        left.plot(epochs, history["val_loss"], color=ORANGE, marker="o", markersize=4, label="validation")
    left.set(xlabel="epoch", ylabel="loss (nats)", yscale="log", title="Loss")
    left.legend(frameon=False)
    if "val_accuracy" in history.epochs[0]:
        accuracy = 100 * np.array(history["val_accuracy"])
        right.plot(epochs, accuracy, color=ORANGE, marker="o", markersize=4)
        right.annotate(
            f"{accuracy[-1]:.2f}%", (epochs[-1], accuracy[-1]), (0, -16), textcoords="offset points", ha="right"
        )
    right.set(xlabel="epoch", ylabel="%", title="Validation accuracy")
    for axes in (left, right):
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.grid(alpha=0.25)
        axes.spines[["top", "right"]].set_visible(False)
    return _png(figure, title)


def confusion(matrix: np.ndarray, title: str) -> bytes:
    """A confusion matrix ``(C, C)``, row the true digit, as PNG.

    Colour shows the mistakes; the diagonal is what is right.
    """
    figure = _figure(6.4, 6.2)
    axes = figure.subplots()
    wrong = matrix.astype(float)
    np.fill_diagonal(wrong, np.nan)
    largest = max(1.0, float(np.nanmax(wrong, initial=0)))
    axes.imshow(wrong, cmap="Oranges", vmin=0, vmax=largest)
    for (row, column), count in np.ndenumerate(matrix):
        if count:
            dark = row != column and count > 0.6 * largest
            weight = "bold" if row == column else "normal"
            axes.text(
                column, row, str(count), ha="center", va="center", weight=weight, color="white" if dark else "black"
            )
    classes = range(len(matrix))
    axes.set(xlabel="predicted", ylabel="true", xticks=classes, yticks=classes)
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
    return _png(figure, title)


def mistakes(images: np.ndarray, truth: np.ndarray, answer: np.ndarray, confidence: np.ndarray, title: str) -> bytes:
    """Misread digits ``(N, 784)`` with truth, answer and confidence, the most confident first, at most 60, as PNG."""
    order = np.argsort(-confidence, kind="stable")[:60]
    captions = [f"{truth[i]} read as {answer[i]}\n{100 * confidence[i]:.0f}% sure" for i in order]
    return _sheet(images[order], captions, title, columns=10)


def samples(images: np.ndarray, labels: np.ndarray, title: str) -> bytes:
    """Digits ``(N, 784)`` with their labels, as PNG."""
    return _sheet(images, [str(label) for label in labels], title, columns=10)


def stages(pictures: dict[str, np.ndarray], title: str) -> bytes:
    """Pictures of any sizes, uint8 ``(H, W)``, side by side, each under its name and at the same height, as PNG.

    Grey levels are shown as they are, 0 black.
    """
    shapes = [picture.shape[1] / picture.shape[0] for picture in pictures.values()]
    widths = [min(max(shape, 0.45), 2.5) for shape in shapes]
    figure = _figure(2.1 * sum(widths) + 0.4, 3.1)
    panels = figure.subplots(1, len(pictures), width_ratios=widths, squeeze=False)[0]
    for axes, (name, picture) in zip(panels, pictures.items(), strict=True):
        smooth = "nearest" if max(picture.shape) <= 28 else "antialiased"
        axes.imshow(picture, cmap="gray", vmin=0, vmax=255, interpolation=smooth)
        axes.set_title(f"{name}\n{picture.shape[1]} × {picture.shape[0]}", fontsize=9)
        axes.set(xticks=[], yticks=[])
        axes.spines[:].set(color=GREY, linewidth=0.6)
    return _png(figure, title)


def _sheet(images: np.ndarray, captions: Sequence[str], title: str, columns: int) -> bytes:
    """Images in rows with their captions above them, on one canvas: an axes for each would take seconds to lay out."""
    rows = max(1, -(-len(images) // columns))
    headroom = 8 + 7 * max((caption.count("\n") for caption in captions), default=0)
    height, width = 28 + headroom, 28 + 6
    canvas = np.zeros((rows * height + 4, columns * width))
    figure = _figure(columns * 1.05, rows * 1.05 * height / width + 0.5)
    axes = figure.subplots()
    axes.axis("off")
    for i, (image, caption) in enumerate(zip(images, captions, strict=True)):
        top, left = i // columns * height + headroom, i % columns * width + 3
        canvas[top : top + 28, left : left + 28] = image.reshape(28, 28)
        axes.text(left + 14, top - 2, caption, ha="center", va="bottom", fontsize=8, color=GREY)
    axes.imshow(canvas, cmap="gray_r", vmin=0, vmax=1, interpolation="nearest")
    return _png(figure, title)


def _figure(width: float, height: float) -> "Figure":
    """A figure of its own, outside pyplot's global state, in inches."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), dpi=120, layout="constrained")


def _png(figure: Any, title: str) -> bytes:
    figure.suptitle(title, fontsize=12)
    content = io.BytesIO()
    figure.savefig(content, format="png")
    return content.getvalue()
