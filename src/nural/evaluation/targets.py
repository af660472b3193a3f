"""Targets: the task that a loss implies, and the form in which losses and accuracy take them."""

from functools import partial
from typing import Any, Literal

import numpy as np

from nural.data.batches import rows
from nural.layer import Layer
from nural.losses import (
    Loss,
    binary_cross_entropy_loss,
    cross_entropy_loss,
    huber_loss,
    mean_absolute_loss,
    mean_squared_loss,
)
from nural.predictions import label_places, last_layer, logits, said_task, scale_of, task_of
from nural.task import Task, class_places, is_one_hot

LOSSES_OF_VALUES = (mean_squared_loss, mean_absolute_loss, huber_loss)
#: The loss that judges a network of each kind by default.
USUAL_LOSS: dict[str, Loss] = {
    "multiclass": cross_entropy_loss,
    "binary": binary_cross_entropy_loss,
    "multilabel": binary_cross_entropy_loss,
    "regression": mean_squared_loss,
}


def function_of(loss: Loss) -> Any:
    """The loss without the arguments that `functools.partial` fixes."""
    while isinstance(loss, partial):
        loss = loss.func
    return loss


def applied_by(loss: Loss) -> Literal["softmax", "sigmoid"] | None:
    """The function that a loss of nural's applies to logits itself; None for other losses."""
    function = function_of(loss)
    if function is cross_entropy_loss:
        return "softmax"
    return "sigmoid" if function is binary_cross_entropy_loss else None


def implies_task(loss: Loss) -> bool:
    """Whether the loss is one of nural's, which imply what a network is for."""
    return applied_by(loss) is not None or _is_of_values(loss)


def implied_task(loss: Loss, y: np.ndarray, t: np.ndarray) -> Task | None:
    """The task of a network that learns by a loss of nural's; None for any other loss.

    Args:
        loss: Cross-entropy is for "multiclass". Binary cross-entropy is for "binary" with one output, else for
            "multilabel". The losses of numbers are for "regression", unless the targets are one-hot rows.
        y: The network's outputs, ``(N, …, C)``; only their shape counts.
        t: Some of its targets.

    Raises:
        ValueError: the loss is `cross_entropy_loss`, but there is only one output.
    """
    match applied_by(loss):
        case "softmax":
            if y.shape[-1] == 1:
                raise ValueError(
                    "softmax of one output is always 1, so cross_entropy_loss has nothing to teach: for yes or no use "
                    "binary_cross_entropy_loss, else give each class an output"
                )
            return Task("multiclass")
        case "sigmoid":
            return Task("binary" if y.shape[-1] == 1 else "multilabel")
    if _is_of_values(loss):
        return Task("multiclass" if _are_one_hot_rows(t) else "regression")
    return None


def require_fitting_loss(model: Layer, loss: Loss) -> None:
    """Raise ValueError if the loss is for classes but the network for values, or ends in probabilities."""
    applied, name, task = applied_by(loss), getattr(function_of(loss), "__name__", ""), said_task(model)
    if applied and task is not None and task.kind == "regression":
        raise ValueError(
            f"the network's task is regression, but {name} is for classes: say model.task = None, and "
            "the loss says what the network is for from now on"
        )
    if applied and scale_of(model) != "logits":
        raise ValueError(
            f"the network ends in {last_layer(model)!r}, but {name} takes logits and applies its {applied} "
            "itself, one too many: leave the network's last layer out; predict_proba gives probabilities all the same"
        )


def as_taken(loss: Loss, y: np.ndarray, t: np.ndarray) -> np.ndarray:
    """Targets in the form that a loss of nural's takes: labels ``(N, …)`` for one output as a column.

    Class labels in a column become ``(N,)`` for `cross_entropy_loss`. Other losses get the targets unchanged.
    """
    if applied_by(loss) == "softmax":
        return t[..., 0] if t.shape == (*y.shape[:-1], 1) else t
    column = implies_task(loss) and t.shape == y.shape[:-1] and y.shape[-1] == 1
    return t[..., np.newaxis] if column else t


def scores(model: Layer, y: np.ndarray, t: Any, loss: Loss | None = None) -> dict[str, float]:
    """The result of `evaluate`, for outputs ``y`` and targets ``t``."""
    t = rows(t, 0, len(t))
    task = task_of(model, y, None if loss is None else implied_task(loss, y, t))
    if task.kind in ("multiclass", "binary"):
        t = class_places(t, task.classes)
    if task.kind == "multilabel" and t.shape == y.shape[:-1]:
        raise ValueError(
            f"targets of shape {t.shape} name one class a sample, but the task is multilabel, yes or no for each of "
            f'{y.shape[-1]} outputs; if they exclude each other, say model.task = Task("multiclass")'
        )
    loss = USUAL_LOSS[task.kind] if loss is None else loss
    applied = applied_by(loss)
    z = y if applied is None else logits(model, y, applied)
    result = {"loss": loss(z, as_taken(loss, y, t))[0]}
    truth = _true_places(task, y, t)
    if truth is not None:
        right = label_places(model, task, y) == truth
        result["accuracy"] = float(np.mean(right.all(axis=-1) if task.kind == "multilabel" else right))
    return result


def _true_places(task: Task, y: np.ndarray, t: np.ndarray) -> np.ndarray | None:
    """The right values of `label_places`, where targets name classes; None for values and probabilities."""
    if task.kind == "multiclass":
        if t.shape == y.shape:
            return t.argmax(axis=-1) if is_one_hot(t) else None
        t = t[..., 0] if t.shape == (*y.shape[:-1], 1) else t
        return t if t.dtype.kind in "iu" and t.shape == y.shape[:-1] else None
    if task.kind == "binary" and t.shape == y.shape:
        t = t[..., 0]
    expected = y.shape[:-1] if task.kind == "binary" else y.shape
    yes_or_no = task.kind != "regression" and t.shape == expected and bool(np.all((t == 0) | (t == 1)))
    return t if yes_or_no else None


def _is_of_values(loss: Loss) -> bool:
    function = function_of(loss)
    return any(function is each for each in LOSSES_OF_VALUES)


def _are_one_hot_rows(t: np.ndarray) -> bool:
    return t.ndim > 1 and t.shape[-1] > 1 and is_one_hot(t)
