"""The schedule that follows the training: a smaller learning rate where a metric no longer improves."""

import math
from typing import Any

from nural.layer import Layer
from nural.training.callbacks import Callback
from nural.training.history import History


class ReduceOnPlateau(Callback):
    """η ← max(factor · η, min_lr) when more than ``patience`` epochs in a row brought no improvement of a metric.

    It is a schedule and a callback at once, and `fit` needs it as both:

        plateau = nural.ReduceOnPlateau(0.1, patience=3)
        nural.fit(model, x, y, validation=validation, schedule=plateau, callbacks=[plateau])

    It judges by the history alone, so a resumed training goes on with the rate that it had. The rule is that of
    PyTorch's `ReduceLROnPlateau`, stepped after each epoch.

    Attributes:
        rate: The learning rate of the next step.

    Args:
        learning_rate: The rate to begin with.
        monitor: Column of the history.
        mode: "min" if the column should fall, "max" if it should rise.
        factor: What the rate is multiplied by, below 1.
        patience: Epochs without improvement that are let pass; the next one reduces the rate.
        threshold: What counts as an improvement over the best value, relative to it or absolute.
        threshold_mode: "rel": better than best · (1 ∓ threshold); "abs": better than best ∓ threshold.
        cooldown: Epochs after a reduction that do not count as without improvement.
        min_lr: The smallest rate.
        eps: A reduction by less than this is not made.

    Raises:
        ValueError: a factor that is not below 1, a patience or cooldown below 0, or a mode that is not known.

    Source: Krizhevsky et al. 2012, ImageNet Classification with Deep Convolutional Neural Networks, section 5, where it
    was done by hand.
    """

    def __init__(
        self,
        learning_rate: float,
        monitor: str = "val_loss",
        *,
        mode: str = "min",
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        threshold_mode: str = "rel",
        cooldown: int = 0,
        min_lr: float = 0.0,
        eps: float = 1e-8,
    ) -> None:
        if factor >= 1:
            raise ValueError(f"ReduceOnPlateau: factor must be below 1, got {factor}")
        for name, epochs in (("patience", patience), ("cooldown", cooldown)):
            if epochs < 0:
                raise ValueError(f"ReduceOnPlateau: {name} must not be negative, got {epochs}")
        if mode not in ("min", "max") or threshold_mode not in ("rel", "abs"):
            raise ValueError(
                f'ReduceOnPlateau: mode must be "min" or "max" and threshold_mode "rel" or "abs"; '
                f"got {mode!r} and {threshold_mode!r}"
            )
        self.learning_rate, self.monitor, self.mode = learning_rate, monitor, mode
        self.factor, self.patience = factor, patience
        self.threshold, self.threshold_mode, self.cooldown = threshold, threshold_mode, cooldown
        self.min_lr, self.eps = min_lr, eps
        self.rate = learning_rate

    def __call__(self, step: int) -> float:
        """The rate, whatever the step: this makes it a schedule."""
        return self.rate

    def on_begin(self, model: Layer, history: History) -> None:
        """Find the rate that the epochs before a break have led to."""
        if history.epochs and self.monitor not in history.epochs[-1]:
            known = ", ".join(history.epochs[-1])
            raise ValueError(f"ReduceOnPlateau: there is no {self.monitor!r} to monitor; the history has {known}")
        self.rate = self.rate_after(history[self.monitor])

    def on_epoch(self, model: Layer, history: History) -> None:
        """Find the rate again, now that an epoch has ended."""
        self.on_begin(model, history)

    def rate_after(self, values: list[Any]) -> float:
        """The learning rate after epochs with these values of the metric."""
        rate, waited, cooling = self.learning_rate, 0, 0
        best = math.inf if self.mode == "min" else -math.inf
        for value in values:
            waited += 1
            if self._improves(value, best):
                best, waited = value, 0
            if cooling > 0:
                cooling, waited = cooling - 1, 0
            if waited > self.patience:
                cooling, waited = self.cooldown, 0
                reduced = max(rate * self.factor, self.min_lr)
                rate = reduced if rate - reduced > self.eps else rate
        return rate

    def _improves(self, value: float, best: float) -> bool:
        margin = self.threshold if self.mode == "max" else -self.threshold
        limit = best * (1 + margin) if self.threshold_mode == "rel" else best + margin
        return value > limit if self.mode == "max" else value < limit
