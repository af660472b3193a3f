"""What counts when a network is judged."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike


def class_labels(t: Any) -> np.ndarray | None:
    """Integer labels of targets that name classes, ``(N,)`` integers or ``(N, C > 1)`` one-hot rows; None of others."""
    t = np.asarray(t)
    if t.ndim == 1 and t.dtype.kind in "iu":
        return t
    if t.ndim == 2 and t.shape[1] > 1 and bool(np.all((t == 0) | (t == 1))) and bool(np.all(t.sum(axis=1) == 1)):
        return t.argmax(axis=1)
    return None


def accuracy(y: ArrayLike, t: ArrayLike) -> float:
    """Share of rows whose largest entry is at the true class.

    Args:
        y: Logits or probabilities ``(N, C)``, or predicted labels ``(N,)``.
        t: Integer labels ``(N,)`` or one-hot rows ``(N, C)``.

    Raises:
        ValueError: t names no classes, or the numbers of rows differ.
    """
    y = np.asarray(y)
    predicted = y if y.ndim == 1 else y.argmax(axis=1)
    labels = class_labels(t)
    if labels is None or len(labels) != len(predicted) or len(labels) == 0:
        raise ValueError(f"accuracy: targets of shape {np.shape(t)} do not name one class for each of {len(predicted)}")
    return float(np.mean(predicted == labels))


def confusion_matrix(predicted: ArrayLike, labels: ArrayLike, num_classes: int | None = None) -> np.ndarray:
    """Counts ``(C, C)``: row the true class, column the predicted one; the diagonal is what was right.

    Args:
        predicted: Labels ``(N,)``.
        labels: True labels ``(N,)``.
        num_classes: C; by default the largest label plus one.

    Raises:
        ValueError: the lengths differ, or a label is outside 0 … C − 1.
        TypeError: labels are no integers.
    """
    predicted, labels = _integers("predictions", predicted), _integers("labels", labels)
    if predicted.shape != labels.shape or predicted.ndim != 1:
        raise ValueError(f"confusion_matrix: {predicted.shape} predictions do not fit {labels.shape} labels")
    largest = int(max(predicted.max(initial=-1), labels.max(initial=-1)))
    classes = largest + 1 if num_classes is None else num_classes
    if largest >= classes or min(predicted.min(initial=0), labels.min(initial=0)) < 0:
        raise ValueError(f"confusion_matrix: a label is outside 0 … {classes - 1}")
    return np.bincount(labels * classes + predicted, minlength=classes * classes).reshape(classes, classes)


def _integers(what: str, given: ArrayLike) -> np.ndarray:
    array = np.asarray(given)
    if array.size and array.dtype.kind not in "iub":
        raise TypeError(f"confusion_matrix: {what} must be integers, got {array.dtype}")
    return array.astype(np.int64)
