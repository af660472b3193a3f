"""What the outputs of an exported network stand for, which each target expresses in its own language."""

from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Literal

import numpy as np

from nural.data.digits import CLASSES
from nural.export.target import ExportError
from nural.layer import Layer
from nural.predictions import still_to_apply, task_of
from nural.task import THRESHOLD, Task


@dataclass(frozen=True)
class Answers:
    """The task of a network with outputs of one shape.

    Attributes:
        task: The network's own task, or the inferred one.
        apply: The function that makes probabilities of the outputs; None if they are probabilities already, or values.
        shape: The shape of the outputs for one sample, ``(C,)`` or ``(T, C)``; answers lie along the last dimension.
    """

    task: Task
    apply: Literal["softmax", "sigmoid", "exp"] | None
    shape: tuple[int, ...]

    @property
    def outputs(self) -> int:
        """The number of outputs for one answer."""
        return self.shape[-1]

    @property
    def rows(self) -> int:
        """How many answers one sample gets."""
        return prod(self.shape[:-1])

    @property
    def word(self) -> str:
        """The word for the outputs: logits only if they are logits."""
        return "logits" if self.apply in ("softmax", "sigmoid") else "outputs"

    @property
    def classes(self) -> int:
        """The number of classes, or of labels; 0 for a regression."""
        return {"regression": 0, "binary": 2}.get(self.task.kind, self.outputs)

    @property
    def of_digits(self) -> bool:
        """Whether there is one answer, of ten classes named as the digits or without names."""
        digits = (None, tuple(map(str, range(CLASSES))))
        return self.task.kind == "multiclass" and self.shape == (CLASSES,) and self.names in digits

    @property
    def thresholds(self) -> tuple[float, ...]:
        """For "binary" and "multilabel": the probability above which the answer is yes, for each output."""
        return self.task.thresholds or (THRESHOLD,) * self.outputs

    @property
    def names(self) -> tuple[str, ...] | None:
        """The names of the classes, as text; None for 0, 1, 2, …."""
        return None if self.task.classes is None else tuple(map(str, self.task.classes))


def answers_of(model: Layer, shape: tuple[int, ...], path: Path) -> Answers:
    """The answers of a model with outputs of this shape for one sample.

    Raises:
        ExportError: its task does not fit its outputs.
    """
    try:
        task = task_of(model, np.empty((1, *shape), model.dtype))
    except ValueError as error:
        raise ExportError(f"{path}: {error}") from error
    return Answers(task, still_to_apply(model, task), shape)
