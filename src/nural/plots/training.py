"""The course of a training."""

import numpy as np

from nural.plots.figure import BLUE, ORANGE, figure, open_frame, png
from nural.training.history import History


def learning_curve(history: History, title: str) -> bytes:
    """Loss on training and validation, and the validation accuracy, against the epochs, as PNG.

    The training loss is the steps' loss, averaged over fiftieths of the training.
    """
    drawing = figure(height=4.0)
    left, right = drawing.subplots(1, 2)
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
        open_frame(axes)
    return png(drawing, title)
