"""NaN and infinity among inputs, of which no network can say anything."""

import numpy as np


def require_finite(name: str, x: np.ndarray, begin: int = 0) -> None:
    """Raise ValueError, naming the row, if a sample holds NaN, infinity, or what the float type rounds to infinity.

    Args:
        name: Of the inputs, for the message.
        x: Samples ``(N, …)`` of any type; integers are finite.
        begin: The row of the first of them among all inputs.
    """
    if x.dtype.kind != "f":
        return
    with np.errstate(over="ignore", invalid="ignore"):
        if np.isfinite(x.sum()):  # one pass without an array; a sum that overflows alone is looked at again
            return
    finite = np.isfinite(x).reshape(len(x), -1).all(axis=1)
    if finite.all():
        return
    row = int(finite.argmin())
    found = "NaN" if np.isnan(x[row]).any() else f"infinity or a value too large for {x.dtype}"
    raise ValueError(f"{name} contains {found}, first in row {begin + row} of the samples; fill it in or leave it out")
