"""Metrics: accuracy and the confusion matrix."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from nural.task import class_places, is_one_hot


def class_labels(t: Any) -> np.ndarray | None:
    """Integer labels ``(N,)`` of targets that name classes; None for other targets.

    Such targets are integers ``(N,)`` or ``(N, 1)``, or one-hot rows ``(N, C > 1)``.
    """
    t = np.asarray(t)
    if t.ndim == 2 and t.shape[1] > 1:
        return t.argmax(axis=1) if t.dtype.kind in "biuf" and is_one_hot(t) else None
    column = t[:, 0] if t.ndim == 2 and t.shape[1] == 1 else t
    return column if column.ndim == 1 and t.dtype.kind in "iu" else None


def accuracy(y: Any, t: Any, classes: Sequence[Any] | None = None) -> float:
    """The share of samples whose answer is right.

    Args:
        y: The network's answers, as `predict` gives them: labels ``(N,)``, or 0 or 1 for each of several labels
            ``(N, C)``, all of which must be right. Or logits or probabilities of classes ``(N, …, C)``, of which the
            largest is the answer.
        t: The right answers: labels ``(N, …)``, or rows of y's shape, one-hot if y are logits.
        classes: The names of the classes, such as ``model.task.classes``, if either has names. It is not needed if both
            are labels with the same names.

    Raises:
        ValueError: t names no classes, or one that is unknown; the shapes do not fit, or y has one output, from which
            no answer follows without the network's task.
    """
    y, t = np.asarray(y), class_places(t, classes)
    if y.ndim > 1 and y.dtype.kind != "f" and y.shape == t.shape:
        return _accuracy_of_several_labels(y, t)
    if y.ndim > 1 and y.shape[-1] == 1:
        raise ValueError("accuracy: one output is no answer by itself; give the labels that predict makes of it")
    answers = y.argmax(axis=-1) if y.ndim > 1 else class_places(y, classes)
    labels = _labels_beside(answers, t)
    if (answers.dtype.kind in "biuf") != (labels.dtype.kind in "biuf"):
        raise ValueError("accuracy: of answers and targets one are names and the other numbers; say the classes")
    return float(np.mean(answers == labels))


def _accuracy_of_several_labels(y: np.ndarray, t: np.ndarray) -> float:
    if not all(np.all((array == 0) | (array == 1)) for array in (y, t)):
        raise ValueError(
            "accuracy: rows are compared where they are 0 or 1 for each of several labels, these are others; "
            "of sequences, compare y.ravel() with t.ravel()"
        )
    return float(np.mean((y == t).all(axis=-1)))


def _labels_beside(answers: np.ndarray, t: np.ndarray) -> np.ndarray:
    """The label that the targets name for each of the answers ``(N, …)``; ValueError if they name none."""
    labels = t if t.shape == answers.shape and t.dtype.kind != "f" else None
    if labels is None and t.shape[:-1] == answers.shape and t.shape[-1] > 1 and t.dtype.kind in "biuf":
        labels = t.argmax(axis=-1) if is_one_hot(t) else None
    if labels is None and t.shape == (*answers.shape, 1) and t.dtype.kind != "f":
        labels = t[..., 0]
    if labels is None or labels.size == 0:
        raise ValueError(f"accuracy: targets of shape {t.shape} do not name one class for each of {len(answers)}")
    return labels


def confusion_matrix(
    predicted: Any, labels: Any, num_classes: int | None = None, classes: Sequence[Any] | None = None
) -> np.ndarray:
    """Counts ``(C, C)``: row the true class, column the predicted one; the diagonal holds right answers.

    Args:
        predicted: Labels ``(N,)``.
        labels: True labels ``(N,)``.
        num_classes: C; by default the number of ``classes``, or the largest label plus one.
        classes: The names of the classes in the order of rows and columns, such as ``model.task.classes``, if labels
            are names.

    Raises:
        ValueError: the lengths differ, a label is outside 0 … C − 1 or none of the classes, or labels are neither
            integers nor names of ``classes``.
    """
    predicted, labels = class_places(predicted, classes), class_places(labels, classes)
    if predicted.shape != labels.shape or predicted.ndim != 1:
        raise ValueError(f"confusion_matrix: {predicted.shape} predictions do not fit {labels.shape} labels")
    for array in (predicted, labels):
        if array.size and array.dtype.kind not in "biu":
            raise ValueError(f"confusion_matrix: labels must be integers, or names of classes; found {array.dtype}")
    predicted, labels = predicted.astype(np.int64), labels.astype(np.int64)
    largest = int(max(predicted.max(initial=-1), labels.max(initial=-1)))
    if num_classes is None:
        num_classes = largest + 1 if classes is None else len(classes)
    if largest >= num_classes or min(predicted.min(initial=0), labels.min(initial=0)) < 0:
        raise ValueError(f"confusion_matrix: a label is outside 0 … {num_classes - 1}")
    return np.bincount(labels * num_classes + predicted, minlength=num_classes**2).reshape(num_classes, num_classes)
