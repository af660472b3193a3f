"""Cross-entropy of probabilities, as books write it; to train, use `cross_entropy_loss`."""

import numpy as np
from numpy.typing import ArrayLike

from nural.checks import require_samples


def cross_entropy_error(y: ArrayLike, t: ArrayLike) -> float:
    """Mean cross-entropy of probabilities: L = −1/N Σ_n Σ_c t_nc log y_nc, in nats.

    Where y is 0, or nearly, the smallest normal number of its type is used, so that L is finite: a sample whose true
    class has probability 0 counts as 708 in float64, 87 in float32. This costs the gradient: there L no longer depends
    on the network, ∂L/∂y by central differences is 0, and a step leaves this sample as wrong as it is.
    `cross_entropy_loss` takes the logits instead. It never takes the logarithm of 0, and its gradient is exact
    everywhere.

    Args:
        y: Probabilities, as `softmax` gives them, ``(N, C)``, or ``(C,)`` for one sample.
        t: Integer labels ``(N,)``, or one-hot rows (or probabilities) of y's shape; for one sample a label or a row.

    Raises:
        ValueError: y holds no sample or no probabilities, t does not fit it, or a label is outside 0 … C − 1.
        TypeError: y holds no numbers, or labels are no integers.

    Source: Saito 2016, Deep Learning from Scratch, section 4.2.4, which adds 1e-7 to every probability instead.
    """
    y, t = require_samples("cross_entropy_error", y), np.asarray(t)
    if y.ndim == 0 or t.shape not in (y.shape, y.shape[:-1]):
        raise ValueError(f"cross_entropy_error: targets of shape {t.shape} do not fit probabilities of shape {y.shape}")
    if y.min() < -0.01 or y.max() > 1.01:  # central differences step a little over; NaN gives a loss that is NaN
        raise ValueError(
            f"cross_entropy_error: needs probabilities, from 0 to 1, got {y.min():.4g} to {y.max():.4g}; "
            "softmax makes some of logits, and cross_entropy_loss takes logits themselves"
        )
    if t.shape != y.shape:
        t = _rows(t, y.shape[-1])
    log_y = np.log(np.maximum(y, np.finfo(y.dtype).tiny))
    return -float(np.sum(t * log_y)) / (y.size // y.shape[-1])


def _rows(labels: np.ndarray, classes: int) -> np.ndarray:
    """One-hot rows of labels."""
    if labels.dtype.kind not in "iu":
        raise TypeError(f"cross_entropy_error: labels must be integers, got {labels.dtype}")
    if labels.min() < 0 or labels.max() >= classes:
        raise ValueError(f"cross_entropy_error: a label is outside 0 … {classes - 1}")
    return np.eye(classes, dtype=bool)[labels]
