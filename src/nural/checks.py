"""What functions ask of the arrays they are given, and constructors of their arguments; the error names who asks.

Arrays become floats, hold samples, and have shapes that fit.
"""

import operator
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

#: Where a pair writes its results to; None stands for a result that is not wanted.
Outputs = tuple[Any, ...]

#: What needs no conversion: plain arrays of the float types, in the machine's own byte order. Every call of a pair
#: looks up both names, fastest in this module.
ndarray = np.ndarray
FLOATS = frozenset(np.dtype(code) for code in "efdg")


def as_floats(name: str, x: ArrayLike, dtype: Any = np.float64) -> np.ndarray:
    """``x`` as an array of floats: unchanged if it is one, else converted by NumPy.

    Lists, rows of lists, lists of arrays, memory maps, data frames and numbers of any byte order are taken. Integers
    and booleans become ``dtype``; floats keep their type.

    Raises:
        TypeError: on behalf of ``name``, x holds no real numbers, or some of them are masked.
        ValueError: the rows of x differ in length.
    """
    if type(x) is ndarray and x.dtype in FLOATS:
        return x
    return _converted((_numbers(name, x),), dtype)[0]


def require_samples(name: str, x: ArrayLike, dtype: Any = np.float64) -> np.ndarray:
    """``x`` by `as_floats`, or a ValueError on behalf of ``name`` if it is empty."""
    array: Any = x
    if type(array) is not ndarray or array.dtype not in FLOATS:
        array = as_floats(name, x, dtype)
    if array.size == 0:
        raise _nothing(name, array)
    return array


def float_arrays(name: str, *given: Any) -> tuple[np.ndarray, ...]:
    """Each of ``given`` by `as_floats`; None stays None, but the first must be an array that is not empty.

    Integers and booleans get the type of the floats among the arguments (weights or samples), or float64 if there are
    none.
    """
    for array in given:
        if (type(array) is not ndarray or array.dtype not in FLOATS) and array is not None:
            given = _converted([None if a is None else _numbers(name, a) for a in given])
            break
    if given[0] is None or given[0].size == 0:
        raise _nothing(name, given[0])
    return given


def _converted(arrays: Sequence[np.ndarray | None], dtype: Any = np.float64) -> tuple[Any, ...]:
    """Arrays of numbers as arrays of floats: integers in the type of the others, or ``dtype``."""
    floats = [a.dtype for a in arrays if a is not None and a.dtype.kind == "f"]
    dtype = np.dtype(np.result_type(*floats) if floats else dtype)

    def converted(a: np.ndarray) -> np.ndarray:
        return a.astype((a.dtype if a.dtype.kind == "f" else dtype).newbyteorder("="), copy=False)

    return tuple(None if a is None else converted(a) for a in arrays)


def _numbers(name: str, given: Any) -> np.ndarray:
    """``given`` as an array of real numbers."""
    if isinstance(given, np.ndarray) and np.any(getattr(given, "mask", False)):
        raise TypeError(f"{name}: got a masked array; say what its masked entries are, with filled(value)")
    try:
        array = np.asarray(given)
    except ValueError as error:  # rows of different lengths
        raise ValueError(f"{name}: needs an array of numbers; {error}") from None
    if array.dtype.kind not in "fiub":
        found = array.dtype if isinstance(given, np.ndarray) else f"{type(given).__name__} of {array.dtype}"
        raise TypeError(f"{name}: needs numbers, got {found}")
    return array


def _nothing(name: str, batch: np.ndarray | None) -> Exception:
    """The error for a batch that is None or empty."""
    if batch is None:
        return TypeError(f"{name}: needs numbers, got None")
    return ValueError(f"{name}: the batch is empty (shape {batch.shape}); it needs at least one sample")


def require_shape(name: str, what: str, array: np.ndarray | None, shape: tuple[int, ...]) -> None:
    """Raise ValueError, on behalf of ``name``, unless ``array`` is None or has ``shape``; nothing is broadcast."""
    if array is not None and array.shape != shape:
        raise ValueError(f"{name}: {what} has shape {array.shape}; it must have {shape}")


def require_gradient(name: str, dy: np.ndarray, shape: tuple[int, ...]) -> None:
    """Raise ValueError, on behalf of ``name``, unless ``dy`` has the ``shape`` of y."""
    if dy.shape != shape:
        raise ValueError(f"{name}: dy has shape {dy.shape}; the output it belongs to has {shape}")


def gradient_and_saved(name: str, dy: ArrayLike, saved: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """``dy`` and the input or output of an elementwise function by `float_arrays`, which must have one shape."""
    given: Any = dy, saved
    for array in given:
        if type(array) is not ndarray or array.dtype not in FLOATS:
            given = _converted([_numbers(name, a) for a in given])
            break
    if given[0].shape != given[1].shape:
        require_gradient(name, given[0], given[1].shape)
    return given


def require_out(name: str, out: np.ndarray | None, shape: tuple[int, ...], contiguous: bool = True) -> None:
    """Raise ValueError, on behalf of ``name``, unless ``out`` is None or has ``shape`` and is contiguous."""
    if out is None:
        return
    if out.shape != shape:
        raise ValueError(f"{name}: out has shape {out.shape}; it must have {shape}")
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


def require_int(name: str, what: str, value: Any, least: int = 1) -> int:
    """``value`` as a Python integer.

    Raises:
        TypeError: on behalf of ``name``, it is not an integer.
        ValueError: it is less than ``least``.
    """
    try:
        found = operator.index(value)
    except TypeError:
        raise TypeError(f"{name}: {what} must be a whole number, got {value!r}") from None
    if found < least:
        raise ValueError(f"{name}: {what} must be at least {least}, got {value!r}")
    return found


def require_only(name: str, what: str, value: Any, only: Any) -> None:
    """Raise ValueError unless ``value``, of an argument that PyTorch has, is the one that nural has."""
    if value != only:
        raise ValueError(f"{name}: nural has only {what}={only!r}, got {value!r}")
