"""What a training reports: a record a step, and their collection."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass(frozen=True, slots=True)
class Progress:
    """One step of a training, as `train` yields it.

    Attributes:
        step: Steps taken so far, this one included.
        steps: Steps that the whole training has.
        epoch: The epoch of this step, counted from 1.
        epochs: Epochs that the whole training has.
        samples: Samples in this step's batch.
        loss: Of this batch, before the step.
        learning_rate: Of this step.
        ends_epoch: Whether this step is the last of its epoch.
        validation: What `evaluate` says of the validation set, where this step ends an epoch and there is such a set.
    """

    step: int
    steps: int
    epoch: int
    epochs: int
    samples: int
    loss: float
    learning_rate: float
    ends_epoch: bool
    validation: dict[str, float] | None = None


@dataclass
class History:
    """A training so far.

    Attributes:
        losses: The loss of every step.
        epochs: A row an epoch: ``epoch``, ``step``, ``learning_rate``, ``loss`` (mean over the epoch's steps) and, with
            a validation set, ``val_loss`` and ``val_accuracy``.
    """

    losses: list[float] = field(default_factory=list)
    epochs: list[dict[str, Any]] = field(default_factory=list)

    def record(self, progress: Progress) -> None:
        """Add a step, and a row where it ends an epoch."""
        self.losses.append(progress.loss)
        if progress.ends_epoch:
            begun = self.epochs[-1]["step"] if self.epochs else 0
            row = {
                "epoch": progress.epoch,
                "step": progress.step,
                "learning_rate": progress.learning_rate,
                "loss": float(np.mean(self.losses[begun:])),
            }
            self.epochs.append(row | {f"val_{name}": value for name, value in (progress.validation or {}).items()})

    def __getitem__(self, column: str) -> list[Any]:
        """One column of ``epochs``, such as ``history["val_accuracy"]``."""
        return [row[column] for row in self.epochs]
