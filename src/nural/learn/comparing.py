"""When two results are the same, and how one is the other times something."""

from collections.abc import Mapping
from itertools import product
from typing import Any

import numpy as np

#: How far rounding may go, relative to the largest number of an array.
FLOAT64, FLOAT32 = 1e-5, 5e-4


def tolerance(*arrays: Any) -> float:
    """Of arrays of these types."""
    return FLOAT32 if any(getattr(a, "dtype", None) in (np.float32, np.float16) for a in arrays) else FLOAT64


def same(found: Any, expected: Any, rtol: float = FLOAT64) -> bool:
    """Whether both have one shape and, but for rounding, the same numbers; nan and inf count as one another."""
    a, b = np.asarray(found, np.float64), np.asarray(expected, np.float64)
    if a.shape != b.shape:
        return False
    finite = np.isfinite(b)
    if not np.array_equal(finite, np.isfinite(a)):
        return False
    a, b = a[finite], b[finite]
    return bool(np.abs(a - b).max(initial=0) <= rtol * np.abs(b).max(initial=0) + 1e-9)


def fitted(found: Any, expected: Any) -> Any:
    """The result in the expected shape, if it only has more axes of one number, as ``keepdims=True`` leaves them."""
    if np.shape(found) == np.shape(expected) or np.size(found) != np.size(expected):
        return found
    without = [tuple(n for n in np.shape(array) if n != 1) for array in (found, expected)]
    return np.reshape(found, np.shape(expected)) if without[0] == without[1] else found


def ratio(found: Any, expected: Any, rtol: float = 1e-6) -> float | None:
    """c, if the found numbers are c times the expected ones; None if they are not, or nothing can be said."""
    a, b = np.asarray(found, np.float64), np.asarray(expected, np.float64)
    if a.shape != b.shape or not (np.isfinite(a).all() and np.isfinite(b).all()) or not b.any():
        return None
    c = float((a * b).sum() / (b * b).sum())
    return c if c and np.abs(a - c * b).max() <= rtol * np.abs(a).max() else None


def in_sizes(ratios: list[float], sizes: list[Mapping[str, int]]) -> str | None:
    """What a ratio that differs from case to case is: "N", "1/N", "N·M", …, times 1, 2 or ½, or −."""
    names = [name for name in sizes[0] if all(name in s for s in sizes)]
    powers = [p for p in product((0, 1, -1), repeat=len(names)) if any(p)]
    powers.sort(key=lambda p: (sum(map(abs, p)), [-n for n in p]))
    for factor, text in ((1.0, ""), (2.0, "2·"), (0.5, "½·"), (-1.0, "−")):
        for power in powers:
            values = [factor * np.prod([float(s[n]) ** k for n, k in zip(names, power, strict=True)]) for s in sizes]
            if np.allclose(ratios, values, rtol=1e-6) and np.ptp(values) > 0:
                over = "·".join(n for n, k in zip(names, power, strict=True) if k > 0)
                under = "·".join(n for n, k in zip(names, power, strict=True) if k < 0)
                under = f"({under})" if "·" in under else under
                return text + (over or "1") + (f"/{under}" if under else "")
    return None
