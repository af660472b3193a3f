"""Callbacks for `fit`. They judge by the history alone, so that they need no state of their own in a checkpoint."""

import os
from typing import Any

from nural.layer import Layer
from nural.model_file import save
from nural.overwriting import MODEL, require_replaceable
from nural.training.history import History, Progress


class Callback:
    """Something that watches a training. A true answer from `on_step` or `on_epoch` ends it after the step."""

    def on_begin(self, model: Layer, history: History) -> None:
        """Called by `fit` before its first step; ``history`` has the steps before a break."""

    def on_step(self, model: Layer, progress: Progress) -> bool | None:
        """Called after every step."""

    def on_epoch(self, model: Layer, history: History) -> bool | None:
        """Called after every epoch; its row is the last of ``history.epochs``."""


class EarlyStopping(Callback):
    """Ends the training when ``patience`` epochs in a row brought no improvement.

    Args:
        monitor: Column of the history; one that ends in ``accuracy`` should rise, any other should fall.
        patience: Epochs to wait.
        min_delta: What counts as an improvement.
    """

    def __init__(self, monitor: str = "val_loss", patience: int = 3, min_delta: float = 0.0) -> None:
        if patience < 1:
            raise ValueError(f"EarlyStopping: patience must be at least 1, got {patience}")
        self.monitor, self.patience, self.min_delta = monitor, patience, min_delta

    def on_epoch(self, model: Layer, history: History) -> bool:
        """Whether the best epoch lies ``patience`` epochs back."""
        values = _falling(history, self.monitor)
        best = 0
        for i, value in enumerate(values):
            if value < values[best] - self.min_delta:
                best = i
        return len(values) - 1 - best >= self.patience


class BestModel(Callback):
    """Saves the model after each epoch that is the best so far.

    Args:
        path: The model file.
        monitor: Column of the history; one that ends in ``accuracy`` should rise, any other should fall.
    """

    def __init__(self, path: str | os.PathLike[str], monitor: str = "val_loss") -> None:
        self.path, self.monitor = path, monitor

    def on_begin(self, model: Layer, history: History) -> None:
        """Raise OverwriteError before the training if the file that is there is not a model of nural's."""
        require_replaceable(self.path, MODEL)

    def on_epoch(self, model: Layer, history: History) -> None:
        """Save the model if its last epoch beats all before."""
        *before, last = _falling(history, self.monitor)
        if all(last < value for value in before):
            save(model, self.path)


def _falling(history: History, monitor: str) -> list[Any]:
    """The column with its sign such that less is better."""
    if monitor not in history.epochs[-1]:
        known = ", ".join(history.epochs[-1])
        raise ValueError(f"there is no {monitor!r} to monitor; the history has {known}")
    sign = -1 if monitor.endswith("accuracy") else 1
    return [sign * value for value in history[monitor]]
