"""One-hot targets."""

import numpy as np
from numpy.typing import ArrayLike


def to_categorical(labels: ArrayLike, num_classes: int | None = None) -> np.ndarray:
    """One row for each label: 1 in the label's column, 0 elsewhere.

    Args:
        labels: Integers from 0 to ``num_classes - 1``, ``(N,)`` or ``(N, 1)``.
        num_classes: The number of columns; by default the largest label plus one.

    Returns:
        float32 ``(N, num_classes)``.

    Raises:
        ValueError: the labels are no integers, are not in one column, or lie outside ``0 .. num_classes - 1``;
            or there are none and ``num_classes`` is not given.
    """
    labels = np.asarray(labels)
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.ndim != 1:
        raise ValueError(f"expected labels of shape (N,) or (N, 1), found {labels.shape}")
    if labels.size == 0:
        if num_classes is None:
            raise ValueError("expected num_classes, as there are no labels to take it from")
        return np.zeros((0, num_classes), np.float32)
    if labels.dtype.kind not in "iu":
        raise ValueError(f"expected integer labels, found {labels.dtype}")

    smallest, largest = int(labels.min()), int(labels.max())
    if num_classes is None:
        num_classes = largest + 1
    if smallest < 0 or largest >= num_classes:
        raise ValueError(f"expected labels from 0 to {num_classes - 1}, found labels from {smallest} to {largest}")
    one_hot = np.zeros((len(labels), num_classes), np.float32)
    one_hot[np.arange(len(labels)), labels] = 1
    return one_hot
