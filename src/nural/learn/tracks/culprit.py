"""Which function is it? Each is called with what the right one is given, in a training with the right ones."""

import copy
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np

from nural.learn.calling import sentence_of
from nural.learn.running import NotLoaded
from nural.learn.tracks.track import Track


class _FoundError(Exception):
    """A learner's function returned something else; the argument is its title."""


def culprit(
    track: Track, mine: dict[str, ModuleType], right: dict[str, ModuleType], run: Callable[[], None]
) -> str | None:
    """The title of the first function of mine that differs while ``run`` trains with the right ones; None if none.

    A function that calls others is looked at after these.

    Raises:
        NotLoaded: A function raises an exception; the message has its line.
    """
    for module in track.modules:
        for exercise in module.exercises:
            owner, _, _ = exercise.title.rpartition(".")
            theirs: Any = vars(right[module.name])
            if owner:
                cls = theirs[owner]
                name = exercise.function
                setattr(cls, name, _watched(exercise.title, getattr(cls, name), _of(mine[module.name], exercise.title)))
                continue
            true = theirs[exercise.function]
            watched = _watched(exercise.title, true, _of(mine[module.name], exercise.title))
            for each in right.values():
                for name, value in list(vars(each).items()):
                    if value is true:
                        setattr(each, name, watched)
    try:
        run()
    except _FoundError as found:
        return str(found)
    return None


def _of(module: ModuleType, title: str) -> Callable[..., Any]:
    found: Any = module
    for name in title.split("."):
        if not hasattr(found, name):
            raise NotLoaded(f"{module.__name__}.py has no {title} any more")
        found = getattr(found, name)
    return found


def _watched(title: str, true: Callable[..., Any], own: Callable[..., Any]) -> Callable[..., Any]:
    """The right function, which has the learner's one called on copies of its arguments, and compares."""

    def watched(*args: Any, **kwargs: Any) -> Any:
        others, more = copy.deepcopy((args, kwargs))
        returned = true(*args, **kwargs)
        try:
            found = own(*others, **more)
        except Exception as error:
            raise NotLoaded(sentence_of(error)) from None
        if not _equal((found, others, more), (returned, args, kwargs)):
            raise _FoundError(title)
        return returned

    return watched


def _equal(found: Any, right: Any) -> bool:
    """Whether both hold the same numbers, but for rounding."""
    if isinstance(right, dict):
        return isinstance(found, dict) and all(name in found and _equal(found[name], right[name]) for name in right)
    if isinstance(right, tuple | list):
        same_length = isinstance(found, tuple | list) and len(found) == len(right)
        return same_length and all(map(_equal, found, right))
    if hasattr(right, "__dict__") and not isinstance(right, np.ndarray) and not callable(right):
        return _equal(vars(found), vars(right))
    if not isinstance(right, np.ndarray | float | int | np.generic):
        return True
    try:
        a, b = np.asarray(found, float), np.asarray(right, float)
    except (TypeError, ValueError):
        return False
    largest = np.abs(b).max(initial=0, where=np.isfinite(b))
    return a.shape == b.shape and np.allclose(a, b, rtol=0, atol=1e-9 * largest + 1e-12, equal_nan=True)
