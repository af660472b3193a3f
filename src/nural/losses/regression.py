"""Losses of numbers against numbers: squared, absolute, and Huber's between the two."""

import numpy as np
from numpy.typing import ArrayLike

from nural.blocks import in_blocks
from nural.losses.loss import matching_targets


def mean_squared_loss(y: ArrayLike, t: ArrayLike, out: np.ndarray | None = None) -> tuple[float, np.ndarray]:
    """Mean squared error over all entries: L = mean (y − t)², ∂L/∂y = 2 (y − t) / y.size.

    Args:
        y: Output, ``(N, …)``.
        t: Target of the same shape.
        out: Where to write dy.

    Returns:
        ``(L, dy)``: a float in squared units of y, and ∂L/∂y of y's shape.

    Raises:
        ValueError: the batch is empty, or the shapes differ.
        TypeError: y or t holds no numbers.

    Source: Bishop 2006, Pattern Recognition and Machine Learning, section 1.2.5.
    """
    y, t = matching_targets("mean_squared_loss", y, t, out)
    with np.errstate(over="ignore", invalid="ignore"):  # an output that is not finite gives a loss that is not
        difference = np.subtract(y, t, out=out, dtype=y.dtype, casting="same_kind")
        loss = np.vdot(difference, difference) / y.size
        difference *= 2 / y.size
    return float(loss), difference


def mean_absolute_loss(y: ArrayLike, t: ArrayLike, out: np.ndarray | None = None) -> tuple[float, np.ndarray]:
    """Mean absolute error over all entries: L = mean |y − t|, ∂L/∂y = sign(y − t) / y.size, 0 where y = t.

    Args:
        y: Output, ``(N, …)``.
        t: Target of the same shape.
        out: Where to write dy.

    Returns:
        ``(L, dy)``: a float in y's unit, and ∂L/∂y of y's shape.

    Raises:
        ValueError: the batch is empty, or the shapes differ.
        TypeError: y or t holds no numbers.

    Source: Hastie et al. 2009, The Elements of Statistical Learning, section 10.6.
    """
    y, t = matching_targets("mean_absolute_loss", y, t, out)
    dy = np.empty_like(y) if out is None else out
    total = 0.0
    with np.errstate(over="ignore", invalid="ignore"):
        for y_, t_, dy_ in in_blocks(y, t, dy):
            difference = y_ - t_
            np.sign(difference, out=dy_)
            total += float(np.dot(difference, dy_))
        dy /= y.size
    return total / y.size, dy


def huber_loss(
    y: ArrayLike, t: ArrayLike, out: np.ndarray | None = None, *, delta: float = 1.0
) -> tuple[float, np.ndarray]:
    """Huber's loss: squared for small errors, absolute for large ones, so that an outlier pulls with a bounded force.

    L = mean ½ r² where |r| ≤ δ, else δ (|r| − ½ δ), for r = y − t; ∂L/∂y = clip(r, −δ, δ) / y.size. With the clipped
    c = clip(r, −δ, δ), both branches are c (r − ½ c). PyTorch's smooth L1 loss with β = δ is this over δ.

    Args:
        y: Output, ``(N, …)``.
        t: Target of the same shape.
        out: Where to write dy.
        delta: δ, the error up to which the loss is squared, in y's unit.

    Returns:
        ``(L, dy)``: a float in squared units of y, and ∂L/∂y of y's shape.

    Raises:
        ValueError: the batch is empty, the shapes differ, or delta is not above 0.
        TypeError: y or t holds no numbers.

    Source: Huber 1964, Robust Estimation of a Location Parameter, Annals of Mathematical Statistics 35.
    """
    y, t = matching_targets("huber_loss", y, t, out)
    if not delta > 0:
        raise ValueError(f"huber_loss: delta must be above 0, got {delta}")
    dy = np.empty_like(y) if out is None else out
    total = 0.0
    with np.errstate(over="ignore", invalid="ignore"):
        for y_, t_, dy_ in in_blocks(y, t, dy):
            r = y_ - t_
            np.clip(r, -delta, delta, out=dy_)
            r -= 0.5 * dy_
            total += float(np.dot(dy_, r))
        dy /= y.size
    return total / y.size, dy
