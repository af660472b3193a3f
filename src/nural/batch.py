"""What every pair asks of the arrays it is given: floats, samples, and shapes that fit."""

from collections.abc import Sequence
from typing import Any

import numpy as np

#: What a pair writes its results to; a None among them is not wanted.
Outputs = tuple[Any, ...]


def require_samples(name: str, x: np.ndarray) -> None:
    """Raise, on behalf of ``name``, TypeError if ``x`` does not hold floats, ValueError if it holds no element."""
    dtype: Any = getattr(x, "dtype", None)
    if dtype is None or dtype.kind != "f":
        raise TypeError(f"{name}: needs floats, got {dtype or type(x).__name__}")
    if x.size == 0:
        raise ValueError(f"{name}: the batch is empty (shape {x.shape}); it needs at least one sample")


def require_gradient(name: str, dy: np.ndarray, shape: tuple[int, ...]) -> None:
    """Raise, on behalf of ``name``, TypeError if ``dy`` does not hold floats, ValueError if not of y's ``shape``."""
    require_samples(name, dy)
    if dy.shape != tuple(shape):
        raise ValueError(f"{name}: dy has shape {dy.shape}; the output it belongs to has {tuple(shape)}")


def require_out(name: str, out: np.ndarray | None, shape: tuple[int, ...], contiguous: bool = True) -> None:
    """Raise ValueError, on behalf of ``name``, unless ``out`` is None or has ``shape`` and is contiguous."""
    if out is None:
        return
    if out.shape != tuple(shape):
        raise ValueError(f"{name}: out has shape {out.shape}; it must have {tuple(shape)}")
    if contiguous and not out.flags.c_contiguous:
        raise ValueError(f"{name}: an array to write to must be contiguous; out of shape {out.shape} is not")


def outputs(
    name: str, out: Outputs | None, shapes: Sequence[tuple[int, ...]], dtype: Any, contiguous: bool = True
) -> Outputs:
    """``out`` if its arrays have these shapes, by `require_out`; new arrays if it is None."""
    if out is None:
        return tuple(np.empty(shape, dtype) for shape in shapes)
    if len(out) != len(shapes):
        raise ValueError(f"{name}: out holds {len(out)} arrays; it must hold {len(shapes)}")
    for array, shape in zip(out, shapes, strict=True):
        require_out(name, array, shape, contiguous)
    return out
