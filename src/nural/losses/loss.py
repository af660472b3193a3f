"""What a loss is, and what those that compare entry by entry ask of their targets."""

from collections.abc import Callable
from typing import Any

import numpy as np

from nural.batch import require_out, require_samples

#: ``(y, t, out=None) -> (loss, dy)``; `functools.partial` fixes a loss's other arguments.
Loss = Callable[..., tuple[float, np.ndarray]]


def matching_targets(name: str, y: np.ndarray, t: Any, out: np.ndarray | None) -> np.ndarray:
    """``t`` as an array, or an error on behalf of ``name``: y is no batch of floats, t or out has another shape."""
    require_samples(name, y)
    require_out(name, out, y.shape)
    t = np.asarray(t)
    if t.shape != y.shape:
        raise ValueError(f"{name}: targets of shape {t.shape} do not fit outputs of shape {y.shape}")
    return t
