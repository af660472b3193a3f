"""What a loss is, and what those that compare entry by entry ask of their targets."""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from nural.checks import require_out, require_samples

#: ``(y, t, out=None) -> (loss, dy)``; `functools.partial` fixes a loss's other arguments.
Loss = Callable[..., tuple[float, np.ndarray]]


def matching_targets(name: str, y: ArrayLike, t: ArrayLike, out: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    """``y`` as an array of floats, ``t`` as one of numbers; an error on behalf of ``name`` if t or out does not fit."""
    y = require_samples(name, y)
    require_out(name, out, y.shape)
    t = np.asarray(t)
    if t.shape != y.shape:
        raise ValueError(f"{name}: targets of shape {t.shape} do not fit outputs of shape {y.shape}")
    if t.dtype.kind not in "fiub":
        raise TypeError(f"{name}: targets must be numbers, got {t.dtype}")
    return y, t
