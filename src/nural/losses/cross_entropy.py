"""Softmax cross-entropy: the loss of a classifier."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from nural.checks import require_out, require_samples
from nural.layers.rows import row_maxima, row_sums


def cross_entropy_loss(
    y: ArrayLike,
    t: ArrayLike,
    out: np.ndarray | None = None,
    *,
    weight: Any = None,
    label_smoothing: float = 0.0,
    ignore_index: int | None = None,
) -> tuple[float, np.ndarray]:
    """Softmax cross-entropy of logits: L = −1/N Σ_n Σ_c t_nc log p_nc, p = softmax(y), and ∂L/∂y = (p − t) / N.

    log p is computed as y − max y − log Σ e^{y − max y}, so logits of any size are safe.

    With class weights w and smoothing ε, t_nc is replaced by q_nc, L = −1/D Σ_n Σ_c q_nc log p_nc and
    ∂L/∂y_nc = (p_nc Σ_k q_nk − q_nc) / D, where, as in PyTorch's `CrossEntropyLoss`,

    - for labels, q_nc = (1 − ε) w_c [c = t_n] + ε w_c / C and D = Σ_n w_{t_n}, both without the ignored samples; where
      no sample counts, D = 0, there is no mean: L = 0 and ∂L/∂y = 0 (PyTorch: NaN), so a step of that batch is one
      without a gradient;
    - for probabilities, q_nc = w_c ((1 − ε) t_nc + ε / C) and D = N.

    Args:
        y: Logits, ``(N, C)`` or ``(N, …, C)``; every position counts as a sample.
        t: Integer labels ``(N, …)``, or one-hot rows (or probabilities) of y's shape.
        out: Where to write dy, of y's shape and contiguous.
        weight: w, ``(C,)``: how much each class counts.
        label_smoothing: ε, from 0 to 1: the share of a target that is spread over all classes.
        ignore_index: A label whose samples do not count; none by default (PyTorch's default is -100). For
            probabilities, where no label can be ignored, it may be negative.

    Returns:
        ``(L, dy)``: a float in nats, and ∂L/∂y of y's shape. A logit that is NaN or +∞ gives a loss that is not finite.

    Raises:
        ValueError: the batch is empty, shapes do not fit, or a label is outside 0 … C − 1.
        TypeError: logits are not numbers, or labels not integers.

    Source: Bishop 2006, Pattern Recognition and Machine Learning, section 4.3.4; for ε, Szegedy et al. 2016, Rethinking
    the Inception Architecture for Computer Vision, section 7.
    """
    y = require_samples("cross_entropy_loss", y)
    t = np.asarray(t)
    if y.ndim < 2 or t.shape not in (y.shape, y.shape[:-1]):
        raise ValueError(
            f"cross_entropy_loss: targets of shape {t.shape} do not fit outputs of shape {y.shape}; expected outputs "
            f"(N, …, C) and labels (N, …) or one row (N, …, C) each"
        )
    if not 0 <= label_smoothing <= 1:
        raise ValueError(f"cross_entropy_loss: label_smoothing must be from 0 to 1, got {label_smoothing}")
    require_out("cross_entropy_loss", out, y.shape)
    dy = np.empty_like(y, order="C") if out is None else out
    classes = y.shape[-1]
    rows, p = y.reshape(-1, classes), dy.reshape(-1, classes)
    w = None if weight is None else _class_weights(weight, classes, y.dtype)
    with np.errstate(over="ignore", invalid="ignore"):  # a logit that is not finite gives a loss that is not
        np.subtract(rows, row_maxima(rows, scratch=p), out=p)
        if t.shape == y.shape:
            if t.dtype.kind not in "fiub":
                raise TypeError(f"cross_entropy_loss: targets must be numbers, got {t.dtype}")
            if ignore_index is not None and ignore_index >= 0:  # PyTorch's -100 names no class, so it asks for nothing
                raise ValueError("cross_entropy_loss: ignore_index needs labels, not rows of probabilities")
            loss = _of_rows(p, _smoothed(t.reshape(-1, classes), w, label_smoothing, p.dtype))
        else:
            labels = _labels(t.reshape(-1), classes, ignore_index)
            if w is None and not label_smoothing and ignore_index is None:
                loss = _of_labels(p, labels)
            else:
                loss = _of_counted_labels(p, labels, w, label_smoothing, ignore_index)
    return loss, dy


def _of_labels(p: np.ndarray, labels: np.ndarray) -> float:
    """The loss of the shifted logits ``p``, which are overwritten with the gradient."""
    n, classes = p.shape
    true = np.arange(0, p.size, classes) + labels.astype(np.intp, copy=False)
    flat = p.reshape(-1)  # to look up one index is faster than two
    likelihood = flat[true]
    np.exp(p, out=p)
    total = row_sums(p)
    loss = (np.log(total)[:, 0] - likelihood).sum() / n
    p /= total * n
    flat[true] -= 1 / n
    return float(loss)


def _of_rows(p: np.ndarray, q: np.ndarray) -> float:
    """The same, where row n of q says how much each class of sample n counts."""
    mass = q.sum(axis=1, keepdims=True, dtype=p.dtype)
    likelihood = np.einsum("nc,nc->n", p, q, dtype=p.dtype, casting="same_kind")
    np.exp(p, out=p)
    total = row_sums(p)
    loss = ((np.log(total) * mass)[:, 0] - likelihood).sum() / len(p)
    p *= mass / total
    p -= q
    p /= len(p)
    return float(loss)


def _of_counted_labels(
    p: np.ndarray, labels: np.ndarray, w: np.ndarray | None, smoothing: float, ignore_index: int | None
) -> float:
    """The same for labels that do not all count alike; no array of p's size but p."""
    classes = p.shape[1]
    w = np.ones(classes, p.dtype) if w is None else w
    counts = labels != ignore_index
    labels = np.where(counts, labels, 0)
    true = (np.arange(len(p)), labels)
    weight = w[labels] * counts
    D = weight.sum()
    if D == 0:
        p.fill(0)
        return 0.0
    sharp, spread = (1 - smoothing) * weight, smoothing / classes * w
    mass = sharp + spread.sum() * counts
    likelihood = sharp * p[true]
    if smoothing:
        likelihood += np.where(counts, p @ spread, 0)
    np.exp(p, out=p)
    total = p.sum(axis=1)
    loss = np.sum(np.where(counts, mass * np.log(total) - likelihood, 0)) / D
    p *= (mass / (D * total))[:, np.newaxis]
    p -= spread / D
    p[true] -= sharp / D
    p[~counts] = 0
    return float(loss)


def _smoothed(t: np.ndarray, w: np.ndarray | None, smoothing: float, dtype: Any) -> np.ndarray:
    """Rows of targets after smoothing and weighting: t itself where there is neither."""
    if smoothing:
        t = np.multiply(t, 1 - smoothing, dtype=dtype, casting="same_kind") + smoothing / t.shape[1]
    return t if w is None else t * w


def _class_weights(weight: Any, classes: int, dtype: Any) -> np.ndarray:
    w = np.asarray(weight, dtype)
    if w.shape != (classes,):
        raise ValueError(f"cross_entropy_loss: weight of shape {w.shape} does not fit {classes} classes")
    return w


def _labels(t: np.ndarray, classes: int, ignore_index: int | None) -> np.ndarray:
    """``t`` if it holds integers from 0 to ``classes`` − 1, or to be ignored; else an error names the first other."""
    if t.dtype.kind not in "iu":
        raise TypeError(f"cross_entropy_loss: labels must be integers, got {t.dtype}")
    if t.min() < 0 or t.max() >= classes:
        wrong = t[((t < 0) | (t >= classes)) & (t != ignore_index)]
        if wrong.size:
            raise ValueError(f"cross_entropy_loss: label {wrong[0]} is outside 0 … {classes - 1}")
    return t
