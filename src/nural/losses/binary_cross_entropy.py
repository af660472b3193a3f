"""Cross-entropy of yes-or-no outputs, each with a logit of its own."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from nural.activations import sigmoid_forward
from nural.blocks import in_blocks
from nural.losses.loss import matching_targets


def binary_cross_entropy_loss(
    y: ArrayLike, t: ArrayLike, out: np.ndarray | None = None, *, weight: Any = None, pos_weight: Any = None
) -> tuple[float, np.ndarray]:
    """Sigmoid cross-entropy of logits: L = −mean w (p t log σ(y) + (1 − t) log(1 − σ(y))), with the sigmoid σ.

    With q = 1 + (p − 1) t it is computed as mean w ((1 − t) y + q log(1 + e⁻ʸ)), with
    log(1 + e⁻ʸ) = max(−y, 0) + log(1 + e^{−|y|}), so logits of any size are safe;
    ∂L/∂y = w (q σ(y) − p t) / y.size. It is PyTorch's `BCEWithLogitsLoss`.

    Args:
        y: Logits, ``(N, …)``.
        t: Targets of the same shape, from 0 to 1.
        out: Where to write dy.
        weight: w, broadcast to y's shape; 1 by default. The mean is over the number of entries all the same.
        pos_weight: p, how much a target of 1 counts against one of 0, broadcast to y's shape; 1 by default.

    Returns:
        ``(L, dy)``: a float in nats, and ∂L/∂y of y's shape.

    Raises:
        ValueError: the batch is empty, the shapes do not fit, or a target is outside 0 … 1.
        TypeError: y or t holds no numbers.

    Source: Bishop 2006, Pattern Recognition and Machine Learning, section 4.3.2.
    """
    y, t = matching_targets("binary_cross_entropy_loss", y, t, out)
    if t.min() < 0 or t.max() > 1:
        raise ValueError(f"binary_cross_entropy_loss: targets go from 0 (no) to 1 (yes), found {t.min()} to {t.max()}")
    w, p = (_factor(name, factor, y) for name, factor in (("weight", weight), ("pos_weight", pos_weight)))
    dy = np.empty_like(y) if out is None else out
    total = 0.0
    with np.errstate(over="ignore", invalid="ignore"):  # a logit that is not finite gives a loss that is not
        for y_, t_, w_, p_, dy_ in in_blocks(y, t, w, p, dy):
            pt = p_ * t_
            q = pt + (1 - t_)
            loss = np.log1p(np.exp(-np.abs(y_)))
            loss -= np.minimum(y_, 0)
            loss *= q
            loss += (1 - t_) * y_
            total += float(np.dot(w_, loss))
            sigmoid_forward(y_, out=dy_)
            dy_ *= q
            dy_ -= pt
            dy_ *= w_
        dy /= y.size
    return total / y.size, dy


def _factor(name: str, factor: Any, y: np.ndarray) -> np.ndarray:
    """``factor`` in y's type, 1 if it is None, if it can be broadcast to y's shape."""
    array = np.asarray(1 if factor is None else factor, y.dtype)
    try:
        return np.broadcast_to(array, y.shape)
    except ValueError:
        raise ValueError(
            f"binary_cross_entropy_loss: {name} of shape {array.shape} does not fit outputs of shape {y.shape}"
        ) from None
