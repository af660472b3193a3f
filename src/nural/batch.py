"""What every forward pass asks of its batch."""

import numpy as np


def require_samples(name: str, x: np.ndarray) -> None:
    """Raise ValueError, on behalf of ``name``, if ``x`` holds no element."""
    if x.size == 0:
        raise ValueError(f"{name}: the batch is empty (shape {x.shape}); it needs at least one sample")
