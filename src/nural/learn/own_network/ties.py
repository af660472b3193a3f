"""Max pooling where several numbers of a window are the largest: whichever gets the gradient, it is right."""

import numpy as np

from nural.learn.own_network.parts import Part
from nural.reference import pad2d_backward, pad2d_forward, windows


def differs_only_at_ties(part: Part, x: np.ndarray, y: np.ndarray, found: np.ndarray, right: np.ndarray) -> bool:
    """Whether a max pooling's gradient differs from the right one only in windows in which there is a tie.

    Args:
        part: The pooling.
        x: What it reads.
        y: What it gives.
        found: The gradient of x as the learner has it.
        right: The gradient of x as PyTorch has it.
    """
    if part.pair != "max_pool2d" or found.shape != right.shape:
        return False
    settings = dict(part.settings)
    padding = settings.pop("padding", 0)
    tied = np.zeros_like(pad2d_forward(x, padding), bool)
    X, T = (windows(array, **settings) for array in (pad2d_forward(x, padding), tied))
    several = (y[..., None, None] == X).sum(axis=(4, 5)) > 1
    for i, j in np.ndindex(T.shape[4:]):
        T[..., i, j] |= several
    differing = np.abs(found - right) > 1e-5 * np.abs(right).max(initial=0) + 1e-9
    return bool((pad2d_backward(tied, padding) >= differing).all())
