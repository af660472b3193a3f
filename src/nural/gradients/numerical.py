"""Central differences."""

from collections.abc import Callable

import numpy as np


def numerical_gradient(f: Callable[[np.ndarray], float], W: np.ndarray) -> np.ndarray:
    """Central differences: ∂f/∂W_i ≈ (f(W + h e_i) − f(W − h e_i)) / 2h, for every entry of W.

    Args:
        f: Takes W and returns a number. It is called with W itself, two times for each entry, with that entry moved.
        W: The point, an array of floats of any shape. Each entry is put back as it was, even if f raises.

    Returns:
        An array of W's shape and type. h = ε^⅓ for W's type, where truncation and rounding errors balance: 6e-6 and
        about ten correct digits in float64, 5e-3 and about four in float32.

    Raises:
        TypeError: W is not an array of floats.

    Source: Press et al. 2007, Numerical Recipes, section 5.7.
    """
    if not isinstance(W, np.ndarray) or W.dtype.kind != "f":
        kind = W.dtype if isinstance(W, np.ndarray) else type(W).__name__
        raise TypeError(f"numerical_gradient: W must be an array of floats, got {kind}")
    gradient = np.empty_like(W)
    for index in np.ndindex(W.shape):
        gradient[index] = slope(f, W, index)
    return gradient


def slope(f: Callable[[np.ndarray], float], W: np.ndarray, index: tuple[int, ...], h: float | None = None) -> float:
    """The central difference of f in the one entry ``W[index]``; the entry is put back. ``h`` as above by default."""
    h = float(np.finfo(W.dtype).eps) ** (1 / 3) if h is None else h
    here = W[index]
    try:
        W[index] = here + h
        above, right = float(f(W)), float(W[index])
        W[index] = here - h
        below, left = float(f(W)), float(W[index])
    finally:
        W[index] = here
    return (above - below) / (right - left)  # the distance as rounded, not 2h
