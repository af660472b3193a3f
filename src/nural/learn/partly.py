"""What is wrong with an array, where no mistake is known that gives it: how it relates to the right one."""

import itertools

import numpy as np

from nural.learn.comparing import ratio, same


def partly(found: np.ndarray, right: np.ndarray) -> str:
    """One sentence, without a guess."""
    if found.shape != right.shape:
        return _of_shape(found, right)
    if not np.isfinite(found).all() and np.isfinite(right).all():
        return "there is nan or inf in it."
    if not np.isfinite(right).all():
        return f"it has the values {np.array2string(found, precision=4)}."
    for axes in itertools.permutations(range(right.ndim)):
        if axes != tuple(range(right.ndim)) and same(found.transpose(axes), right):
            return f"it is the right one with its axes exchanged, {axes}."
    if is_moved(found, right):
        return "its numbers are right, but at other places: was an array reshaped where its axes should be moved?"
    c = ratio(found, right)
    if c is not None and not np.isclose(c, 1):
        return f"it is the right one times {c:.6g}."
    wrong = np.abs(found - right) > 1e-5 * np.abs(right).max(initial=1e-4)
    for axis, size in enumerate(right.shape):
        at = np.flatnonzero(wrong.any(axis=tuple(k for k in range(right.ndim) if k != axis)))
        if size > 1 and len(at) == 1 and at[0] in (0, size - 1):
            return f"it is right but at the {'first' if at[0] == 0 else 'last'} place of axis {axis}."
        if size > 2 and len(at) == size - 1 and set(range(size)) - set(at) in ({0}, {size - 1}):
            return f"of axis {axis} only the {'first' if 0 not in at else 'last'} place is right."
    first = tuple(int(k) for k in np.argwhere(wrong)[0]) if wrong.any() and right.ndim else ()
    place = f"at {list(first)} " if first else ""
    count = f"{wrong.sum()} of {right.size} numbers are wrong"
    return f"{place}yours is {float(found[first]):.6g}, right is {float(right[first]):.6g}; {count}."


def is_moved(found: np.ndarray, right: np.ndarray) -> bool:
    """Whether the right numbers are there, more than two different ones, at other places."""
    if found.shape != right.shape or len(np.unique(right)) < 3:
        return False
    return same(np.sort(found, axis=None), np.sort(right, axis=None)) and not same(found, right)


def is_first_alone(found: np.ndarray, right: np.ndarray) -> bool:
    """Whether something is right at the first place of an axis, or several, and all that follows is 0."""
    if found.shape != right.shape or not found.any():
        return False
    there = found != 0
    if not same(np.where(there, right, 0), found):
        return False
    return any(size > 1 and not there.take(range(1, size), axis).any() for axis, size in enumerate(found.shape))


def _of_shape(found: np.ndarray, right: np.ndarray) -> str:
    said = f"it has the shape {found.shape}, and should have {right.shape}"
    if found.ndim == right.ndim and sorted(found.shape) == sorted(right.shape):
        for axes in itertools.permutations(range(right.ndim)):
            if found.transpose(axes).shape == right.shape and same(found.transpose(axes), right):
                return f"{said}: its axes are exchanged, and .transpose{axes} makes it right."
    if found.ndim > right.ndim:
        for count in range(1, found.ndim - right.ndim + 1):
            for axes in itertools.combinations(range(found.ndim), count):
                if same(found.sum(axis=axes), right):
                    return f"{said}: summed over axis {', '.join(map(str, axes))} it is right."
    return f"{said}."
