"""Which of the learner's functions are called, with what, and what they return: where a wrong array comes from."""

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from nural.learn.function import REFERENCE


@dataclass(frozen=True)
class Called:
    """One call of a function of `layers.py`.

    Attributes:
        function: Its name.
        arguments: By the names that the reference has for them.
        results: What it returned, one after another.
    """

    function: str
    arguments: dict[str, Any]
    results: tuple[Any, ...]


def record(*modules: ModuleType) -> list[Called]:
    """Have each call of a known function, by its name in these modules, put into the list that is returned."""
    calls: list[Called] = []
    for module in modules:
        for name, f in list(vars(module).items()):
            if inspect.isfunction(f) and f.__name__ in REFERENCE and f.__module__ == "layers":
                setattr(module, name, _recorded(f, calls))
    return calls


def _recorded(f: Callable[..., Any], calls: list[Called]) -> Callable[..., Any]:
    @functools.wraps(f)
    def recorded(*args: Any, **kwargs: Any) -> Any:
        returned = f(*args, **kwargs)
        results = tuple(returned) if isinstance(returned, tuple | list) else (returned,)
        calls.append(Called(f.__name__, _named(f, args, kwargs), results))
        return returned

    return recorded


def _named(f: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    """The arguments by the reference's names: those that the learner has too, and the others by their places."""
    given = inspect.signature(f).bind(*args, **kwargs)
    given.apply_defaults()
    ours = list(inspect.signature(REFERENCE[f.__name__]).parameters)
    found = {}
    for place, (name, value) in enumerate(given.arguments.items()):
        found[name if name in ours or place >= len(ours) else ours[place]] = value
    return found


def origin(calls: list[Called], value: Any) -> Called | None:
    """The call that returned this very array."""
    return next((call for call in reversed(calls) if any(result is value for result in call.results)), None)
